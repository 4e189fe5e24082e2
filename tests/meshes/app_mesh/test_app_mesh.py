"""The resources of a deployment on App Mesh, and the parts that it adds to a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.model import Deployment
from stacks.mesh import MESHES
from stacks.mesh.app_mesh.routes import FOREVER
from stacks.mesh.base import Membership
from tests.conftest import ROOT
from tests.emulator import validation
from tests.project.test_main import called
from tests.support.catalogs import complete
from tests.support.synth import Stack, catalog_output, containers, context, deployment, resources, synthesized

AUTHORITY = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b"
NODE, ROUTE = "aws_appmesh_virtual_node", "aws_appmesh_route"


def meshed(services: dict[str, dict[str, Any]], *, mesh: dict[str, Any] | None = None, **tables: Any) -> Deployment:
    return deployment(
        services={name: {"image": f"{name}:1", **keys} for name, keys in services.items()},
        mesh={"kind": "app-mesh", **(mesh or {})},
        **tables,
    )


def joined(all_of_it: Deployment) -> tuple[dict[str, Any], dict[str, Membership]]:
    """The output of a stack with only the mesh, and each service's membership."""
    memberships: dict[str, Membership] = {}

    def build(stack: Stack) -> None:
        mesh = MESHES["app-mesh"](stack, deployment=all_of_it, context=context(stack, deployment=all_of_it))
        memberships.update({name: mesh.join(service) for name, service in all_of_it.services.items()})

    return synthesized(build), memberships


def spec(output: dict[str, Any], type_: str, name: str) -> dict[str, Any]:
    return resources(output, type_)[name]["spec"]


def listener(output: dict[str, Any], name: str) -> dict[str, Any]:
    [only] = spec(output, NODE, name)["listener"]
    return only


def backends(output: dict[str, Any], name: str) -> list[str]:
    return [it["virtual_service"]["virtual_service_name"] for it in spec(output, NODE, name).get("backend", ())]


def properties(membership: Membership) -> dict[str, str]:
    return membership.task["proxy_configuration"].properties


def a_service(**keys: Any) -> dict[str, Any]:
    """The output for one service named llm."""
    return joined(meshed({"llm": {"port": 8080, **keys}}))[0]


def an_external(**keys: Any) -> tuple[dict[str, Any], dict[str, Membership]]:
    """The output and the memberships for one service, chat, that calls an external named it."""
    return joined(
        meshed({"chat": {"port": 8080, "calls": ["it"]}}, external={"it": {"host": "it.example.com", **keys}})
    )


@pytest.mark.parametrize(("egress", "filter_"), [("declared", "DROP_ALL"), ("any", "ALLOW_ALL")])
def test_the_meshs_egress_filter_follows_the_networks_egress(egress: str, filter_: str) -> None:
    output, _ = joined(meshed({"llm": {}}, network={"egress": egress}))
    assert spec(output, "aws_appmesh_mesh", "main_mesh") == {"egress_filter": {"type": filter_}}


def test_the_mesh_has_the_name_of_the_deployment() -> None:
    assert resources(a_service(), "aws_appmesh_mesh")["main_mesh"]["name"] == "shop"


def test_a_service_is_found_through_cloud_map() -> None:
    assert spec(a_service(), NODE, "llm")["service_discovery"]["aws_cloud_map"] == {
        "namespace_name": "${aws_service_discovery_private_dns_namespace.main_namespace.name}",
        "service_name": "${aws_service_discovery_service.llm.name}",
    }


def test_a_service_is_called_by_its_host_name_through_a_router() -> None:
    service = resources(a_service(), "aws_appmesh_virtual_service")["llm"]
    assert service["name"] == "llm.shop.internal"
    assert service["spec"]["provider"] == {
        "virtual_router": {"virtual_router_name": "${aws_appmesh_virtual_router.llm.name}"}
    }


@pytest.mark.parametrize("protocol", ["http", "http2", "grpc", "tcp"])
def test_every_hop_has_the_services_protocol(protocol: str) -> None:
    output = a_service(protocol=protocol)
    port = {"port": 8080, "protocol": protocol}
    assert listener(output, "llm")["port_mapping"] == port
    assert spec(output, "aws_appmesh_virtual_router", "llm")["listener"] == [{"port_mapping": port}]
    [target] = spec(output, ROUTE, "llm")[f"{protocol}_route"]["action"]["weighted_target"]
    assert target == {"virtual_node": "${aws_appmesh_virtual_node.llm.name}", "weight": 100, "port": 8080}


