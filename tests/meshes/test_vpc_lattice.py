"""What VPC Lattice makes of a deployment, and what it demands of a catalog."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogs import loaded, pointed_out, problems_of
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


def test_a_service_listens_on_its_port_under_the_name_it_has_on_every_mesh(tmp_path: Path) -> None:
    made = output(into=tmp_path)
    listener = resources(made, "aws_vpclattice_listener")["llm"]

    assert (listener["protocol"], listener["port"]) == ("HTTP", 8080)
    assert resources(made, "aws_vpclattice_service")["llm"]["custom_domain_name"] == "llm.shop.internal"
    assert environment(made, "chat")["LLM_URL"] == "http://llm.shop.internal:8080"


def test_its_name_leads_to_vpc_lattice_by_a_zone_of_its_own(tmp_path: Path) -> None:
    made = output(into=tmp_path)
    zone, record = resources(made, "aws_route53_zone")["llm"], resources(made, "aws_route53_record")["llm"]

    assert zone["name"] == record["name"] == "llm.shop.internal"
    assert zone["vpc"] == [{"vpc_id": "${aws_vpc.main_network.id}"}]
    assert (record["type"], record["zone_id"]) == ("A", "${aws_route53_zone.llm.zone_id}")
    assert record["alias"]["name"] == "${aws_vpclattice_service.llm.dns_entry[0].domain_name}"


def test_ecs_puts_the_tasks_into_its_target_group_in_a_role_of_its_own(tmp_path: Path) -> None:
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


def test_tasks_start_when_the_way_to_them_stands(tmp_path: Path) -> None:
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


def test_a_name_is_taken_over_when_its_service_has_moved_and_before_its_callers_do(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert resources(made, "aws_route53_zone")["llm"]["depends_on"] == ["aws_ecs_service.llm"]
    assert "aws_route53_record.llm" in resources(made, "aws_ecs_service")["chat"]["depends_on"]


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
def test_tasks_are_probed_as_the_catalog_says_within_vpc_lattice_s_bounds(
    keys: str, check: dict[str, Any], tmp_path: Path
) -> None:
    made = output(f'[services.llm]\nimage = "l:1"\nport = 80\n{keys}', into=tmp_path)
    config = resources(made, "aws_vpclattice_target_group")["llm"]["config"]

    assert check.items() <= config["health_check"].items()


@pytest.mark.parametrize(
    ("protocol", "listener", "version"),
    [("http", "HTTP", "HTTP1"), ("http2", "HTTPS", "HTTP2"), ("grpc", "HTTPS", "GRPC")],
)
def test_http2_is_agreed_upon_over_tls_and_reaches_the_tasks_without(
    protocol: str, listener: str, version: str, tmp_path: Path
) -> None:
    made = output(f'[services.llm]\nimage = "l:1"\nport = 80\nprotocol = "{protocol}"', into=tmp_path)
    config = resources(made, "aws_vpclattice_target_group")["llm"]["config"]

    assert resources(made, "aws_vpclattice_listener")["llm"]["protocol"] == listener
    assert (config["protocol"], config["protocol_version"]) == ("HTTP", version)


@pytest.mark.parametrize(("mesh", "keys"), [("tls = true", ""), ("", 'protocol = "grpc"'), ("", 'protocol = "http2"')])
def test_over_tls_a_service_goes_by_the_name_that_has_a_certificate(mesh: str, keys: str, tmp_path: Path) -> None:
    chat = '[services.chat]\nimage = "c:1"\ncalls = ["llm"]\nenvironment = { HOST = "{llm.host}" }\n'
    made = output(f'{chat}[services.llm]\nimage = "l:1"\nport = 8443\n{keys}', mesh=mesh, into=tmp_path)
    host = "${aws_vpclattice_service.llm.dns_entry[0].domain_name}"

    assert environment(made, "chat") == {"HOST": host, "LLM_URL": f"https://{host}:8443"}
    assert "custom_domain_name" not in resources(made, "aws_vpclattice_service")["llm"]
    assert resources(made, "aws_route53_zone") == {}


def test_what_speaks_tcp_is_reached_directly_by_its_name_in_cloud_map(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert set(resources(made, "aws_service_discovery_service")) == {"cache"}
    assert set(resources(made, "aws_vpclattice_service")) == {"llm"}
    assert rules(made, "ingress")["cache_from_chat"]["from_port"] == 6379
    assert environment(made, "chat")["CACHE_HOST"] == "cache.shop.internal"
    assert environment(made, "chat")["CACHE_PORT"] == "6379"
    assert "CACHE_URL" not in environment(made, "chat")


def test_callers_get_out_by_one_rule_and_in_on_the_exact_ports(tmp_path: Path) -> None:
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


def test_with_every_way_open_there_is_no_way_out_to_make(tmp_path: Path) -> None:
    made = output(f'[network]\negress = "any"\n{SERVICES}', into=tmp_path)

    assert set(rules(made, "egress")) == {f"{name}_to_anywhere_all" for name in ("cache", "chat", "llm")}


def test_access_logs_go_to_a_group_that_aws_may_write_to(tmp_path: Path) -> None:
    made = output(into=tmp_path / "on")
    silent = output(mesh="access_logs = false", into=tmp_path / "off")

    assert resources(made, "aws_cloudwatch_log_group")["main_mesh"]["name"].startswith("/aws/vendedlogs/")
    assert set(resources(made, "aws_vpclattice_access_log_subscription")) == {"main_mesh"}
    assert resources(silent, "aws_vpclattice_access_log_subscription") == {}


def test_iam_admits_exactly_the_task_roles_of_a_service_s_callers(tmp_path: Path) -> None:
    made = output(
        SERVICES.replace('image = "chat:1"', 'image = "chat:1"\nsign_requests = true'), mesh=IAM, into=tmp_path
    )
    policy = resources(made, "aws_vpclattice_auth_policy")["llm"]["policy"]

    assert "\n" not in policy
    assert json.loads(policy)["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["${aws_iam_role.chat_task.arn}"]},
            "Action": "vpc-lattice-svcs:Invoke",
            "Resource": "*",
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


def test_iam_admits_callers_of_another_state_by_a_name_that_need_not_exist_yet(tmp_path: Path) -> None:
    signed = SERVICES.replace('image = "chat:1"', 'image = "chat:1"\nsign_requests = true\nstack = "front"')
    made = output(signed, mesh=IAM, into=tmp_path)
    [statement] = json.loads(resources(made, "aws_vpclattice_auth_policy")["llm"]["policy"])["Statement"]

    account = "arn:aws:iam::${data.aws_caller_identity.current_account.account_id}"
    assert statement["Principal"] == {"AWS": f"{account}:root"}
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [f"{account}:role/shop-chat-task"]}}


def test_iam_admits_nobody_to_what_nobody_calls(tmp_path: Path) -> None:
    made = output('[services.llm]\nimage = "l:1"\nport = 80', mesh=IAM, into=tmp_path)
    [statement] = json.loads(resources(made, "aws_vpclattice_auth_policy")["llm"]["policy"])["Statement"]

    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")


def test_another_port_is_another_target_group_that_stands_before_the_old_one_goes(tmp_path: Path) -> None:
    one = output('[services.llm]\nimage = "l:1"\nport = 80', into=tmp_path / "one")
    two = output('[services.llm]\nimage = "l:1"\nport = 81', into=tmp_path / "two")
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
def test_what_stands_beside_the_old_for_a_while_has_another_name(
    one: str, two: str, kept: set[str], tmp_path: Path
) -> None:
    def named(keys: str) -> dict[str, str]:
        made = output(f'[services.llm]\nimage = "l:1"\n{keys}', into=tmp_path / str(abs(hash(keys))))
        return {kind: resources(made, f"aws_vpclattice_{kind}")["llm"]["name"] for kind in ("service", "target_group")}

    old, new = named(one), named(two)

    assert {kind for kind in old if old[kind] == new[kind]} == kept


def test_another_port_is_another_listener_of_the_same_service(tmp_path: Path) -> None:
    listeners = [
        resources(output(f'[services.llm]\nimage = "l:1"\nport = {port}', into=tmp_path / f"{port}"), LISTENER)["llm"]
        for port in (80, 81)
    ]

    assert [listener["name"] for listener in listeners] == ["http-80", "http-81"]


def test_names_are_as_short_as_vpc_lattice_wants_them(tmp_path: Path) -> None:
    name = "a-service-whose-name-has-exactly-forty-c"
    made = output(f'[services.{name}]\nimage = "l:1"\nport = 80', into=tmp_path)

    service = resources(made, "aws_vpclattice_service")[name]["name"]
    assert re.fullmatch(r"(?!svc-)[a-z0-9]+(-[a-z0-9]+)*", service) and 3 <= len(service) <= 40


WRONG = {
    "a CA where AWS has certificates": """
        [mesh]
        kind = "vpc-lattice"
        tls = { authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b" }
        #^ mesh.tls: VPC Lattice has certificates of its own; write tls = true
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
        #^ services.cache.protocol: chat would call it unencrypted (services.toml:3): VPC Lattice does not carry tcp;
        #| leave out mesh.tls, call what does TLS itself as [external], or choose "service-connect"
        """,
    "a call that would not be signed, strictly": """
        [mesh]
        kind = "vpc-lattice"
        strict = true
        auth = "iam"
        #^ mesh.auth: VPC Lattice does not carry cache, where security groups alone say who may call
        [services.chat]
        image = "r.io/chat:1"
        calls = ["cache"]
        [services.cache]
        image = "r.io/redis:7"
        port = 6379
        protocol = "tcp"
        """,
    "a signature that nobody reads, strictly": """
        [mesh]
        kind = "vpc-lattice"
        strict = true
        [services.chat]
        image = "r.io/chat:1"
        sign_requests = true
        #^ services.chat.sign_requests: without auth = "iam" in [mesh] nothing reads signatures; not honoured for chat
        """,
    "a zone that hides AWS": """
        [discovery]
        kind = "http"
        namespace = "us-west-2.amazonaws.com"
        #^ discovery.namespace: would hide AWS's own names under amazonaws.com from the VPC; write another, or leave it
        #| out
        [services.s3]
        image = "r.io/s3:1"
        port = 80
        """,
    "an answer longer than a connection": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "11m"
        #^ services.llm.timeout: an answer of llm may take "11m", and VPC Lattice ends a connection after ten minutes;
        #| write at most "10m", let callers poll, or choose "service-connect" or "none"
        """,
    "an answer without end": """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "none"
        #^ services.llm.timeout: an answer of llm may take any time, and VPC Lattice ends a connection after ten
        #| minutes; write at most "10m", let callers poll, or choose "service-connect" or "none"
        """,
    "a caller that does not sign": """
        [mesh]
        kind = "vpc-lattice"
        auth = "iam"
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm", "rpc"]
        #^ services.chat.calls: llm and rpc admit signed requests only (services.toml:3); let chat sign them (SigV4,
        #| service vpc-lattice-svcs) and write sign_requests = true, or leave out mesh.auth
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
        #^ catalog.name: a service network would be called "ab", and takes 3 characters or more; write a longer name
        region = "us-west-2"
        """,
    "a callee without a name that resolves": """
        [discovery]
        kind = "http"
        #^ discovery.kind: with "http" no name resolves, and chat calls cache (services.toml:6); write "dns"
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
        #^ network.vpc_id: vpc-0a1b is that of one too, and takes one service network; write another VPC, or kind
        private_subnet_ids = ["subnet-0a"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        [environments.one]
        [environments.two]
        """,
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_vpc_lattice_cannot_do_is_said_by_line(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_where_a_port_opens_more_than_the_calls_the_pairs_and_both_cures_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert notices(TWO_ON_ONE_PORT) == [
        "services.toml:2: mesh.kind: warning: services that listen on one port are open to each other's callers (a can "
        'reach y; b can reach x); give them different ports, or write auth = "iam", '
        "and sign_requests = true for the callers"
    ]
    assert notices(TWO_ON_ONE_PORT.replace("port = 80\n[services.y]", "port = 81\n[services.y]")) == []
    signing = re.sub(r"(calls = .*)", r"\1\nsign_requests = true", TWO_ON_ONE_PORT)
    assert notices(signing, mesh=IAM) == []


def test_answers_that_are_silent_for_long_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert notices(SERVICES.replace('"redis:7"', '"r.io/redis:7"')) == [
        "services.toml:2: mesh.kind: warning: VPC Lattice closes a connection that is silent for 60 seconds, and "
        "answers of llm may take longer: they arrive only if they are streamed"
    ]


def test_two_deployments_are_not_in_one_vpc_even_if_one_carries_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    vpc = '[network]\nvpc_id = "vpc-0a1b"\nprivate_subnet_ids = ["subnet-0a"]\n'
    told = problems_of(f"{vpc}[environments.one]\n[environments.two]\n", kind="vpc-lattice")

    assert told == [
        "services.toml:2: network.vpc_id: vpc-0a1b is that of one too, and takes one service network; write another "
        "VPC, or kind"
    ]


def test_a_slow_start_is_watched_by_its_probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    slow = '[services.llm]\nimage = "r.io/l:1"\nport = 80\nhealth = {{ path = "/", grace = "10m" }}\n{}'

    def told(keys: str, kind: str) -> list[str]:
        return [n.place for n in loaded(slow.format(keys), kind=kind).notices if n.place.endswith("grace")]

    assert told("", "vpc-lattice") == []
    assert told('protocol = "grpc"', "vpc-lattice") == told("", "none") == ["services.llm.health.grace"]


def test_more_callers_than_a_security_group_and_an_auth_policy_have_room_for_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    callers = "".join(
        f'[services.c{n}]\nimage = "r.io/c:1"\ncalls = ["llm"]\nsign_requests = true\n' for n in range(197)
    )
    llm = '[services.llm]\nimage = "r.io/llm:1"\nport = 80\n'

    assert any("197 rules" in notice for notice in notices(callers + llm))
    assert problems_of(f'{callers}{llm}[mesh]\nkind = "vpc-lattice"\n{IAM}\n') == [
        "services.toml:789: services.llm: 197 services and versions call it, an auth policy has room for about 196; "
        "split it, or leave out mesh.auth"
    ]
