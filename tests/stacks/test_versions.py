"""Versions of a service: their requests, their own resources, and the resources that change with one version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.analysis.load_balancers import match_priority, priority_of, priority_of_match
from catalog.load import load
from catalog.meshes import MESHES
from stacks.mesh import MESHES as MADE
from tests import emulator
from tests.conftest import ROOT
from tests.support.catalogs import complete, notices_of, of_kind, once, pointed_out, problems_of
from tests.support.synth import catalog_output, containers, resources, statements
from tests.support.trial import Trial
from tests.support.verify import MESHES as VERIFY

CANARY = ROOT / "examples" / "canary.toml"
CARRYING = [kind for kind in MADE if MESHES[kind].parity["versions"].supported]
PUBLIC = """
[ingress.public]
allow = ["10.0.0.0/8"]
[services.web]
image = "r.io/web:1"
port = 80
public = true
"""
WRONG = {
    "two of one name": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        [[services.web.versions]]
        name = "next"
        weight = 1
        [[services.web.versions]]
        name = "next"
        #^ services.web.versions[1].name: "next" is also the name of another version of web (services.toml:5). Write
        #| another.
        weight = 1
    """,
    "more than all requests": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        [[services.web.versions]]
        #^ services.web.versions: have a total weight of 120, which must be at most 100. Lower some weights.
        name = "one"
        weight = 60
        [[services.web.versions]]
        name = "two"
        weight = 60
    """,
    "requests where there are none": r"""
        [services.worker]
        image = "r.io/worker:1"
        [[services.worker.versions]]
        name = "next"
        weight = 10
        #^ services.worker.versions[0].weight: has no effect, as worker has no port. Remove weight, or add port.
    """,
    "a match of everything": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        [[services.web.versions]]
        name = "next"
        match = { path = "/" }
        #^ services.web.versions[0].match: matches every request. Add path or headers: match = { headers = { x-version =
        #| "next" } }.
    """,
    "a path of tcp": r"""
        [services.db]
        image = "r.io/db:1"
        port = 5432
        protocol = "tcp"
        [[services.db.versions]]
        name = "next"
        match = { path = "/beta" }
        #^ services.db.versions[0].match: isn't supported for protocol = "tcp". Write weight instead.
    """,
    "a path that is no method of grpc": r"""
        [services.api]
        image = "r.io/api:1"
        port = 50051
        protocol = "grpc"
        [[services.api.versions]]
        name = "next"
        match = { path = "/beta/v2/x" }
        #^ services.api.versions[0].match.path: "/beta/v2/x" isn't a gRPC service or method. Write "/package.Service" or
        #| "/package.Service/Method".
    """,
    "a path that the load balancer sends elsewhere": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = { path = "/api" }
        [[services.web.versions]]
        name = "next"
        match = { path = "/apis" }
        #^ services.web.versions[0].match.path: "/apis" isn't under "/api", the public path of web (services.toml:6).
        #| Write a path that begins with "/api/".
    """,
    "all of a service's own path": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = { path = "/api" }
        [[services.web.versions]]
        name = "next"
        match = { path = "/api" }
        #^ services.web.versions[0].match: matches every request. Add path or headers: match = { headers = { x-version =
        #| "next" } }.
    """,
    "headers that a load balancer does not see": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
        [[services.web.versions]]
        name = "next"
        [services.web.versions.match.headers]
        host = "x.example.com"
        #^ services.web.versions[0].match.headers.host: isn't supported as a header to match. Use public.host, or
        #| another header.
        x_version = "next"
        #^ services.web.versions[0].match.headers.x_version: a load balancer drops headers with other characters than
        #| letters, digits and hyphens. Use a header like x-version.
    """,
    "more versions than a load balancer has room for": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
        versions = [{ name = "a", weight = 1 }, { name = "b", weight = 1 }, { name = "c", weight = 1 },
        #^ services.web.versions: has 5 versions, and a load balancer allows at most 4 beside the service. Remove some.
          { name = "d", weight = 1 }, { name = "e", weight = 1 }]
    """,
    "no room before the service's rule": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = { priority = 1 }
        #^ services.web.public: priority 1 leaves no lower ones for the matches of its versions. Write priority = 101
        #| here.
        [[services.web.versions]]
        name = "next"
        match = { path = "/beta" }
    """,
    "versions of a service called like the shared parts": r"""
        [services.main]
        image = "r.io/web:1"
        port = 80
        [[services.main.versions]]
        #^ services.main.versions: isn't supported for a service with the name "main". Rename the service.
        name = "exec"
        weight = 1
    """,
    "versions of a service that was called like the shared parts": r"""
        [services.core]
        image = "r.io/web:1"
        port = 80
        renamed_from = "main"
        [[services.core.versions]]
        #^ services.core.versions: isn't supported with renamed_from = "main". Apply, remove renamed_from, and then add
        #| versions.
        name = "next"
        weight = 1
    """,
    "two that scale by one queue": r"""
        [services.worker]
        image = "r.io/worker:1"
        [services.worker.scale]
        min = 0
        max = 3
        backlog = { queue = "arn:aws:sqs:us-west-2:123456789012:work", seconds_per_message = 1, latency = "1m" }
        [[services.worker.versions]]
        #^ services.worker.versions[0]: scales by the backlog of the same queue as worker, so both would run tasks for
        #| the complete backlog. Write replicas here, or scale by another metric.
        name = "next"
        image = "r.io/worker:2"
    """,
    "a key that belongs to the service": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        [[services.web.versions]]
        name = "next"
        weight = 1
        port = 81
        #^ services.web.versions[0].port: can't differ between versions. Move it to services.web.
    """,
    "what is wrong in a version only": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        [[services.web.versions]]
        name = "next"
        weight = 1
        cpu = 333
        #^ services.web.versions[0].cpu: Fargate doesn't support cpu = 333 with memory = 1024 (web). Use cpu = 512.
    """,
    "a placeholder in a version only": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        [[services.web.versions]]
        name = "next"
        weight = 1
        environment = { OTHER = "{{web.url}}", WORSE = "{llm.url}" }
        #^ services.web.versions[0].environment.WORSE: {llm.url} has no value: service "llm" doesn't exist. Write the
        #| name of a callee, or double only the opening brace for literal text: {{llm.url}.
    """,
}


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("mistake", WRONG)
def test_an_error_in_versions_has_its_line_and_advice(mistake: str) -> None:
    assert problems_of(WRONG[mistake]) == pointed_out(WRONG[mistake])


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind not in CARRYING])
def test_an_error_for_unsupported_versions_names_the_meshes_that_support_them(kind: str) -> None:
    file = Path("services.toml")
    file.write_text(of_kind(CANARY, kind))

    snippet = CANARY.read_text().split("[services.gateway]")[1]
    [problem] = problems_of("[ingress.public]\nallow = []\n[services.gateway]" + snippet, kind=kind)[1:]

    assert "services.llm.versions: " in problem
    assert problem.endswith('Remove it, or set mesh.kind to "vpc-lattice".')


