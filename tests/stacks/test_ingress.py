"""Ingress: load balancer, listeners, and the rules that route to services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.synth import catalog_output, deployment, resources, synthesized  # isort: skip
from catalog import names
from catalog.analysis.load_balancers import priority
from catalog.model.types import LAST_PRIORITY
from stacks.ingress import Exposure, Ingress
from stacks.network import Network
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import SecurityGroups
from tests.conftest import ROOT
from tests.support.catalogs import complete

CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b"
WEB = {"allow": ["10.0.0.0/8", "192.0.2.0/24"]}


def made(*, web: dict[str, Any] | None = None, protocol: str = "HTTP", **services: Any) -> tuple[Any, ...]:
    """The ingress, its services' exposures, and the output."""
    services = services or {"chat": {}}
    described = deployment(
        ingress={"web": {**WEB, **(web or {})}},
        services={name: {"image": "x:1", "port": 8080, "public": True, **keys} for name, keys in services.items()},
    )
    parts: list[Any] = []

    def build(stack: Any) -> None:
        network = Network(stack, deployment=described)
        endpoints = Endpoints(stack, deployment=described, network=network)
        security = SecurityGroups(stack, deployment=described, network=network, endpoints=endpoints)
        ingress = Ingress(
            stack,
            deployment=described,
            name="web",
            network=network,
            security=security,
            account=lambda: "123456789012",
        )
        public = described.public_services("web")
        parts.extend([ingress, {one.name: ingress.expose(one, target_protocol=protocol)[one.name] for one in public}])

    output = synthesized(build)
    return *parts, output


def output_of(**kwargs: Any) -> dict[str, Any]:
    return made(**kwargs)[2]


def target(**keys: Any) -> dict[str, Any]:
    return resources(output_of(chat=keys), "aws_lb_target_group")["chat"]


def rule(**public: Any) -> dict[str, Any]:
    return resources(output_of(chat={"public": public}), "aws_lb_listener_rule")["chat"]


def test_the_load_balancer_faces_the_internet_once_it_has_a_route() -> None:
    balancer = resources(output_of(), "aws_lb")["main_ingress_web"]
    assert balancer["internal"] is False
    assert balancer["subnets"] == ["${aws_subnet.public_a.id}", "${aws_subnet.public_b.id}"]
    assert "aws_route.public_subnets" in balancer["depends_on"]


def test_an_internal_load_balancer_is_in_the_private_subnets() -> None:
    balancer = resources(output_of(web={"internal": True}), "aws_lb")["main_ingress_web"]
    assert balancer["internal"] is True
    assert balancer["subnets"] == ["${aws_subnet.private_a.id}", "${aws_subnet.private_b.id}"]


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [(["5s"], 60), (["5s", "10m"], 600), (["2h"], 4000), (["5s", "none"], 4000)],
)
def test_the_load_balancer_allows_the_longest_idle_timeout_of_its_services_within_its_limits(
    timeouts: list[str], expected: int
) -> None:
    services = {f"s{index}": {"idle_timeout": timeout} for index, timeout in enumerate(timeouts)}
    assert resources(output_of(**services), "aws_lb")["main_ingress_web"]["idle_timeout"] == expected


def test_with_a_certificate_http_is_redirected_and_https_has_the_rules() -> None:
    output = output_of(web={"certificate": CERTIFICATE})
    listeners = resources(output, "aws_lb_listener")
    assert set(listeners) == {"main_ingress_web_https", "main_ingress_web_http"}
    assert listeners["main_ingress_web_https"]["certificate_arn"] == CERTIFICATE
    assert listeners["main_ingress_web_https"]["default_action"][0]["fixed_response"]["status_code"] == "404"
    redirect = listeners["main_ingress_web_http"]["default_action"][0]["redirect"]
    assert redirect == {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}
    rules = resources(output, "aws_lb_listener_rule")
    assert rules["chat"]["listener_arn"] == "${aws_lb_listener.main_ingress_web_https.arn}"