@pytest.mark.parametrize(
    ("protocol", "match"), [("http", {"prefix": "/"}), ("http2", {"prefix": "/"}), ("grpc", {}), ("tcp", None)]
)
def test_a_route_matches_every_request(protocol: str, match: dict[str, Any] | None) -> None:
    assert spec(a_service(protocol=protocol), ROUTE, "llm")[f"{protocol}_route"].get("match") == match


@pytest.mark.parametrize("protocol", ["http", "http2", "grpc"])
def test_listener_and_route_have_the_configured_timers(protocol: str) -> None:
    output = a_service(protocol=protocol, timeout="90s", idle_timeout="2m")
    timers = {"per_request": {"unit": "s", "value": 90}, "idle": {"unit": "s", "value": 120}}
    assert listener(output, "llm")["timeout"] == {protocol: timers}
    assert spec(output, ROUTE, "llm")[f"{protocol}_route"]["timeout"] == timers


def test_tcp_has_only_an_idle_timer_and_no_retries() -> None:
    output = a_service(protocol="tcp", idle_timeout="2m")
    route = spec(output, ROUTE, "llm")["tcp_route"]
    assert listener(output, "llm")["timeout"] == {"tcp": {"idle": {"unit": "s", "value": 120}}}
    assert route["timeout"] == {"idle": {"unit": "s", "value": 120}}
    assert "retry_policy" not in route


def test_unlimited_turns_every_timer_off() -> None:
    output = a_service(timeout="none", idle_timeout="none", retries={"attempts": 2})
    off = {"unit": "s", "value": FOREVER}
    route = spec(output, ROUTE, "llm")["http_route"]
    assert route["timeout"] == {"per_request": off, "idle": off}
    assert route["retry_policy"]["per_retry_timeout"] == off


def test_a_callers_listener_timeout_follows_its_slowest_callee() -> None:
    written = meshed({"chat": {"port": 80, "timeout": "20s", "calls": ["llm"]}, "llm": {"port": 81, "timeout": "5m"}})
    output, _ = joined(written)
    assert listener(output, "chat")["timeout"]["http"]["per_request"]["value"] == 300
    assert spec(output, ROUTE, "chat")["http_route"]["timeout"]["per_request"]["value"] == 20


def test_zero_retries_are_set_explicitly() -> None:
    assert spec(a_service(), ROUTE, "llm")["http_route"]["retry_policy"] == {
        "max_retries": 0,
        "per_retry_timeout": {"unit": "s", "value": 15},
        "tcp_retry_events": ["connection-error"],
    }


def test_retries_divide_the_timeout() -> None:
    policy = spec(a_service(retries={"attempts": 2}), ROUTE, "llm")["http_route"]["retry_policy"]
    assert policy["max_retries"] == 2
    assert policy["per_retry_timeout"] == {"unit": "ms", "value": 7500}


def test_the_time_for_one_try_can_be_set() -> None:
    policy = spec(a_service(retries={"attempts": 2, "per_try": "3s"}), ROUTE, "llm")["http_route"]["retry_policy"]
    assert policy["per_retry_timeout"] == {"unit": "s", "value": 3}


def test_retry_events_are_in_app_meshs_three_lists() -> None:
    on = ["unavailable", "stream-error", "connection-error", "gateway-error", "cancelled"]
    policy = spec(a_service(protocol="grpc", retries={"attempts": 1, "on": on}), ROUTE, "llm")["grpc_route"][
        "retry_policy"
    ]
    assert policy["tcp_retry_events"] == ["connection-error"]
    assert policy["http_retry_events"] == ["gateway-error", "stream-error"]
    assert policy["grpc_retry_events"] == ["cancelled", "unavailable"]


def test_a_retry_policy_without_retries_still_has_an_event() -> None:
    policy = spec(a_service(retries={"on": []}), ROUTE, "llm")["http_route"]["retry_policy"]
    assert policy["tcp_retry_events"] == ["connection-error"]


@pytest.mark.parametrize(
    ("protocol", "path", "check"),
    [
        ("http", "/ready", ("http", "/ready")),
        ("http2", "/ready", ("http2", "/ready")),
        ("grpc", "/grpc.health.v1.Health/Check", ("grpc", None)),
        ("tcp", "/ready", ("tcp", None)),
        ("http", None, ("tcp", None)),
        ("grpc", None, ("tcp", None)),
    ],
)
def test_health_checks_use_the_path_or_else_the_port(
    protocol: str, path: str | None, check: tuple[str, str | None]
) -> None:
    output = a_service(protocol=protocol, health={"path": path} if path else {})
    probe = listener(output, "llm")["health_check"]
    assert (probe["protocol"], probe.get("path")) == check