def test_a_version_or_service_without_requests_gets_a_notice() -> None:
    said = notices_of(
        """
        [services.a]
        image = "r.io/a:1"
        port = 80
        versions = [{ name = "idle" }]
        [services.b]
        image = "r.io/b:1"
        port = 80
        versions = [{ name = "all", weight = 100, replicas = 0 }]
        """
    )

    assert said == [
        "services.toml:4: services.a.versions[0]: notice: runs without requests. Add weight or match when it should "
        "get some.",
        "services.toml:8: services.b.versions: notice: have a total weight of 100, so b itself runs without requests",
        "services.toml:8: services.b.versions[0].replicas: warning: gets 100 percent of the requests of b and runs no"
        " tasks, so they fail. Write replicas = 1 or more, or weight = 0.",
        "services.toml:8: services.b.versions[0].weight: notice: has no effect, as no service calls b and it isn't "
        "public",
    ]


def test_a_version_inherits_all_keys_it_does_not_set() -> None:
    Path("services.toml").write_text(
        complete(
            """
            [services.llm]
            image = "r.io/llm:1"
            command = ["serve", "--old"]
            replicas = 3
            environment = { A = "1", B = "2" }
            health = { command = "true", grace = "5m" }
            [[services.llm.versions]]
            name = "next"
            command = ["serve"]
            environment = { B = "3", C = "4" }
            health = { grace = "9m" }
            """
        )
    )
    [deployment] = load("services.toml").deployments
    [version] = deployment.versions["llm"]

    assert (version.name, version.key, version.image, version.replicas) == ("llm_next", "llm", "r.io/llm:1", 3)
    assert version.command == ("serve",)
    assert version.environment == {"A": "1", "B": "3", "C": "4"}
    assert (version.health.command, version.health.grace) == (("CMD-SHELL", "true"), 540)