def test_without_a_certificate_there_is_only_http() -> None:
    output = output_of()
    listeners = resources(output, "aws_lb_listener")
    assert set(listeners) == {"main_ingress_web_http"}
    assert listeners["main_ingress_web_http"]["default_action"][0]["fixed_response"]["status_code"] == "404"
    rules = resources(output, "aws_lb_listener_rule")
    assert rules["chat"]["listener_arn"] == "${aws_lb_listener.main_ingress_web_http.arn}"


@pytest.mark.parametrize(
    ("web", "expected"),
    [
        ({}, {"http_from_10-0-0-0-8": 80, "http_from_192-0-2-0-24": 80}),
        (
            {"certificate": CERTIFICATE, "allow": ["10.0.0.0/8"]},
            {"https_from_10-0-0-0-8": 443, "http_from_10-0-0-0-8": 80},
        ),
    ],
)
def test_allowed_ranges_can_connect_only_to_the_listeners(web: dict[str, Any], expected: dict[str, int]) -> None:
    rules = resources(output_of(web=web), "aws_vpc_security_group_ingress_rule")
    ports = {name: item["to_port"] for name, item in rules.items() if name.startswith("main_ingress_web")}
    assert ports == {f"main_ingress_web_{name}": port for name, port in expected.items()}


def test_the_load_balancer_reaches_only_the_ports_of_its_services() -> None:
    output = output_of(chat={}, admin={"port": 9090}, hidden={"public": False})
    out = resources(output, "aws_vpc_security_group_egress_rule")
    assert {name: item["to_port"] for name, item in out.items() if name.startswith("main_ingress_web")} == {
        "main_ingress_web_to_chat": 8080,
        "main_ingress_web_to_admin": 9090,
    }
    into = resources(output, "aws_vpc_security_group_ingress_rule")["admin_from_main_ingress_web"]
    assert into["referenced_security_group_id"] == "${aws_security_group.main_ingress_web.id}"
    assert (into["from_port"], into["to_port"]) == (9090, 9090)


def test_a_dependency_on_a_rule_includes_the_path_of_health_checks() -> None:
    assert rule()["depends_on"] == [
        "aws_vpc_security_group_egress_rule.main_ingress_web_to_chat",
        "aws_vpc_security_group_ingress_rule.chat_from_main_ingress_web",
    ]


def test_a_path_matches_whole_segments() -> None:
    assert rule(path="/api")["condition"] == [{"path_pattern": {"values": ["/api", "/api/*"]}}]
    assert rule()["condition"] == [{"path_pattern": {"values": ["/*"]}}]


def test_a_host_narrows_the_rule() -> None:
    conditions = rule(path="/api", host="a.example.com")["condition"]
    assert {"host_header": {"values": ["a.example.com"]}} in conditions
    assert len(conditions) == 2


def test_an_explicit_priority_is_used() -> None:
    assert rule(priority=7)["priority"] == 7


def test_the_more_specific_rule_comes_first() -> None:
    order = [
        priority("a.example.com", "/api/v1", "x"),
        priority("a.example.com", "/api", "y"),
        priority("a.example.com", "/", "z"),
        priority(None, "/api/v1", "x"),
        priority(None, "/api", "y"),
        priority(None, "/", "z"),
    ]
    assert order == sorted(order)
    assert len(set(order)) == len(order)


def test_every_priority_is_in_the_range_of_aws() -> None:
    found = [
        priority(host, path, f"service-{number}")
        for host in (None, "a.example.com")
        for path in ("/", "/a", "/a/b/c/d/e/f/g", "/a" * 40)
        for number in range(3000)
    ]
    assert 1 <= min(found) < 10
    assert LAST_PRIORITY - 10 < max(found) <= LAST_PRIORITY