@pytest.mark.parametrize(("interval", "timeout", "millis"), [("5s", "2s", (5000, 2000)), ("5m", "1m", (300000, 60000))])
def test_health_checks_have_the_catalogs_times_in_milliseconds(
    interval: str, timeout: str, millis: tuple[int, int]
) -> None:
    probe = listener(a_service(health={"interval": interval, "timeout": timeout}), "llm")["health_check"]
    assert (probe["interval_millis"], probe["timeout_millis"]) == millis


@pytest.mark.parametrize(
    ("protocol", "pool", "limits"),
    [
        ("http", {"connections": 5, "pending": 6}, {"http": [{"max_connections": 5, "max_pending_requests": 6}]}),
        ("http2", {"requests": 7}, {"http2": [{"max_requests": 7}]}),
        ("grpc", {"requests": 8}, {"grpc": {"max_requests": 8}}),
        ("tcp", {"connections": 9}, {"tcp": [{"max_connections": 9}]}),
        ("http", {"requests": 7}, None),
    ],
)
def test_pool_limits_depend_on_the_protocol(protocol: str, pool: dict[str, int], limits: dict[str, Any] | None) -> None:
    assert listener(a_service(protocol=protocol, pool=pool), "llm").get("connection_pool") == limits


def test_outlier_detection_ejects_a_failing_task() -> None:
    outlier = {"errors": 3, "interval": "5s", "eject": "1m", "max_percent": 20}
    assert listener(a_service(outlier=outlier), "llm")["outlier_detection"] == {
        "max_server_errors": 3,
        "interval": {"unit": "s", "value": 5},
        "base_ejection_duration": {"unit": "s", "value": 60},
        "max_ejection_percent": 20,
    }


def test_access_logs_go_to_the_proxys_output_unless_turned_off() -> None:
    services = {"llm": {"port": 8080}}
    assert spec(joined(meshed(services))[0], NODE, "llm")["logging"] == {
        "access_log": {"file": {"path": "/dev/stdout"}}
    }
    assert "logging" not in spec(joined(meshed(services, mesh={"access_logs": False}))[0], NODE, "llm")


def test_services_that_call_each_other_have_literal_names() -> None:
    output, _ = joined(meshed({"a": {"port": 80, "calls": ["b"]}, "b": {"port": 81, "calls": ["a"]}}))
    assert backends(output, "a") == ["b.shop.internal"]
    assert backends(output, "b") == ["a.shop.internal"]


def test_a_service_without_a_port_is_only_a_caller() -> None:
    output, memberships = joined(meshed({"cron": {"calls": ["llm"]}, "llm": {"port": 80}}))
    assert spec(output, NODE, "cron").keys() == {"backend", "logging"}
    assert backends(output, "cron") == ["llm.shop.internal"]
    assert resources(output, ROUTE).keys() == resources(output, "aws_service_discovery_service").keys() == {"llm"}
    assert memberships["cron"].service == {}
    waited_for = {ref.address for ref in memberships["cron"].depends_on}
    assert waited_for == {
        "aws_vpc_security_group_egress_rule.cron_to_llm",
        "aws_vpc_security_group_ingress_rule.llm_from_cron",
    }
    assert properties(memberships["cron"])["AppPorts"] == "1"


def test_a_tasks_traffic_is_redirected_to_its_proxy() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    proxy = memberships["llm"].task["proxy_configuration"]
    assert (proxy.type, proxy.container_name) == ("APPMESH", "envoy")
    assert proxy.properties == {
        "AppPorts": "8080",
        "EgressIgnoredIPs": "169.254.170.2,169.254.169.254",
        "EgressIgnoredPorts": "22",
        "IgnoredUID": "1337",
        "ProxyEgressPort": "15001",
        "ProxyIngressPort": "15000",
    }


def test_the_proxys_user_is_not_redirected() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    [envoy] = memberships["llm"].sidecars
    assert envoy["user"] == properties(memberships["llm"])["IgnoredUID"]


def test_the_proxy_has_its_node_and_share() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080, "cpu": 1024, "memory": 4096}}))
    [envoy] = memberships["llm"].sidecars
    environment = {it["name"]: it["value"] for it in envoy["environment"]}
    assert environment["APPMESH_RESOURCE_ARN"] == "${aws_appmesh_virtual_node.llm.arn}"
    assert list(environment) == sorted(environment)
    assert (envoy["cpu"], envoy["memoryReservation"]) == (256, 512)


