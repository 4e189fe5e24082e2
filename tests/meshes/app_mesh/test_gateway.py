"""Virtual gateways: an ingress of Envoy proxies behind a Network Load Balancer."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.emulator import validation
from tests.stacks.test_aws_names import unknown_names, wrong_names
from tests.support.catalogs import notices_of, pointed_out, problems_of
from tests.support.renamed import assert_only_moved
from tests.support.synth import catalog_output, containers, resources, statements
from tests.support.trial import Trial

CATALOG = Path(__file__).with_name("gateway.toml")
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"
ADDRESS = "main_ingress_public"
FRONT = "main_ingress_public_gateway"


def output_of(folder: Path, *changes: tuple[str, str]) -> dict[str, Any]:
    text = CATALOG.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return catalog_output(text, folder)["gated"]


def test_a_gateway_routes_by_host_and_whole_path_segments(tmp_path: Path) -> None:
    routes = resources(output_of(tmp_path), "aws_appmesh_gateway_route")
    api, web = (routes[name]["spec"] for name in ("api", "web"))
    assert api["http_route"]["match"] == {"path": {"regex": "/api(/.*)?"}, "hostname": {"exact": "api.example.com"}}
    assert web["http_route"]["match"] == {"prefix": "/"}
    assert web["http_route"]["action"]["rewrite"] == {"prefix": {"default_prefix": "DISABLED"}}
    target = api["http_route"]["action"]["target"]["virtual_service"]["virtual_service_name"]
    assert target == "${aws_appmesh_virtual_service.api.name}"
    assert api["priority"] < web["priority"] <= 1000


def test_names_of_a_gateway_are_valid_in_aws(tmp_path: Path) -> None:
    output = output_of(tmp_path)
    assert wrong_names(output) == []
    assert unknown_names(output) == set()


def test_renaming_a_service_behind_a_gateway_changes_nothing_in_aws(tmp_path: Path) -> None:
    assert_only_moved(tomllib.loads(CATALOG.read_text(encoding="utf-8")), tmp_path)


def test_a_gateway_is_two_tasks_with_only_envoy_behind_the_load_balancer(tmp_path: Path) -> None:
    output = output_of(tmp_path)
    service = resources(output, "aws_ecs_service")[ADDRESS]
    assert service["desired_count"] == 2
    (condition,) = service["lifecycle"]["postcondition"]
    assert condition["error_message"].startswith("ingress.public: the deployment was rolled back")
    (balancer,) = service["load_balancer"]
    assert balancer["target_group_arn"] == f"${{aws_lb_target_group.{ADDRESS}.arn}}"
    (envoy,) = containers(output, ADDRESS).values()
    assert {"name": "APPMESH_RESOURCE_ARN", "value": f"${{aws_appmesh_virtual_gateway.{ADDRESS}.arn}}"} in envoy[
        "environment"
    ]
    assert "user" not in envoy
    assert "proxy_configuration" not in resources(output, "aws_ecs_task_definition")[ADDRESS]
    (own,) = statements(output, f"{ADDRESS}_task")
    assert own["Action"] == ["appmesh:StreamAggregatedResources"]
    assert own["Resource"] == [f"${{aws_appmesh_virtual_gateway.{ADDRESS}.arn}}"]
    for name in ("web", "api"):
        assert "load_balancer" not in resources(output, "aws_ecs_service")[name]
    assert set(resources(output, "aws_lb_target_group")) == {ADDRESS}


def test_the_gateways_container_definition_is_valid(tmp_path: Path) -> None:
    task = resources(output_of(tmp_path), "aws_ecs_task_definition")[ADDRESS]
    definitions = json.loads(task["container_definitions"])
    request = {"family": "x", "containerDefinitions": definitions}
    assert validation.problems("ecs", "RegisterTaskDefinition", request) == []


@pytest.mark.parametrize(
    ("certificate", "listener", "expected"),
    [
        (f'certificate = "{CERTIFICATE}"', "tls", (443, "TLS", None)),
        ("insecure = true", "tcp", (80, "TCP", 60)),
    ],
)
def test_tls_ends_at_a_load_balancer_with_a_certificate(
    certificate: str, listener: str, expected: tuple[Any, ...], tmp_path: Path
) -> None:
    output = output_of(tmp_path, (f'certificate = "{CERTIFICATE}"', certificate))
    made = resources(output, "aws_lb_listener")
    assert set(made) == {f"{FRONT}_{listener}"}
    (found,) = made.values()
    assert (found["port"], found["protocol"], found.get("tcp_idle_timeout_seconds")) == expected
    assert resources(output, "aws_lb")[FRONT]["load_balancer_type"] == "network"


def test_each_hop_allows_only_the_previous_hop(tmp_path: Path) -> None:
    output = output_of(tmp_path)
    rules = resources(output, "aws_vpc_security_group_ingress_rule")
    front, tasks = (f"${{aws_security_group.{group}.id}}" for group in (FRONT, f"{ADDRESS}_tasks"))
    assert rules[f"{FRONT}_https_from_0-0-0-0-0"]["security_group_id"] == front
    assert rules[f"{ADDRESS}_tasks_from_balancer"]["referenced_security_group_id"] == front
    for name in ("web", "api"):
        assert rules[f"{name}_from_{ADDRESS}_tasks"]["referenced_security_group_id"] == tasks


def test_without_gateway_the_load_balancer_has_another_address_and_name(tmp_path: Path) -> None:
    before = resources(output_of(tmp_path / "a"), "aws_lb")
    after = resources(output_of(tmp_path / "b", ("gateway = true", "")), "aws_lb")
    assert not before.keys() & after.keys()
    assert {each["name"] for each in before.values()}.isdisjoint(each["name"] for each in after.values())


def test_with_tls_the_gateway_trusts_the_meshs_ca(tmp_path: Path) -> None:
    authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b"
    output = output_of(tmp_path, ('kind = "app-mesh"', f'kind = "app-mesh"\ntls = {{ authority = "{authority}" }}'))
    spec = resources(output, "aws_appmesh_virtual_gateway")[ADDRESS]["spec"]
    trust = spec["backend_defaults"]["client_policy"]["tls"]["validation"]["trust"]["acm"]
    assert trust == {"certificate_authority_arns": [authority]}
    allowed = {action for each in statements(output, f"{ADDRESS}_task") for action in each["Action"]}
    assert allowed == {"appmesh:StreamAggregatedResources", "acm-pca:GetCertificateAuthorityCertificate"}


TOP = f"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        gateway = true
        certificate = "{CERTIFICATE}"
"""
WRONG = {
    "features that read requests": f"""{TOP}
        waf = "arn:aws:wafv2:us-west-2:123456789012:regional/webacl/x/0a1b"
        #^ ingress.public.waf: isn't supported with a gateway: its Network Load Balancer has no firewall. Remove it,
        #| or gateway.
        logs = true
        #^ ingress.public.logs: isn't supported with a gateway: its Network Load Balancer has no request log. Remove
        #| it, or gateway.
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = {{ sticky = "1h" }}
        #^ services.web.public.sticky: isn't supported by the gateway of [ingress.public]. Remove it, or gateway there.
    """,
    "two protocols": f"""{TOP}
        [services.api]
        image = "r.io/api:1"
        port = 80
        public = {{ path = "/api" }}
        [services.more]
        image = "r.io/more:1"
        port = 80
        protocol = "grpc"
        #^ services.more.protocol: isn't supported by a gateway, which routes gRPC by its service name, not by path and
        #| host. Set public to another ingress.
        public = {{ path = "/more" }}
        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "http2"
        #^ services.web.protocol: conflicts with the gateway of [ingress.public], which uses "http" like api
        #| (services.toml:6). Use the same protocol, or set public to another ingress.
        public = true
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_features_that_a_gateway_lacks_are_errors(
    snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert problems_of(snippet, kind="app-mesh") == pointed_out(snippet)


def test_a_long_idle_timeout_over_tls_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    web = 'domain = "app.example.com"\nzone_id = "Z0123456789ABC"\n'
    web += '[services.web]\nimage = "r.io/web:1"\nport = 80\npublic = true\n'
    [notice] = notices_of(f'{TOP}{web}timeout = "10m"', kind="app-mesh")
    assert "drops TLS connections that are idle for 350 s, but web allows longer idle times" in notice
    assert notices_of(f"{TOP}{web}", kind="app-mesh") == []


@pytest.mark.slow
def test_a_gateway_is_created_unchanged_and_destroyed(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    acm = emulator.client("acm", region="us-west-2")
    text = CATALOG.read_text(encoding="utf-8")
    text = text.replace(CERTIFICATE, acm.request_certificate(DomainName="app.example.com")["CertificateArn"])
    trial = Trial(tmp_path)
    trial.write(text)
    trial.workspace.apply()

    assert trial.planned() == {}
    trial.write(text.replace("gateway = true", ""))
    trial.workspace.apply()

    assert trial.planned() == {}
    assert not [address for address in trial.state() if "gateway_route" in address or "virtual_gateway" in address]
    trial.workspace.destroy()
    assert set(emulator.leftovers()) <= {"certificate"}