def test_a_target_group_has_the_settings_of_the_service_and_a_replacement_gets_another_name() -> None:
    group = target(timeout="10m", health={"path": "/ready", "interval": "20s", "timeout": "4s"})
    assert (group["target_type"], group["port"], group["protocol"]) == ("ip", 8080, "HTTP")
    assert group["protocol_version"] == "HTTP1"
    assert group["deregistration_delay"] == "600"
    assert group["health_check"] == {
        "protocol": "HTTP",
        "path": "/ready",
        "matcher": "200-399",
        "interval": 20,
        "timeout": 4,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
    }
    assert group["lifecycle"] == {"create_before_destroy": True}
    names = {group["name"], target(port=8081)["name"], target(protocol="http2")["name"]}
    assert len(names) == 3
    assert all(len(name) <= 32 for name in names)
    assert target(timeout="1m")["name"] == group["name"]


def test_draining_does_not_exceed_the_limit_of_aws() -> None:
    assert target(timeout="none")["deregistration_delay"] == "3600"
    assert target(timeout="2h")["deregistration_delay"] == "3600"


@pytest.mark.parametrize(
    ("keys", "version", "path", "matcher"),
    [
        ({}, "HTTP1", "/", "200-499"),
        ({"protocol": "http2"}, "HTTP2", "/", "200-499"),
        ({"protocol": "grpc"}, "GRPC", "/AWS.ALB/healthcheck", "12"),
        ({"protocol": "grpc", "health": {"path": "/grpc.health.v1.Health/Check"}}, "GRPC", None, "0"),
    ],
)
def test_a_health_check_fits_the_protocol(keys: dict[str, Any], version: str, path: str | None, matcher: str) -> None:
    group = target(**keys)
    assert group["protocol_version"] == version
    assert group["health_check"]["path"] == path or keys["health"]["path"]
    assert group["health_check"]["matcher"] == matcher


def test_health_checks_use_tls_if_tasks_do() -> None:
    group = resources(output_of(protocol="HTTPS"), "aws_lb_target_group")["chat"]
    assert group["protocol"] == group["health_check"]["protocol"] == "HTTPS"


def test_a_domain_with_a_zone_gets_its_record() -> None:
    web = {"certificate": CERTIFICATE, "domain": "chat.example.com", "zone_id": "Z0123456789ABC"}
    record = resources(output_of(web=web), "aws_route53_record")["main_ingress_web"]
    assert (record["name"], record["type"], record["zone_id"]) == ("chat.example.com", "A", "Z0123456789ABC")
    assert record["alias"]["name"] == "${aws_lb.main_ingress_web.dns_name}"
    assert not resources(output_of(web={"domain": "chat.example.com"}), "aws_route53_record")


def test_the_load_balancer_of_a_domain_without_a_zone_is_an_output(tmp_path: Path) -> None:
    ingress = '[ingress.web]\nallow = ["10.0.0.0/8"]\ndomain = "chat.example.com"\n'
    service = '[services.web]\nimage = "r.io/web:1"\nport = 80\npublic = true\n'
    outputs = catalog_output(complete(f"{ingress}{service}"), tmp_path / "without")["shop"]["output"]
    assert outputs["load_balancers"]["value"] == {"web": "${aws_lb.main_ingress_web.dns_name}"}
    zone = 'zone_id = "Z0123456789ABC"\n'
    assert (
        "load_balancers"
        not in catalog_output(complete(f"{ingress}{zone}{service}"), tmp_path / "with")["shop"]["output"]
    )


@pytest.mark.parametrize(
    ("web", "public", "url"),
    [
        ({}, {}, "http://${aws_lb.main_ingress_web.dns_name}"),
        ({"domain": "x.example.com"}, {"path": "/api"}, "http://x.example.com/api"),
        ({"certificate": CERTIFICATE, "domain": "x.example.com"}, {}, "https://x.example.com"),
        ({"certificate": CERTIFICATE}, {"host": "y.example.com", "path": "/api"}, "https://y.example.com/api"),
    ],
)
def test_a_public_service_has_a_url(web: dict[str, Any], public: dict[str, Any], url: str) -> None:
    _, exposures, _ = made(web=web, chat={"public": public})
    exposure: Exposure = exposures["chat"]
    assert exposure.url == url


