"""The properties of all meshes, tested with the same catalogs on each."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog import names
from catalog.meshes import MESHES as TRAITS
from catalog.model import Deployment
from stacks.mesh import MESHES
from tests.conftest import ROOT
from tests.support.catalogs import REFUSED
from tests.support.outputs import ShippedOutputs
from tests.support.synth import containers, resources

CATALOGS = ["services.toml", *sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "examples").glob("*.toml"))]
OWN = {
    "app-mesh": "aws_appmesh_",
    "service-connect": "aws_service_discovery_http_namespace.main_mesh",
    "vpc-lattice": "aws_vpclattice_",
}
"""The prefixes of the addresses of each mesh's own resources."""
COMMON = {"services.toml": 111, "examples/mutual.toml": 52, "examples/app-mesh.toml": 35, "examples/smallest.toml": 51}
"""The number of addresses that don't change between meshes."""
MORE_OF_ITS_OWN = {
    "app-mesh": ('"proxy_configuration"', "envoy"),
    "service-connect": ('"service_connect_configuration"', "appProtocol"),
    "vpc-lattice": ('"vpc_lattice_configurations"', "infrastructure"),
}
"""Words that appear in an output only if a service uses that mesh."""
OF_CALLEES = ('"vpc_lattice_configurations"',)
"""Those that appear only if a service is called."""

on_every_mesh = pytest.mark.parametrize("kind", list(MESHES))
every_catalog_on_every_mesh = pytest.mark.parametrize(
    ("catalog", "kind"),
    [(catalog, kind) for catalog in CATALOGS for kind in MESHES if (Path(catalog).stem, kind) not in REFUSED],
)


@on_every_mesh
def test_both_registries_have_the_same_meshes(kind: str) -> None:
    assert list(TRAITS) == list(MESHES)
    assert kind in TRAITS


@every_catalog_on_every_mesh
def test_every_callee_has_an_address_in_its_callers_environment(
    shipped: ShippedOutputs, catalog: str, kind: str
) -> None:
    for deployment, output in shipped(ROOT / catalog, kind).bases:
        for service in deployment.services.values():
            environment = {
                each["name"]: each["value"]
                for each in containers(output, service.name)[service.name].get("environment", [])
            }
            for callee in deployment.callees_of(service):
                if callee.is_tcp:
                    port, host = (environment[names.variable(callee.name, part)] for part in ("port", "host"))
                    assert port == str(callee.port)
                else:
                    url = environment[names.variable(callee.name)]
                    assert url.endswith(f":{callee.port}") or callee.port in (80, 443)
                    match = re.fullmatch(r"\w+://(.+?)(:\d+)?", url)
                    assert match is not None
                    host = match[1]
                assert host == deployment.host_of(callee.name) or host.startswith("${aws_")


@every_catalog_on_every_mesh
def test_every_call_has_exactly_one_pair_of_security_group_rules(
    shipped: ShippedOutputs, catalog: str, kind: str
) -> None:
    for deployment, output in shipped(ROOT / catalog, kind).bases:
        ways = Ways(output)
        for service in deployment.services.values():
            callees = {callee.name for callee in deployment.callees_of(service)}
            for other in deployment.services.values():
                if other.port is None:
                    continue
                direct, by_the_mesh = ways.direct(service.name, other.name), ways.by_the_mesh(service.name, other)
                if other.name in callees:
                    assert direct + by_the_mesh == 1, f"{service.name} to {other.name} in {kind}"
                else:
                    assert direct == 0, f"{service.name} to {other.name} in {kind}"


@every_catalog_on_every_mesh
def test_nothing_of_another_mesh_is_in_the_output(shipped: ShippedOutputs, catalog: str, kind: str) -> None:
    for deployment, output in shipped(ROOT / catalog, kind).bases:
        text = json.dumps(output)
        for other, prefix in OWN.items():
            present = [address for address in addresses(output) if address.startswith(prefix)]
            # One that exists takes the place of a namespace.
            made = "_namespace" not in prefix or deployment.catalog.discovery.namespace_id is None
            assert bool(present) == (other == kind and made), f"{other} in {kind}: {present}"
            for word in MORE_OF_ITS_OWN[other]:
                used = other == kind and (
                    word not in OF_CALLEES or any(map(deployment.callers_of, deployment.services))
                )
                assert (word in text or json.dumps(word)[1:-1] in text) == used, f"{word} in {kind}"


@every_catalog_on_every_mesh
def test_switching_the_mesh_changes_only_host_names_in_environments(
    shipped: ShippedOutputs, catalog: str, kind: str
) -> None:
    other = next(each for each in reversed(list(MESHES)) if (Path(catalog).stem, each) not in REFUSED)
    plain = shipped(ROOT / catalog, other).bases
    for (deployment, output), (_, reference) in zip(shipped(ROOT / catalog, kind).bases, plain, strict=True):
        for name in deployment.services:
            assert _named(output, name, kind, deployment) == _named(reference, name, other, deployment)


