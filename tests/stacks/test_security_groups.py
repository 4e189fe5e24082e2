"""Security group rules allow the calls in the catalog and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.synth import catalog_output, deployment, resources, synthesized  # isort: skip
from stacks.mesh.base import connected
from stacks.network import Network
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import SecurityGroups
from tests.stacks.test_network import EXISTING

SERVICES = {
    "chat": {"image": "chat:1", "port": 8080, "calls": ["llm"]},
    "llm": {"image": "llm:1", "port": 9000},
    "worker": {"image": "worker:1"},
}


def made(**tables: Any) -> tuple[SecurityGroups, dict[str, Any]]:
    """The security groups of a network, with a rule for every call, and the output."""
    parts = []

    def build(stack: Any) -> None:
        described = deployment(**{"services": SERVICES, **tables})
        network = Network(stack, deployment=described)
        endpoints = Endpoints(stack, deployment=described, network=network)
        security = SecurityGroups(stack, deployment=described, network=network, endpoints=endpoints)
        for service in described.services.values():
            connected(service, security, deployment=described)
        parts.append(security)

    output = synthesized(build)
    return parts[0], output


def ingress(**tables: Any) -> dict[str, Any]:
    rules = resources(made(**tables)[1], "aws_vpc_security_group_ingress_rule")
    return {name: rule for name, rule in rules.items() if not name.startswith("main_vpc_endpoints")}


def egress(**tables: Any) -> dict[str, Any]:
    return resources(made(**tables)[1], "aws_vpc_security_group_egress_rule")


def calling(*calls: str, external: dict[str, Any], **tables: Any) -> dict[str, Any]:
    services = {"chat": {"image": "chat:1", "calls": list(calls)}}
    return egress(services=services, external=external, **tables)


def test_every_service_has_a_group_without_inline_rules() -> None:
    _, output = made()
    groups = resources(output, "aws_security_group")
    assert set(groups) == {"chat", "llm", "worker"}
    assert groups["llm"]["name"] == "shop-llm"
    assert all("ingress" not in group and "egress" not in group for group in groups.values())


def test_a_callee_accepts_only_its_callers_and_only_on_its_port() -> None:
    rules = ingress()
    assert set(rules) == {"llm_from_chat"}
    rule = rules["llm_from_chat"]
    assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 9000, 9000)
    assert rule["security_group_id"] == "${aws_security_group.llm.id}"
    assert rule["referenced_security_group_id"] == "${aws_security_group.chat.id}"


def test_a_caller_has_egress_to_its_callees_and_to_port_443_anywhere() -> None:
    rules = egress()
    assert set(rules) == {"chat_to_llm", "chat_to_anywhere_443", "llm_to_anywhere_443", "worker_to_anywhere_443"}
    assert rules["chat_to_llm"]["from_port"] == 9000
    assert rules["chat_to_llm"]["referenced_security_group_id"] == "${aws_security_group.llm.id}"
    to_aws = rules["chat_to_anywhere_443"]
    assert (to_aws["cidr_ipv4"], to_aws["from_port"]) == ("0.0.0.0/0", 443)


def test_a_service_can_call_itself() -> None:
    services = {"llm": {"image": "llm:1", "port": 9000, "calls": ["llm"]}}
    assert set(ingress(services=services)) == {"llm_from_llm"}
    assert egress(services=services)["llm_to_llm"]["referenced_security_group_id"] == "${aws_security_group.llm.id}"


def test_services_that_call_each_other_cause_no_dependency_cycle() -> None:
    services = {
        "a": {"image": "a:1", "port": 1001, "calls": ["b"]},
        "b": {"image": "b:1", "port": 1002, "calls": ["a"]},
    }
    _, output = made(services=services)
    assert all("${" not in str(group) or "aws_vpc" in str(group) for group in by_type(output, "aws_security_group"))


def test_open_egress_allows_all_traffic_out_of_a_task() -> None:
    rules = egress(network={"egress": "any"})
    assert set(rules) == {"chat_to_anywhere_all", "llm_to_anywhere_all", "worker_to_anywhere_all"}
    # With ports beside protocol -1 the provider sees a difference at every plan.
    assert rules["chat_to_anywhere_all"].keys() == {"ip_protocol", "cidr_ipv4", "description", "security_group_id"}
    assert set(ingress(network={"egress": "any"})) == {"llm_from_chat"}


def test_an_external_with_a_security_group_gets_a_rule_for_that_group() -> None:
    rules = calling("db", external={"db": {"host": "db.example.com", "port": 5432, "security_group": "sg-0a1b"}})
    assert rules["chat_to_sg-0a1b_5432"]["referenced_security_group_id"] == "sg-0a1b"


def test_an_external_with_cidr_ranges_gets_a_rule_for_each_range() -> None:
    external = {"db": {"host": "db.example.com", "port": 5432, "cidrs": ["10.1.0.0/16", "10.2.0.0/16"]}}
    rules = calling("db", external=external)
    assert set(rules) == {"chat_to_10-1-0-0-16_5432", "chat_to_10-2-0-0-16_5432", "chat_to_anywhere_443"}


def test_an_external_with_only_a_host_name_gets_a_rule_for_its_port_anywhere() -> None:
    rules = calling("redis", external={"redis": {"host": "redis.example.com", "port": 6380, "protocol": "tcp"}})
    assert rules["chat_to_anywhere_6380"]["cidr_ipv4"] == "0.0.0.0/0"


def test_an_external_on_port_443_needs_no_second_rule() -> None:
    one, other = {"host": "api.openai.com"}, {"host": "example.com", "cidrs": ["0.0.0.0/0"]}
    rules = calling("one", "other", external={"one": one, "other": other})
    assert set(rules) == {"chat_to_anywhere_443"}
    assert rules["chat_to_anywhere_443"]["description"] == "To AWS, one, other"


def test_externals_with_the_same_target_share_a_rule_that_stays_when_one_is_removed() -> None:
    writer = {"host": "w.example.com", "port": 5432, "security_group": "sg-0a1b"}
    reader = {"host": "r.example.com", "port": 5432, "security_group": "sg-0a1b"}
    both = calling("reader", "writer", external={"writer": writer, "reader": reader})
    assert set(both) == {"chat_to_anywhere_443", "chat_to_sg-0a1b_5432"}
    assert set(calling("writer", external={"writer": writer})) == set(both)


def test_without_nat_tasks_reach_aws_through_endpoints_only() -> None:
    rules = egress(network={"nat": "none"})
    assert {name for name in rules if name.startswith("worker")} == {"worker_to_s3_gateway", "worker_to_vpc_endpoints"}
    assert rules["worker_to_s3_gateway"]["prefix_list_id"] == "${aws_vpc_endpoint.main_gateway_s3.prefix_list_id}"
    group = rules["worker_to_vpc_endpoints"]["referenced_security_group_id"]
    assert group == "${aws_security_group.main_vpc_endpoints.id}"


def test_a_gateway_accepts_the_services_that_use_it() -> None:
    access = {"statements": [{"actions": ["dynamodb:GetItem"], "resources": ["*"]}]}
    services = {"llm": {"image": "llm:1", "access": access}, "worker": {"image": "worker:1"}}
    rules = egress(network={"nat": "none"}, services=services)
    assert [name for name in rules if "dynamodb" in name] == ["llm_to_dynamodb_gateway"]


def test_services_in_an_existing_network_have_egress_to_port_443_anywhere() -> None:
    assert "worker_to_anywhere_443" in egress(network=EXISTING)


def test_a_new_service_does_not_change_other_security_group_rules() -> None:
    before, after = egress(), egress(services={**SERVICES, "new": {"image": "new:1", "calls": ["llm"]}})
    assert {name: after[name] for name in before} == before


def test_no_service_has_two_rules_that_aws_treats_as_duplicates() -> None:
    external = {
        "a": {"host": "a.example.com"},
        "b": {"host": "b.example.com", "cidrs": ["0.0.0.0/0", "10.0.0.0/8"]},
        "c": {"host": "c.example.com", "cidrs": ["10.0.0.0/8"]},
        "d": {"host": "d.example.com", "port": 80, "protocol": "http"},
        "e": {"host": "e.example.com", "port": 80, "protocol": "http"},
    }
    rules = [
        tuple(sorted((key, str(value)) for key, value in rule.items() if key != "description"))
        for rule in calling(*external, external=external).values()
    ]
    assert len(rules) == len(set(rules))


def test_tasks_wait_for_both_rules_of_every_call(tmp_path: Path) -> None:
    head = '[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "none"\n'
    services = (
        "[services]\nchat = { image = 'r.io/chat:1', calls = ['llm'] }\nllm = { image = 'r.io/llm:1', port = 80 }\n"
    )
    output = catalog_output(head + services, tmp_path)["shop"]
    waited_for = {address.split(".")[1] for address in resources(output, "aws_ecs_service")["chat"]["depends_on"]}
    assert {"chat_to_llm", "llm_from_chat", "chat_to_anywhere_443"} <= waited_for


def by_type(output: dict[str, Any], type_: str) -> list[Any]:
    return list(resources(output, type_).values())