def test_a_new_public_service_does_not_change_other_listener_rules() -> None:
    before, after = output_of(chat={}), output_of(chat={}, admin={"public": {"path": "/admin"}})
    for type_ in ("aws_lb_listener_rule", "aws_lb_target_group", "aws_lb_listener", "aws_lb", "aws_security_group"):
        assert {name: resources(after, type_)[name] for name in resources(before, type_)} == resources(before, type_)


COGNITO = {
    "user_pool": "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_AbCdEfGhI",
    "domain": "entry",
    "client_id": "x",
}
OIDC = {
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "user_info_endpoint": "https://login.example.com/userinfo",
    "client_id": "x",
    "secret_in_state": True,
}
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:login-AbCdEf"


def test_stickiness_has_the_setting_of_the_service_and_is_explicitly_off_by_default() -> None:
    assert target(public={"sticky": "1h"})["stickiness"] == {
        "type": "lb_cookie", "enabled": True, "cookie_duration": 3600,
    }  # fmt: skip
    off = {"type": "lb_cookie", "enabled": False}
    assert target()["stickiness"] == target(public={"sticky": False})["stickiness"] == off
    assert target(public={"sticky": "1h"})["name"] == target()["name"]


def test_users_must_log_in_unless_a_service_sets_login_to_false() -> None:
    web = {"certificate": CERTIFICATE, "login": {**COGNITO, "session_timeout": "1h"}}
    output = output_of(web=web, chat={}, hooks={"public": {"path": "/hooks", "login": False}})
    rules = resources(output, "aws_lb_listener_rule")
    login, forward = rules["chat"]["action"]
    assert (login["order"], login["type"]) == (1, "authenticate-cognito")
    assert login["authenticate_cognito"] == {
        "user_pool_arn": COGNITO["user_pool"],
        "user_pool_client_id": "x",
        "user_pool_domain": "entry",
        "scope": "openid",
        "session_timeout": 3600,
        "on_unauthenticated_request": "authenticate",
    }
    assert (forward["order"], forward["type"]) == (2, "forward")
    assert [action["type"] for action in rules["hooks"]["action"]] == ["forward"]


def test_the_load_balancer_has_egress_to_the_identity_provider_only_if_users_log_in() -> None:
    web = {"certificate": CERTIFICATE, "login": COGNITO}
    out = resources(output_of(web=web), "aws_vpc_security_group_egress_rule")["main_ingress_web_to_anywhere_443"]
    assert (out["cidr_ipv4"], out["from_port"], out["to_port"]) == ("0.0.0.0/0", 443, 443)
    assert "main_ingress_web_to_anywhere_443" not in resources(output_of(), "aws_vpc_security_group_egress_rule")


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ({"arn": SECRET}, "${data.aws_secretsmanager_secret_version.main_ingress_web.secret_string}"),
        (
            {"arn": SECRET, "key": "id"},
            '${jsondecode(data.aws_secretsmanager_secret_version.main_ingress_web.secret_string)["id"]}',
        ),
    ],
)
def test_the_secret_of_an_identity_provider_is_read_when_terraform_runs(secret: dict[str, str], expected: str) -> None:
    output = output_of(web={"certificate": CERTIFICATE, "login": {**OIDC, "client_secret": secret}})
    action = resources(output, "aws_lb_listener_rule")["chat"]["action"][0]
    assert action["authenticate_oidc"]["client_secret"] == expected
    assert output["data"]["aws_secretsmanager_secret_version"]["main_ingress_web"]["secret_id"] == SECRET


def test_requests_pass_through_the_configured_firewall() -> None:
    acl = "arn:aws:wafv2:us-west-2:123456789012:regional/webacl/x/0a1b"
    found = resources(output_of(web={"waf": acl}), "aws_wafv2_web_acl_association")["main_ingress_web"]
    assert found == {"resource_arn": "${aws_lb.main_ingress_web.arn}", "web_acl_arn": acl}
    assert not resources(output_of(), "aws_wafv2_web_acl_association")