def test_the_proxy_has_time_to_drain() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    [envoy] = memberships["llm"].sidecars
    environment = {it["name"]: it["value"] for it in envoy["environment"]}
    assert 5 <= int(environment["LISTENER_DRAIN_WAIT_TIME_S"]) < envoy["stopTimeout"]


def test_the_proxys_container_definition_is_valid() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    request = {"family": "llm", "containerDefinitions": list(memberships["llm"].sidecars)}
    assert validation.problems("ecs", "RegisterTaskDefinition", request) == []


def test_the_service_waits_for_its_proxy() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    assert memberships["llm"].container_dependencies == ({"containerName": "envoy", "condition": "HEALTHY"},)
    assert memberships["llm"].sidecars[0]["essential"]
    assert "healthCheck" in memberships["llm"].sidecars[0]


def test_tasks_are_registered_in_the_nodes_cloud_map_service() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    assert memberships["llm"].service["service_registries"].registry_arn == "${aws_service_discovery_service.llm.arn}"


def test_a_task_can_fetch_only_its_own_nodes_configuration() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    assert memberships["llm"].task_statements == (
        {
            "Effect": "Allow",
            "Action": ["appmesh:StreamAggregatedResources"],
            "Resource": ["${aws_appmesh_virtual_node.llm.arn}"],
        },
    )


def test_a_service_starts_after_its_route_exists() -> None:
    _, memberships = joined(meshed({"llm": {"port": 8080}}))
    assert {ref.address for ref in memberships["llm"].depends_on} == {
        "aws_appmesh_route.llm",
        "aws_appmesh_virtual_service.llm",
    }
    assert memberships["llm"].target_protocol == "HTTP"


@pytest.fixture(scope="module")
def encrypted() -> tuple[dict[str, Any], dict[str, Membership]]:
    services = {"chat": {"port": 80, "calls": ["llm", "cache"]}, "llm": {"port": 81}, "cron": {"calls": ["chat"]}}
    cache = {"host": "cache.example.com", "port": 6379, "protocol": "tcp"}
    return joined(meshed(services, mesh={"tls": {"authority": AUTHORITY}}, external={"cache": cache}))


def test_with_tls_a_listener_has_a_certificate_for_its_cloud_map_name(encrypted: Any) -> None:
    output, _ = encrypted
    certificate = resources(output, "aws_acm_certificate")["llm"]
    assert certificate["domain_name"] == "llm.shop.internal"
    assert certificate["certificate_authority_arn"] == AUTHORITY
    assert listener(output, "llm")["tls"] == {
        "mode": "STRICT",
        "certificate": {"acm": {"certificate_arn": "${aws_acm_certificate.llm.arn}"}},
    }
    assert "cron" not in resources(output, "aws_acm_certificate")


def test_with_tls_services_are_verified_and_externals_are_not(encrypted: Any) -> None:
    output, _ = encrypted
    policies = {
        it["virtual_service"]["virtual_service_name"]: it["virtual_service"].get("client_policy")
        for it in spec(output, NODE, "chat")["backend"]
    }
    assert policies == {
        "llm.shop.internal": {
            "tls": {"enforce": True, "validation": {"trust": {"acm": {"certificate_authority_arns": [AUTHORITY]}}}}
        },
        "cache.example.com": None,
    }


def test_with_tls_a_task_can_read_its_own_key_and_its_callees_ca(encrypted: Any) -> None:
    _, memberships = encrypted
    allowed = {
        name: {(statement["Action"][0], statement["Resource"][0]) for statement in membership.task_statements[1:]}
        for name, membership in memberships.items()
    }
    trust = ("acm-pca:GetCertificateAuthorityCertificate", AUTHORITY)
    assert allowed == {
        "chat": {("acm:ExportCertificate", "${aws_acm_certificate.chat.arn}"), trust},
        "llm": {("acm:ExportCertificate", "${aws_acm_certificate.llm.arn}")},
        "cron": {trust},
    }


def test_with_tls_a_load_balancer_uses_tls_too(encrypted: Any) -> None:
    _, memberships = encrypted
    assert memberships["llm"].target_protocol == "HTTPS"
    assert "aws_acm_certificate.llm" in {ref.address for ref in memberships["llm"].depends_on}


