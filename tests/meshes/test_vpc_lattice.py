"""The resources of a deployment on VPC Lattice, and the rules for its catalogs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of
from tests.support.provider_schema import problems_of as problems_of_output
from tests.support.synth import catalog_output, containers, resources, statements

HEAD = '[catalog]\nname = "shop"\nregion = "us-west-2"\n'
SERVICES = """
[services.chat]
image = "chat:1"
calls = ["llm", "cache"]
[services.llm]
image = "llm:1"
port = 8080
timeout = "10m"
health = { path = "/health", interval = "20s", timeout = "7s" }
[services.cache]
image = "redis:7"
port = 6379
protocol = "tcp"
"""
CHAT = '[services.chat]\nimage = "c:1"\ncalls = ["llm"]\n'
"""A caller: without one, nothing of a service is in VPC Lattice."""
GENERATED = "${aws_vpclattice_service.llm.dns_entry[0].domain_name}"
IAM = 'auth = "iam"'
LISTENER = "aws_vpclattice_listener"


def output(services: str = SERVICES, *, mesh: str = "", into: Path) -> dict[str, Any]:
    return catalog_output(f'{HEAD}[mesh]\nkind = "vpc-lattice"\n{mesh}\n{services}', into)["shop"]


def environment(made: dict[str, Any], name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in containers(made, name)[name]["environment"]}


def rules(made: dict[str, Any], direction: str) -> dict[str, Any]:
    return resources(made, f"aws_vpc_security_group_{direction}_rule")


def test_the_vpc_is_associated_with_a_service_network_of_the_deployment(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert resources(made, "aws_vpclattice_service_network")["main_mesh"]["name"] == "shop"
    association = resources(made, "aws_vpclattice_service_network_vpc_association")["main_mesh"]
    assert association["vpc_identifier"] == "${aws_vpc.main_network.id}"
    assert association["security_group_ids"] == ["${aws_security_group.main_mesh.id}"]


def test_callers_use_the_host_name_that_aws_generates_and_no_zone_is_made(tmp_path: Path) -> None:
    chat = 'image = "chat:1"\nenvironment = { HOST = "{llm.host}" }'
    made = output(SERVICES.replace('image = "chat:1"', chat), into=tmp_path)
    listener = resources(made, "aws_vpclattice_listener")["llm"]

    assert (listener["protocol"], listener["port"]) == ("HTTP", 8080)
    assert "custom_domain_name" not in resources(made, "aws_vpclattice_service")["llm"]
    called = environment(made, "chat")
    assert (called["HOST"], called["LLM_URL"]) == (GENERATED, f"http://{GENERATED}:8080")
    assert not resources(made, "aws_route53_zone") and not resources(made, "aws_route53_record")


def test_a_service_can_name_its_own_host(tmp_path: Path) -> None:
    own = '[services.llm]\nimage = "l:1"\nport = 80\nenvironment = { ALLOWED = "{llm.host}" }'
    called, alone = output(CHAT + own, into=tmp_path / "called"), output(own, into=tmp_path / "alone")

    assert environment(called, "llm")["ALLOWED"] == GENERATED
    assert environment(alone, "llm")["ALLOWED"] == "llm.shop.internal"


@pytest.mark.parametrize(("discovery", "registered"), [("dns", True), ("http", False)])
def test_the_cloud_map_name_stays_for_callers_that_another_mesh_left(
    discovery: str, registered: bool, tmp_path: Path
) -> None:
    services = f'[discovery]\nkind = "{discovery}"\n{CHAT}[services.llm]\nimage = "l:1"\nport = 80\n'
    made = output(services, into=tmp_path)

    assert ("llm" in resources(made, "aws_service_discovery_service")) == registered
    assert ("service_registries" in resources(made, "aws_ecs_service")["llm"]) == registered
    assert "vpc_lattice_configurations" in resources(made, "aws_ecs_service")["llm"]


def test_only_a_called_service_is_in_vpc_lattice(tmp_path: Path) -> None:
    public = '[ingress.web]\nallow = ["0.0.0.0/0"]\ninsecure = true\n'
    versions = '[[services.llm.versions]]\nname = "next"\nimage = "l:2"\nweight = 10\n'
    llm = f'[services.llm]\nimage = "l:1"\nport = 80\npublic = true\n{versions}'
    made = output(public + llm, mesh=IAM, into=tmp_path)

    kinds = ("service", "listener", "target_group", "auth_policy", "service_network_service_association")
    assert all(not resources(made, f"aws_vpclattice_{kind}") for kind in kinds)
    assert {"vpc_lattice_configurations"} & resources(made, "aws_ecs_service")["llm"].keys() == set()
    assert "llm_from_main_mesh" not in rules(made, "ingress")


def test_ecs_registers_tasks_in_the_target_group_with_its_own_role(tmp_path: Path) -> None:
    made = output(into=tmp_path)
    [configuration] = resources(made, "aws_ecs_service")["llm"]["vpc_lattice_configurations"]

    assert configuration == {
        "port_name": "llm",
        "role_arn": "${aws_iam_role.main_mesh.arn}",
        "target_group_arn": "${aws_vpclattice_target_group.llm.arn}",
    }
    assert containers(made, "llm")["llm"]["portMappings"][0]["name"] == "llm"
    policy = resources(made, "aws_iam_role_policy_attachment")["main_mesh"]["policy_arn"]
    assert policy == "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForVpcLattice"
    assert "ecs.amazonaws.com" in resources(made, "aws_iam_role")["main_mesh"]["assume_role_policy"]


def test_tasks_start_after_their_listener_exists(tmp_path: Path) -> None:
    services = resources(output(into=tmp_path), "aws_ecs_service")

    assert {
        "aws_vpclattice_listener.llm",
        "aws_vpclattice_service_network_service_association.llm",
        "aws_vpclattice_service_network_vpc_association.main_mesh",
        "aws_iam_role_policy_attachment.main_mesh",
        "aws_vpc_security_group_ingress_rule.llm_from_main_mesh",
    } <= set(services["llm"]["depends_on"])
    assert {
        "aws_vpc_security_group_egress_rule.chat_to_main_mesh",
        "aws_vpc_security_group_ingress_rule.main_mesh_from_chat_8080",
        "aws_vpclattice_service_network_vpc_association.main_mesh",
    } <= set(services["chat"]["depends_on"])


@pytest.mark.parametrize(
    ("keys", "check"),
    [
        (
            'health = { path = "/health", interval = "20s", timeout = "7s" }',
            {"path": "/health", "health_check_interval_seconds": 20, "health_check_timeout_seconds": 7},
        ),
        ("", {"path": "/", "matcher": {"value": "200-499"}}),
        ('protocol = "http2"\nhealth.path = "/health"', {"protocol_version": "HTTP2", "protocol": "HTTP"}),
        ('protocol = "grpc"', {"enabled": False}),
        (
            'health = { path = "/", interval = "5m", timeout = "1m" }',
            {"health_check_interval_seconds": 300, "health_check_timeout_seconds": 60},
        ),
    ],
)
def test_health_checks_follow_the_catalog_within_vpc_lattices_limits(
    keys: str, check: dict[str, Any], tmp_path: Path
) -> None:
    made = output(f'{CHAT}[services.llm]\nimage = "l:1"\nport = 80\n{keys}', into=tmp_path)
    config = resources(made, "aws_vpclattice_target_group")["llm"]["config"]

    assert check.items() <= config["health_check"].items()


@pytest.mark.parametrize(
    ("protocol", "listener", "version"),
    [("http", "HTTP", "HTTP1"), ("http2", "HTTPS", "HTTP2"), ("grpc", "HTTPS", "GRPC")],
)
def test_http2_uses_tls_to_the_listener_and_plaintext_to_the_tasks(
    protocol: str, listener: str, version: str, tmp_path: Path
) -> None:
    made = output(f'{CHAT}[services.llm]\nimage = "l:1"\nport = 80\nprotocol = "{protocol}"', into=tmp_path)
    config = resources(made, "aws_vpclattice_target_group")["llm"]["config"]

    assert resources(made, "aws_vpclattice_listener")["llm"]["protocol"] == listener
    assert (config["protocol"], config["protocol_version"]) == ("HTTP", version)


@pytest.mark.parametrize(("mesh", "keys"), [("tls = true", ""), ("", 'protocol = "grpc"'), ("", 'protocol = "http2"')])
def test_over_tls_urls_begin_with_https(mesh: str, keys: str, tmp_path: Path) -> None:
    chat = '[services.chat]\nimage = "c:1"\ncalls = ["llm"]\nenvironment = { HOST = "{llm.host}" }\n'
    made = output(f'{chat}[services.llm]\nimage = "l:1"\nport = 8443\n{keys}', mesh=mesh, into=tmp_path)

    assert environment(made, "chat") == {"HOST": GENERATED, "LLM_URL": f"https://{GENERATED}:8443"}


def test_tcp_services_are_called_directly_by_their_cloud_map_name(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert set(resources(made, "aws_service_discovery_service")) == {"cache", "llm"}
    assert set(resources(made, "aws_vpclattice_service")) == {"llm"}
    assert rules(made, "ingress")["cache_from_chat"]["from_port"] == 6379
    assert environment(made, "chat")["CACHE_HOST"] == "cache.shop.internal"
    assert environment(made, "chat")["CACHE_PORT"] == "6379"
    assert "CACHE_URL" not in environment(made, "chat")


def test_callers_have_one_egress_rule_and_ingress_rules_for_exact_ports(tmp_path: Path) -> None:
    callees = "".join(f'[services.s{n}]\nimage = "s:1"\nport = {8000 + n}\n' for n in range(7))
    calls = f'[services.chat]\nimage = "c:1"\ncalls = {[f"s{n}" for n in range(7)]}\n'
    made = output(calls + callees, into=tmp_path)

    out = rules(made, "egress")["chat_to_main_mesh"]
    assert (out["from_port"], out["to_port"]) == (8000, 8006)
    # AWS counts the list as ten rules of sixty.
    assert sum("prefix_list_id" in rule for name, rule in rules(made, "egress").items() if "chat" in name) == 1
    admitted = [rule for name, rule in rules(made, "ingress").items() if name.startswith("main_mesh_from_chat_")]
    assert sorted(rule["from_port"] for rule in admitted) == list(range(8000, 8007))
    assert all(rule["from_port"] == rule["to_port"] for rule in admitted)


def test_with_open_egress_there_is_no_egress_rule(tmp_path: Path) -> None:
    made = output(f'[network]\negress = "any"\n{SERVICES}', into=tmp_path)

    assert set(rules(made, "egress")) == {f"{name}_to_anywhere_all" for name in ("cache", "chat", "llm")}


def test_access_logs_go_to_a_log_group_that_aws_can_write_to(tmp_path: Path) -> None:
    made = output(into=tmp_path / "on")
    silent = output(mesh="access_logs = false", into=tmp_path / "off")

    assert resources(made, "aws_cloudwatch_log_group")["main_mesh"]["name"].startswith("/aws/vendedlogs/")
    assert set(resources(made, "aws_vpclattice_access_log_subscription")) == {"main_mesh"}
    assert resources(silent, "aws_vpclattice_access_log_subscription") == {}


def test_the_auth_policy_allows_exactly_the_callers_task_roles(tmp_path: Path) -> None:
    made = output(
        SERVICES.replace('image = "chat:1"', 'image = "chat:1"\nsign_requests = true'), mesh=IAM, into=tmp_path
    )
    policy = resources(made, "aws_vpclattice_auth_policy")["llm"]["policy"]

    account = "arn:aws:iam::${data.aws_caller_identity.current_account.account_id}"
    assert "\n" not in policy
    assert json.loads(policy)["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"{account}:root"},
            "Action": "vpc-lattice-svcs:Invoke",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": [f"{account}:role/shop-chat-task"]}},
        }
    ]
    assert resources(made, "aws_vpclattice_service")["llm"]["auth_type"] == "AWS_IAM"
    assert statements(made, "chat_task") == [
        {
            "Effect": "Allow",
            "Action": ["vpc-lattice-svcs:Invoke"],
            "Resource": ["${aws_vpclattice_service.llm.arn}/*"],
        }
    ]
    assert statements(made, "llm_task") == []


def test_the_auth_policy_allows_callers_in_another_state_by_name(tmp_path: Path) -> None:
    signed = SERVICES.replace('image = "chat:1"', 'image = "chat:1"\nsign_requests = true\nstack = "front"')
    made = output(signed, mesh=IAM, into=tmp_path)
    [statement] = json.loads(resources(made, "aws_vpclattice_auth_policy")["llm"]["policy"])["Statement"]

    account = "arn:aws:iam::${data.aws_caller_identity.current_account.account_id}"
    assert statement["Principal"] == {"AWS": f"{account}:root"}
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [f"{account}:role/shop-chat-task"]}}


def test_a_new_port_creates_a_target_group_before_the_old_one_is_destroyed(tmp_path: Path) -> None:
    one = output(f'{CHAT}[services.llm]\nimage = "l:1"\nport = 80', into=tmp_path / "one")
    two = output(f'{CHAT}[services.llm]\nimage = "l:1"\nport = 81', into=tmp_path / "two")
    groups = [resources(made, "aws_vpclattice_target_group")["llm"] for made in (one, two)]

    assert groups[0]["name"] != groups[1]["name"]
    assert all(group["lifecycle"] == {"create_before_destroy": True} for group in groups)


@pytest.mark.parametrize(
    ("one", "two", "kept"),
    [
        ("port = 80", "port = 81", {"service"}),
        ('port = 80\nprotocol = "http2"', 'port = 80\nprotocol = "grpc"', set()),
        ("port = 80", 'port = 80\nprotocol = "grpc"', set()),
    ],
)
def test_resources_replaced_before_destruction_get_a_new_name(
    one: str, two: str, kept: set[str], tmp_path: Path
) -> None:
    def named(keys: str) -> dict[str, str]:
        made = output(f'{CHAT}[services.llm]\nimage = "l:1"\n{keys}', into=tmp_path / str(abs(hash(keys))))
        return {kind: resources(made, f"aws_vpclattice_{kind}")["llm"]["name"] for kind in ("service", "target_group")}

    old, new = named(one), named(two)

    assert {kind for kind in old if old[kind] == new[kind]} == kept


def test_a_new_port_replaces_the_listener_but_not_the_service(tmp_path: Path) -> None:
    listeners = [
        resources(output(f'{CHAT}[services.llm]\nimage = "l:1"\nport = {port}', into=tmp_path / f"{port}"), LISTENER)[
            "llm"
        ]
        for port in (80, 81)
    ]

    assert [listener["name"] for listener in listeners] == ["http-80", "http-81"]


def test_names_fit_vpc_lattices_limits(tmp_path: Path) -> None:
    name = "a-service-whose-name-has-exactly-forty-c"
    made = output(f'{CHAT.replace("llm", name)}[services.{name}]\nimage = "l:1"\nport = 80', into=tmp_path)

    service = resources(made, "aws_vpclattice_service")[name]["name"]
    assert re.fullmatch(r"(?!svc-)[a-z0-9]+(-[a-z0-9]+)*", service) and 3 <= len(service) <= 40


WRONG = {
    "a CA, although AWS has certificates": """
        [mesh]
        kind = "vpc-lattice"
        tls = { authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b" }
        #^ mesh.tls: VPC Lattice uses AWS's own certificates. Write tls = true.
        """,
    "a call that would not be encrypted": """
        [mesh]
        kind = "vpc-lattice"
        tls = true
        [services.chat]
        image = "r.io/chat:1"
        calls = ["cache"]
        [services.cache]
        image = "r.io/redis:7"
        port = 6379
        protocol = "tcp"
        #^ services.cache.protocol: chat would call it unencrypted (services.toml:3): VPC Lattice doesn't support
        #| tcp. Remove mesh.tls, call a server that uses TLS as [external], or set mesh.kind to "service-connect".
        """,
    "a call that isn't authenticated, with strict": """
        [mesh]
        kind = "vpc-lattice"
        strict = true
        auth = "iam"
        #^ mesh.auth: doesn't apply to tcp: only security groups restrict the calls to cache
        [services.chat]
        image = "r.io/chat:1"
        calls = ["cache"]
        [services.cache]
        image = "r.io/redis:7"
        port = 6379
        protocol = "tcp"
        """,
    "a signature that isn't verified, with strict": """
        [mesh]
        kind = "vpc-lattice"
        strict = true
        [services.chat]
        image = "r.io/chat:1"
        sign_requests = true
        #^ services.chat.sign_requests: has no effect, because mesh.auth isn't "iam"; not honored for chat. Set
        #| mesh.auth to "iam", or remove it.
        """,
    "a timeout longer than a connection": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "11m"
        #^ services.llm.timeout: responses of llm may take "11m", but VPC Lattice ends every connection after ten
        #| minutes. Write at most "10m" and let callers poll, or set mesh.kind to "service-connect" or "none".
        """,
    "no timeout": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "none"
        #^ services.llm.timeout: responses of llm may take any time, but VPC Lattice ends every connection after ten
        #| minutes. Write at most "10m" and let callers poll, or set mesh.kind to "service-connect" or "none".
        """,
    "a caller that does not sign": """
        [mesh]
        kind = "vpc-lattice"
        auth = "iam"
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm", "rpc"]
        #^ services.chat.calls: llm and rpc accept only signed requests (services.toml:3). Let chat sign them (SigV4,
        #| service vpc-lattice-svcs) and write sign_requests = true, or remove mesh.auth.
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        [services.rpc]
        image = "r.io/rpc:1"
        port = 81
        """,
    "a name too short for a service network": """
        [catalog]
        name = "ab"
        #^ catalog.name: the service network would be named "ab", but its name must have at least 3 characters. Use a
        #| longer name.
        region = "us-west-2"
        """,
    "a callee without a name that resolves": """
        [discovery]
        kind = "http"
        #^ discovery.kind: with "http", names don't resolve, and chat calls cache (services.toml:6). Write "dns".
        [services.chat]
        image = "r.io/chat:1"
        calls = ["cache"]
        [services.cache]
        image = "r.io/redis:7"
        port = 6379
        protocol = "tcp"
        """,
    "two deployments in one VPC": """
        [network]
        vpc_id = "vpc-0a1b"
        #^ network.vpc_id: vpc-0a1b is also used by one, and a VPC allows only one service network. Use another VPC,
        #| or another mesh.kind.
        private_subnet_ids = ["subnet-0a"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        [environments.one]
        [environments.two]
        """,
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_vpc_lattice_errors_name_their_line(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert problems_of(wrong, kind="vpc-lattice") == pointed_out(wrong)


def notices(services: str, *, mesh: str = "") -> list[str]:
    found = loaded(f'[mesh]\nkind = "vpc-lattice"\n{mesh}\n{services}').notices
    return [str(notice) for notice in found if notice.level == "warning"]


TWO_ON_ONE_PORT = """
[services.a]
image = "r.io/a:1"
calls = ["x"]
[services.b]
image = "r.io/b:1"
calls = ["y"]
[services.x]
image = "r.io/x:1"
port = 80
[services.y]
image = "r.io/y:1"
port = 80
"""


def test_services_reachable_beyond_calls_are_a_warning_with_both_fixes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert notices(TWO_ON_ONE_PORT) == [
        "services.toml:2: mesh.kind: warning: services on the same port can be reached by each other's callers (a can "
        'reach y; b can reach x). Use different ports, or write auth = "iam" here and sign_requests = true for the '
        "callers."
    ]
    assert notices(TWO_ON_ONE_PORT.replace("port = 80\n[services.y]", "port = 81\n[services.y]")) == []
    signing = re.sub(r"(calls = .*)", r"\1\nsign_requests = true", TWO_ON_ONE_PORT)
    assert notices(signing, mesh=IAM) == []


def test_long_idle_responses_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert notices(SERVICES.replace('"redis:7"', '"r.io/redis:7"')) == [
        "services.toml:2: mesh.kind: warning: VPC Lattice closes a connection that is idle for 60 seconds, but "
        "responses of llm may take longer. Stream them, so that the connection isn't idle, or write "
        'aws = ">= 6.62, < 7" in [terraform].'
    ]


def test_two_deployments_in_one_vpc_are_an_error_even_without_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    vpc = '[network]\nvpc_id = "vpc-0a1b"\nprivate_subnet_ids = ["subnet-0a"]\n'
    problems = problems_of(f"{vpc}[environments.one]\n[environments.two]\n", kind="vpc-lattice")

    assert problems == [
        "services.toml:2: network.vpc_id: vpc-0a1b is also used by one, and a VPC allows only one service network. Use "
        "another VPC, or another mesh.kind."
    ]


def test_grace_applies_to_the_meshs_health_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    slow = CHAT.replace("c:1", "r.io/c:1") + (
        '[services.llm]\nimage = "r.io/l:1"\nport = 80\nhealth = {{ path = "/", grace = "10m" }}\n{}'
    )

    def places(keys: str, kind: str) -> list[str]:
        return [n.place for n in loaded(slow.format(keys), kind=kind).notices if n.place.endswith("grace")]

    assert places("", "vpc-lattice") == []
    assert places('protocol = "grpc"', "vpc-lattice") == places("", "none") == ["services.llm.health.grace"]


def test_callers_beyond_the_quotas_of_rules_and_auth_policies_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    callers = "".join(
        f'[services.c{n}]\nimage = "r.io/c:1"\ncalls = ["llm"]\nsign_requests = true\n' for n in range(197)
    )
    llm = '[services.llm]\nimage = "r.io/llm:1"\nport = 80\n'

    assert any("197 rules" in notice for notice in notices(callers + llm))
    assert problems_of(f'{callers}{llm}[mesh]\nkind = "vpc-lattice"\n{IAM}\n') == [
        "services.toml:789: services.llm: 197 services and versions call it, but an auth policy allows about 196. "
        "Split the service, or remove mesh.auth."
    ]


NEWER = '[terraform]\naws = ">= 6.62, < 7"\n'


@pytest.mark.parametrize(("idle", "seconds"), [("", 600), ("30s", 60), ("90s", 90), ("20m", 600), ("none", 600)])
def test_a_provider_that_can_set_the_idle_timeout_sets_it_within_its_limits(
    idle: str, seconds: int, tmp_path: Path
) -> None:
    services = SERVICES.replace("port = 8080", f'port = 8080\nidle_timeout = "{idle}"' if idle else "port = 8080")
    older, newer = output(services, into=tmp_path / "older"), output(NEWER + services, into=tmp_path / "newer")

    assert resources(newer, "aws_vpclattice_service")["llm"]["idle_timeout_seconds"] == seconds
    assert "idle_timeout_seconds" not in resources(older, "aws_vpclattice_service")["llm"]


def test_only_a_provider_that_knows_the_idle_timeout_gets_it(terraform: None, tmp_path: Path) -> None:
    newer = output(NEWER + SERVICES, into=tmp_path)
    assert problems_of_output(newer) == []

    newer["terraform"]["required_providers"]["aws"]["version"] = ">= 6.61, < 7"
    assert problems_of_output(newer) == ["aws_vpclattice_service.llm.idle_timeout_seconds: no such attribute or block"]


def test_an_idle_timeout_that_needs_a_newer_provider_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    services = SERVICES.replace('"redis:7"', '"r.io/redis:7"').replace(
        "port = 8080", 'port = 8080\nidle_timeout = "5m"'
    )

    def idle(text: str) -> list[str]:
        return [str(each) for each in loaded(text, kind="vpc-lattice").notices if "idle" in str(each)]

    assert idle(NEWER + services) == []
    assert [each for each in idle(services) if "idle_timeout" in each] == [
        'services.toml:7: services.llm.idle_timeout: notice: isn\'t supported by kind = "vpc-lattice": a connection '
        'that is idle for 60 seconds is closed; not honored for llm. Write aws = ">= 6.62, < 7" in [terraform], or '
        'remove it, or set mesh.kind to "service-connect".'
    ]


def test_tasks_of_an_existing_network_may_connect_to_vpc_lattice_over_ipv6(tmp_path: Path) -> None:
    network = '[network]\nvpc_id = "vpc-0a1b"\nprivate_subnet_ids = ["subnet-0a", "subnet-0b"]\n'
    own, existing = output(into=tmp_path / "own"), output(network + SERVICES, into=tmp_path / "existing")

    [listed] = [
        each["name"] for each in existing["data"]["aws_ec2_managed_prefix_list"].values() if "ipv6" in each["name"]
    ]
    rule = rules(existing, "egress")["chat_to_main_mesh_ipv6"]
    assert listed == "com.amazonaws.us-west-2.ipv6.vpc-lattice"
    assert rule["prefix_list_id"] == "${data.aws_ec2_managed_prefix_list.main_mesh_ipv6.id}"
    assert (rule["from_port"], rule["to_port"]) == (8080, 8080)
    assert "main_mesh_ipv6" not in own["data"]["aws_ec2_managed_prefix_list"]


WRITTEN = {
    "in an environment": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]
        environment.API = "http://LLM.shop.internal:8080/v1"
        #^ services.chat.environment.API: warning: calls to "LLM.shop.internal" don't go through VPC Lattice, and
        #| security groups don't allow them. Write "{llm.host}" instead of "LLM.shop.internal".
        """,
    "without a call": """
        [services.other]
        image = "r.io/other:1"
        environment.API = "llm.shop.internal"
        #^ services.other.environment.API: warning: calls to "llm.shop.internal" don't go through VPC Lattice, and
        #| security groups don't allow them. Write "{llm.host}" instead of "llm.shop.internal". Set calls = ["llm"].
        """,
    "of the service itself": """
        [services.llm]
        image = "r.io/llm:1"
        port = 8080
        environment.ALLOWED_HOSTS = "llm.shop.internal"
        #^ services.llm.environment.ALLOWED_HOSTS: warning: calls to "llm.shop.internal" don't go through VPC Lattice,
        #| and security groups don't allow them. Write "{llm.host}" instead of "llm.shop.internal".
        """,
    "in a command": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]
        command = ["serve", "--api", "llm.shop.internal:8080"]
        #^ services.chat.command[2]: warning: calls to "llm.shop.internal" don't go through VPC Lattice, and security
        #| groups don't allow them. Set LLM_HOST = "{llm.host}" in environment, and read that variable in a shell.
        """,
    "of a service that VPC Lattice doesn't carry, or as a part of another name": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm", "cache"]
        environment.CACHE = "cache.shop.internal:6379"
        environment.OTHER = "my-llm.shop.internal, llm.shop.internal.example.com, llm.shop.internals"
        """,
}
_LLM = """
[services.llm]
image = "r.io/llm:1"
port = 8080
"""
_CALLED = """
[services.caller]
image = "r.io/caller:1"
calls = ["llm"]
[services.cache]
image = "r.io/redis:7"
port = 6379
protocol = "tcp"
"""


@pytest.mark.parametrize("snippet", WRITTEN.values(), ids=WRITTEN)
def test_a_written_host_name_that_vpc_lattice_does_not_carry_is_a_warning(
    snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = dedent(snippet) + _CALLED + ("" if "[services.llm]" in snippet else _LLM)

    assert [each for each in notices_of(text, kind="vpc-lattice") if "go through" in each] == pointed_out(text)
    assert not [each for each in notices_of(text, kind="none") if "go through" in each]