def test_the_log_bucket_accepts_only_the_logs_of_this_account_and_requires_tls() -> None:
    output = output_of(web={"logs": {"prefix": "web", "days": 7}})
    balancer = resources(output, "aws_lb")["main_ingress_web"]
    written = {"bucket": "${aws_s3_bucket.main_ingress_web.id}", "prefix": "web", "enabled": True}
    assert balancer["access_logs"] == balancer["connection_logs"] == written
    assert "aws_s3_bucket_policy.main_ingress_web" in balancer["depends_on"]
    bucket = resources(output, "aws_s3_bucket")["main_ingress_web"]
    assert (bucket["bucket"], bucket["force_destroy"]) == ("shop-web-logs-123456789012-us-west-2", True)
    delivery, tls = json.loads(resources(output, "aws_s3_bucket_policy")["main_ingress_web"]["policy"])["Statement"]
    assert delivery["Principal"] == {"AWS": "arn:aws:iam::797873946194:root"}
    assert delivery["Resource"] == "${aws_s3_bucket.main_ingress_web.arn}/web/AWSLogs/123456789012/*"
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    (kept,) = resources(output, "aws_s3_bucket_lifecycle_configuration")["main_ingress_web"]["rule"]
    assert kept["expiration"] == [{"days": 7}]
    (encryption,) = resources(output, "aws_s3_bucket_server_side_encryption_configuration")["main_ingress_web"]["rule"]
    assert encryption["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}
    closed = resources(output, "aws_s3_bucket_public_access_block")["main_ingress_web"]
    assert [closed[key] for key in closed if key.startswith(("block_", "ignore_", "restrict_"))] == [True] * 4


def test_logs_go_to_an_existing_bucket_unchanged() -> None:
    output = output_of(web={"logs": {"bucket": "company-logs", "prefix": "web"}})
    balancer = resources(output, "aws_lb")["main_ingress_web"]
    assert balancer["access_logs"] == {"bucket": "company-logs", "prefix": "web", "enabled": True}
    assert not resources(output, "aws_s3_bucket")


def test_without_logs_the_load_balancer_turns_them_off_explicitly() -> None:
    """Without the arguments, Terraform would leave the logs on."""
    balancer = resources(output_of(), "aws_lb")["main_ingress_web"]
    assert balancer["access_logs"] == balancer["connection_logs"] == {"bucket": "", "enabled": False}


@pytest.mark.parametrize("region", ["us-west-2", "ap-southeast-3"])
def test_a_bucket_name_is_shortened_to_the_limit(region: str) -> None:
    long = names.log_bucket("d" * 24, "i" * 40, account="123456789012", region=region)
    assert len(long) <= 63
    assert long != names.log_bucket("d" * 24, "i" * 41, account="123456789012", region=region)


def test_each_of_two_load_balancers_admits_its_own_ranges_to_its_own_services(tmp_path: Path) -> None:
    output = catalog_output(ROOT / "tests/more_catalogs/ingress.toml", tmp_path)["entry"]
    balancers = resources(output, "aws_lb")
    assert balancers["main_ingress_public"]["subnets"] == ["${aws_subnet.public_a.id}", "${aws_subnet.public_b.id}"]
    assert balancers["main_ingress_inner"]["subnets"] == ["${aws_subnet.private_a.id}", "${aws_subnet.private_b.id}"]
    assert (balancers["main_ingress_public"]["internal"], balancers["main_ingress_inner"]["internal"]) == (False, True)
    into = resources(output, "aws_vpc_security_group_ingress_rule")
    admitted = {
        way: {
            rule["cidr_ipv4"]
            for rule in into.values()
            if rule["security_group_id"] == f"${{aws_security_group.main_ingress_{way}.id}}"
        }
        for way in ("public", "inner")
    }
    assert admitted == {"public": {"0.0.0.0/0"}, "inner": {"10.0.0.0/8", "192.168.0.0/16"}}
    listeners = {name: rule["listener_arn"] for name, rule in resources(output, "aws_lb_listener_rule").items()}
    assert listeners == {
        "web": "${aws_lb_listener.main_ingress_public_https.arn}",
        "hooks": "${aws_lb_listener.main_ingress_public_https.arn}",
        "admin": "${aws_lb_listener.main_ingress_inner_https.arn}",
    }