@pytest.mark.parametrize("catalog", ["services.toml", "examples/chatqna-gpu.toml"])
@on_every_mesh
def test_the_shipped_ui_accepts_the_host_that_nginx_sends(shipped: ShippedOutputs, catalog: str, kind: str) -> None:
    """nginx sends the host name that it connects to, and Vite accepts one name beside those of the machine itself."""
    for _, output in shipped(ROOT / catalog, kind).bases:
        nginx, ui = (
            {each["name"]: each["value"] for each in containers(output, name)[name]["environment"]}
            for name in ("nginx", "ui")
        )
        assert ui["__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS"] == nginx["FRONTEND_SERVICE_IP"]


def _named(output: dict[str, Any], name: str, kind: str, deployment: Deployment) -> str:
    """The environment of a service, with the callees' own names in place of host names that AWS generates."""
    text = json.dumps(containers(output, name)[name].get("environment"))
    for callee in deployment.services.values():
        if TRAITS[kind].generated_host(deployment, callee):
            text = text.replace(MESHES[kind].host_reference(callee.name), deployment.host_of(callee.name))
    return text


@on_every_mesh
def test_permanent_resources_do_not_refer_to_ecs_services(shipped: ShippedOutputs, kind: str) -> None:
    """create_before_destroy spreads to what a resource refers to: an ECS service that was replaced would then stand
    beside the old one, under the same name."""
    [(_, output)] = shipped(ROOT / "services.toml", kind).bases
    outliving = {
        f"{type_}.{name}": body
        for type_, named in output["resource"].items()
        for name, body in named.items()
        if (body.get("lifecycle") or {}).get("create_before_destroy")
    }

    assert outliving
    for address, body in outliving.items():
        assert "aws_ecs_" not in json.dumps(body), address
        for other in re.findall(r"\$\{(aws_\w+\.[\w-]+)\.", json.dumps(body)):
            type_, _, name = other.partition(".")
            assert "aws_ecs_" not in json.dumps(resources(output, type_)[name]), f"{address} by way of {other}"


KEPT = (
    "aws_cloudwatch_log_group",
    "aws_ecs_cluster",
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_iam_role",
    "aws_security_group",
    "aws_service_discovery_private_dns_namespace",
    "aws_subnet",
    "aws_vpc",
)


@on_every_mesh
def test_stateful_resources_have_the_same_address_on_every_mesh(shipped: ShippedOutputs, kind: str) -> None:
    [(deployment, output)] = shipped(ROOT / "services.toml", kind).bases
    [(_, reference)] = shipped(ROOT / "services.toml", "none").bases
    common = addresses(output) & addresses(reference)
    counts = Counter(address.partition(".")[0] for address in common)
    for type_ in KEPT:
        assert {f"{type_}.{name}" for name in resources(reference, type_)} <= common, type_
        assert counts[type_] > 0
    assert counts["aws_ecs_service"] == counts["aws_ecs_task_definition"] == len(deployment.services)


@pytest.mark.parametrize(("catalog", "count"), COMMON.items())
def test_the_number_of_addresses_shared_by_all_meshes(shipped: ShippedOutputs, catalog: str, count: int) -> None:
    common = None
    for each in MESHES:
        [(_, output)] = shipped(ROOT / catalog, each).bases
        common = addresses(output) if common is None else common & addresses(output)
    assert common is not None and len(common) == count


def addresses(output: dict[str, Any]) -> set[str]:
    return {f"{type_}.{name}" for type_, named in output["resource"].items() for name in named}


class Ways:
    """The security group rules of an output, as who may reach whom."""

    def __init__(self, output: dict[str, Any]) -> None:
        self._in = list(resources(output, "aws_vpc_security_group_ingress_rule").values())
        self._out = list(resources(output, "aws_vpc_security_group_egress_rule").values())

    def direct(self, caller: str, callee: str) -> int:
        """How many pairs of rules lead from one service's tasks to the other's."""
        source, target = group(caller), group(callee)
        ins = [
            rule
            for rule in self._in
            if rule["security_group_id"] == target and rule.get("referenced_security_group_id") == source
        ]
        outs = [
            rule
            for rule in self._out
            if rule["security_group_id"] == source and rule.get("referenced_security_group_id") == target
        ]
        assert [rule["from_port"] for rule in ins] == [rule["from_port"] for rule in outs]
        return len(ins)

    def by_the_mesh(self, caller: str, callee: Any) -> int:
        """How many ways lead to the callee through the group of the mesh: out, in there, and in at the tasks."""
        mesh = group(names.shared("mesh"))
        admitted = [
            rule
            for rule in self._in
            if rule["security_group_id"] == mesh
            and rule.get("referenced_security_group_id") == group(caller)
            and rule["from_port"] == callee.port
        ]
        out = [
            rule
            for rule in self._out
            if rule["security_group_id"] == group(caller)
            and "prefix_list_id" in rule
            and rule["from_port"] <= callee.port <= rule["to_port"]
        ]
        at_the_tasks = [
            rule for rule in self._in if rule["security_group_id"] == group(callee.name) and "prefix_list_id" in rule
        ]
        return min(len(admitted), len(out), len(at_the_tasks))


def group(name: str) -> str:
    return f"${{aws_security_group.{name}.id}}"