@pytest.mark.parametrize("protocol", ["http", "http2", "grpc", "tcp"])
def test_an_external_is_a_node_without_limits(protocol: str) -> None:
    output, memberships = an_external(port=9000, protocol=protocol)
    off = {"unit": "s", "value": FOREVER}
    timers = {"idle": off} if protocol == "tcp" else {"per_request": off, "idle": off}
    assert listener(output, "main_external_it") == {
        "port_mapping": {"port": 9000, "protocol": protocol},
        "timeout": {protocol: timers},
    }
    route = spec(output, ROUTE, "main_external_it")[f"{protocol}_route"]
    assert route["timeout"] == timers
    assert route.get("retry_policy", {}).get("max_retries", 0) == 0
    assert resources(output, "aws_appmesh_virtual_service")["main_external_it"]["name"] == "it.example.com"
    assert backends(output, "chat") == ["it.example.com"]
    assert properties(memberships["chat"])["EgressIgnoredPorts"] == "22"
    assert "aws_appmesh_virtual_service.main_external_it" in {ref.address for ref in memberships["chat"].depends_on}


def test_an_external_is_resolved_by_dns_with_the_networks_ip_version() -> None:
    output, _ = an_external(port=9000, protocol="http")
    assert spec(output, NODE, "main_external_it")["service_discovery"] == {
        "dns": {"hostname": "it.example.com", "ip_preference": "IPv4_ONLY"}
    }


@pytest.mark.parametrize(
    ("keys", "ignored"), [({}, "22,443"), ({"port": 3306, "protocol": "tcp"}, "22,3306")], ids=["https", "mysql"]
)
def test_traffic_that_the_proxy_would_break_bypasses_it(keys: dict[str, Any], ignored: str) -> None:
    output, memberships = an_external(**keys)
    assert properties(memberships["chat"])["EgressIgnoredPorts"] == ignored
    assert resources(output, NODE).keys() == {"chat"}
    assert backends(output, "chat") == []


def test_each_called_external_is_created_once() -> None:
    externals = {name: {"host": f"{name}.com", "port": 80, "protocol": "http"} for name in ("used", "idle")}
    output, _ = joined(meshed({"a": {"calls": ["used"]}, "b": {"calls": ["used"]}}, external=externals))
    assert resources(output, NODE).keys() == {"a", "b", "main_external_used"}


def test_all_resources_of_a_service_have_its_tags() -> None:
    output = a_service(tags={"team": "search"})
    for type_ in (NODE, ROUTE, "aws_appmesh_virtual_router", "aws_appmesh_virtual_service"):
        assert resources(output, type_)["llm"]["tags"] == {"team": "search"}


def test_adding_a_service_changes_only_its_callers() -> None:
    services = {"chat": {"port": 80}, "llm": {"port": 81}}
    before, _ = joined(meshed(services))
    after, _ = joined(meshed(services | {"cron": {"calls": ["llm"]}}))
    for type_, of_type in before["resource"].items():
        for name, resource in of_type.items():
            assert resources(after, type_)[name] == resource


def test_a_listeners_idle_timeout_exceeds_its_load_balancers(tmp_path: Path) -> None:
    """Otherwise it closes connections that the load balancer still uses, which returns 502."""
    output = catalog_output(
        """
[catalog]
name = "shop"
region = "us-west-2"
[mesh]
kind = "app-mesh"
[network]
zones = ["us-west-2a", "us-west-2b"]
[ingress.web]
allow = ["10.0.0.0/8"]
[services.quick]
image = "a:1"
port = 80
public = true
[services.slow]
image = "a:1"
port = 80
public = { path = "/slow" }
timeout = "5m"
[services.inner]
image = "a:1"
port = 80
""",
        tmp_path,
    )["shop"]

    balancer = resources(output, "aws_lb")["main_ingress_web"]["idle_timeout"]
    idle = {name: listener(output, name)["timeout"]["http"]["idle"]["value"] for name in ("quick", "slow", "inner")}
    assert balancer == 300
    assert idle == {"quick": 305, "slow": 305, "inner": 15}


def test_a_task_is_divided_between_the_service_and_its_proxy(tmp_path: Path) -> None:
    output = catalog_output(
        complete('[services.a]\nimage = "a:1"\ncpu = 1024\nmemory = 4096', kind="app-mesh"), tmp_path
    )["shop"]
    task, parts = resources(output, "aws_ecs_task_definition")["a"], containers(output, "a").values()

    assert (task["cpu"], task["memory"]) == ("1024", "4096")
    assert sum(part["cpu"] for part in parts) == 1024
    assert sum(part.get("memory", 0) + part.get("memoryReservation", 0) for part in parts) == 4096


def test_synth_warns_on_stderr_that_aws_ended_app_mesh(tmp_path: Path) -> None:
    done = called(tmp_path, catalog=ROOT / "services.toml")

    [line] = [line for line in done.stderr.splitlines() if "mesh.kind" in line]
    assert "2026-09-30" in line and "warning" in line