def test_a_version_can_set_a_single_key_of_a_table() -> None:
    Path("services.toml").write_text(
        complete(
            """
            [services.llm]
            image = "r.io/llm:1"
            model = { source = "s3://models/a", mount = "/a" }
            scale = { max = 4, cpu_percent = 50 }
            volumes = { v = { path = "/v" } }
            [[services.llm.versions]]
            name = "next"
            model = { cache = "efs" }
            scale = { cpu_percent = 70 }
            volumes = { v = { kind = "efs" } }
            """
        )
    )
    [deployment] = load("services.toml").deployments
    [version] = deployment.versions["llm"]

    assert version.model is not None and version.scale is not None
    assert (version.model.source, version.model.cache) == ("s3://models/a", "efs")
    assert (version.scale.max, version.scale.cpu_percent) == (4, 70)
    assert (version.volumes["v"].path, version.volumes["v"].kind) == ("/v", "efs")


def test_versions_share_the_persistent_volumes_of_their_service(tmp_path: Path) -> None:
    snippet = """
        [services.llm]
        image = "r.io/llm:1"
        volumes = { cache = { path = "/cache", kind = "efs" } }
        model = { source = "s3://models/a", cache = "efs" }
        versions = [{ name = "next", model = { source = "s3://models/b" } }]
    """
    [output] = catalog_output(complete(snippet), tmp_path).values()

    assert set(resources(output, "aws_efs_access_point")) == {"llm_cache", "llm_model", "llm_next_model"}
    volumes = {each["name"]: each for each in resources(output, "aws_ecs_task_definition")["llm_next"]["volume"]}
    shared = volumes["cache"]["efs_volume_configuration"]["authorization_config"]["access_point_id"]
    assert shared == "${aws_efs_access_point.llm_cache.id}"


def test_an_account_known_only_to_terraform_can_be_in_names(tmp_path: Path) -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        [services.web.access]
        s3_read = ["documents-{account}/in"]
        [[services.web.versions]]
        name = "next"
        access = { sqs_send = ["work"] }
    """
    [output] = catalog_output(complete(snippet), tmp_path).values()

    account = "${data.aws_caller_identity.current_account.account_id}"
    assert statements(output, "web_task")[0]["Resource"] == [f"arn:aws:s3:::documents-{account}/in/*"]
    assert statements(output, "web_next_task")[-1]["Resource"] == [f"arn:aws:sqs:us-west-2:{account}:work"]


def test_an_environment_can_have_its_own_versions() -> None:
    Path("services.toml").write_text(
        complete(
            """
            [services.llm]
            image = "r.io/llm:1"
            port = 80
            versions = [{ name = "next", weight = 5 }]
            [environments.dev]
            [environments.prod.services.llm]
            versions = []
            """
        )
    )
    dev, prod = load("services.toml").deployments

    assert [each.weight for each in dev.workloads_of("llm")] == [95, 5]
    assert [each.weight for each in prod.workloads_of("llm")] == [100]


def test_matches_come_before_their_service_and_after_more_specific_rules() -> None:
    Path("services.toml").write_text(
        complete(PUBLIC + 'versions = [{ name = "next", match = { headers = { x-version = "next" } } }]\n')
    )
    [deployment] = load("services.toml").deployments
    web, version = deployment.workloads_of("web")

    last = priority_of(deployment, web)
    assert last - 100 <= priority_of_match(deployment, web, version) < last
    assert 1 <= match_priority(version) <= 100


@pytest.mark.parametrize("kind", list(MADE))
def test_a_load_balancer_distributes_requests_by_weight_on_every_mesh(kind: str, tmp_path: Path) -> None:
    snippet = PUBLIC + 'versions = [{ name = "next", weight = 20, image = "r.io/web:2" }]\n'
    [output] = catalog_output(complete(snippet, kind=kind), tmp_path).values()

    [action] = resources(output, "aws_lb_listener_rule")["web"]["action"]
    assert action["forward"]["target_group"] == [
        {"arn": "${aws_lb_target_group.web.arn}", "weight": 80},
        {"arn": "${aws_lb_target_group.web_next.arn}", "weight": 20},
    ]
    services = resources(output, "aws_ecs_service")
    for name in ("web", "web_next"):
        [balancer] = services[name]["load_balancer"]
        assert balancer["target_group_arn"] == f"${{aws_lb_target_group.{name}.arn}}"
        assert containers(output, name)["web"]["image"] == f"r.io/web:{1 if name == 'web' else 2}"
        assert services[name]["network_configuration"]["security_groups"] == ["${aws_security_group.web.id}"]


def _of(kind: str, *, weight: int, versions: str = "next") -> str:
    """The canary example with a different weight, or without a version of llm."""
    text = of_kind(CANARY, kind).replace("weight = 10", f"weight = {weight}")
    return text if versions else text[: text.index("  [[services.llm.versions]]")]


@pytest.mark.parametrize("kind", once(CARRYING, on="vpc-lattice"))
def test_a_weight_changes_routes_only_and_a_version_only_its_service(aws: None, kind: str, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    trial.write(_of(kind, weight=0, versions=""))
    trial.workspace.apply()
    assert trial.planned() == {}

    trial.write(_of(kind, weight=0))
    added = trial.planned()
    assert {address.split(".")[1].split("_")[0] for address in added} == {"llm"}
    assert all(actions in (["create"], ["update"]) for actions in added.values())
    trial.apply_planned()
    assert trial.planned() == {}

    deployment = trial.write(_of(kind, weight=25))
    changed = trial.planned()
    assert {address.split(".")[0] for address in changed} <= {"aws_appmesh_route", "aws_vpclattice_listener"}
    assert list(changed.values()) == [["update"]]
    trial.apply_planned()
    assert trial.planned() == {}
    VERIFY[kind].assert_reaches(deployment)

    trial.write(_of(kind, weight=0, versions=""))
    trial.workspace.apply()
    assert trial.planned() == {}
    trial.workspace.destroy()
    assert emulator.leftovers() == {}


@pytest.mark.parametrize("kind", CARRYING)
def test_headers_and_paths_lead_to_a_version_regardless_of_its_weight(kind: str, tmp_path: Path) -> None:
    caller = '[services.probe]\nimage = "r.io/probe:1"\ncalls = ["gateway"]\n'
    [output] = catalog_output(f"{of_kind(CANARY, kind)}\n{caller}", tmp_path).values()

    found = json.dumps(_ways(output), sort_keys=True)

    assert '"exact": "next"' in found
    assert '"prefix": "/beta"' in found


def _ways(output: dict[str, Any]) -> list[Any]:
    types = ("aws_appmesh_route", "aws_vpclattice_listener_rule")
    return [resource for type_ in types for name, resource in resources(output, type_).items() if "_" in name]
