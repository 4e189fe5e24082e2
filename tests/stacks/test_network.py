"""The network: the resources of each zone, and egress."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest

from tests.support.synth import deployment, resources, synthesized  # isort: skip
from catalog.model.network import zones_of
from stacks.network import Network

EXISTING = {
    "vpc_id": "vpc-0a1b2c3d",
    "private_subnet_ids": ["subnet-0a", "subnet-0b"],
    "public_subnet_ids": ["subnet-1a", "subnet-1b"],
}


def network(**keys: Any) -> tuple[Network, dict[str, Any]]:
    made = []
    output = synthesized(lambda stack: made.append(Network(stack, deployment=deployment(network=keys))))
    return made[0], output


def test_the_blocks_of_eight_zones_fill_the_range_and_do_not_overlap() -> None:
    zones = zones_of(deployment(network={"zones": 8, "cidr": "10.3.0.0/20"}).catalog.network)
    blocks = [ipaddress.ip_network(cidr) for zone in zones for cidr in (zone.private_cidr, zone.public_cidr)]
    assert list(ipaddress.collapse_addresses(blocks)) == [ipaddress.ip_network("10.3.0.0/20")]
    assert sum(block.num_addresses for block in blocks) == 2**12


def test_a_zone_keeps_its_blocks_regardless_of_other_zones() -> None:
    alone = zones_of(deployment(network={"zones": ["us-west-2c"]}).catalog.network)
    among = zones_of(deployment(network={"zones": ["us-west-2d", "us-west-2c", "us-west-2a"]}).catalog.network)
    assert alone[0] == among[1]
    assert (alone[0].private_cidr, alone[0].public_cidr) == ("10.0.32.0/20", "10.0.160.0/20")


def test_the_smallest_range_leaves_each_subnet_sixteen_addresses() -> None:
    _, output = network(cidr="10.9.8.0/24", zones=["us-west-2b"])
    assert resources(output, "aws_subnet")["private_b"]["cidr_block"] == "10.9.8.16/28"


def test_a_number_of_zones_selects_the_first_by_name_and_keeps_them() -> None:
    _, output = network(zones=2)
    assert set(resources(output, "aws_subnet")) == {"private_a", "private_b", "public_a", "public_b"}
    offered = output["data"]["aws_availability_zones"]["available_zones"]
    assert "usw1-az2" in offered["exclude_zone_ids"]
    assert offered["filter"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    second = resources(output, "aws_subnet")["private_b"]
    assert second["availability_zone"] == "${sort(data.aws_availability_zones.available_zones.names)[1]}"
    assert second["lifecycle"] == {"ignore_changes": ["availability_zone"]}


def test_named_zones_are_used_without_a_lookup_in_aws() -> None:
    _, output = network(zones=["us-west-2a", "us-west-2c"])
    assert "data" not in output
    subnet = resources(output, "aws_subnet")["public_c"]
    assert subnet["availability_zone"] == "us-west-2c"
    assert "lifecycle" not in subnet


def test_a_third_zone_does_not_change_the_first_two() -> None:
    _, two = network(zones=["us-west-2a", "us-west-2b"])
    _, three = network(zones=["us-west-2a", "us-west-2b", "us-west-2c"])
    for type_ in ("aws_subnet", "aws_route_table", "aws_route_table_association", "aws_route", "aws_nat_gateway"):
        before, after = resources(two, type_), resources(three, type_)
        assert before.keys() <= after.keys()
        assert all(without_order(after[name]) == without_order(before[name]) for name in before)


def test_the_single_nat_gateway_stays_when_every_zone_gets_its_own() -> None:
    _, single = network(nat="single")
    _, each = network(nat="per-zone")
    for type_ in ("aws_nat_gateway", "aws_eip"):
        assert set(resources(single, type_)) == {"nat_a"}
        assert set(resources(each, type_)) == {"nat_a", "nat_b"}
        assert without_order(resources(single, type_)["nat_a"]) == without_order(resources(each, type_)["nat_a"])
    assert resources(single, "aws_route")["private_b"]["nat_gateway_id"] == "${aws_nat_gateway.nat_a.id}"
    assert resources(each, "aws_route")["private_b"]["nat_gateway_id"] == "${aws_nat_gateway.nat_b.id}"


def test_without_nat_only_the_public_subnets_have_internet_access() -> None:
    _, output = network(nat="none")
    assert set(resources(output, "aws_route")) == {"public_subnets"}
    assert not resources(output, "aws_nat_gateway")
    assert not resources(output, "aws_eip")


@pytest.mark.parametrize("nat", ["none", "single", "per-zone"])
def test_every_private_subnet_reaches_s3_through_its_gateway_endpoint(nat: str) -> None:
    _, output = network(nat=nat)
    gateway = resources(output, "aws_vpc_endpoint")["main_gateway_s3"]
    assert gateway["vpc_endpoint_type"] == "Gateway"
    assert gateway["service_name"] == "com.amazonaws.us-west-2.s3"
    assert gateway["route_table_ids"] == ["${aws_route_table.private_a.id}", "${aws_route_table.private_b.id}"]


def test_no_subnet_assigns_public_addresses() -> None:
    _, output = network()
    assert {subnet["map_public_ip_on_launch"] for subnet in resources(output, "aws_subnet").values()} == {False}


def test_the_default_security_group_has_no_rules() -> None:
    _, output = network()
    assert resources(output, "aws_default_security_group")["main_network"].keys() == {"vpc_id", "tags"}


def test_the_flow_log_role_writes_only_to_its_log_group_and_has_the_permissions_boundary() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    tables = {"catalog": {"name": "shop", "region": "us-west-2", "permissions_boundary": boundary}}
    output = synthesized(lambda stack: Network(stack, deployment=deployment(**tables)))
    statements = json.loads(resources(output, "aws_iam_role_policy")["main_flow_logs"]["policy"])["Statement"]
    assert [statement["Resource"] for statement in statements] == ["${aws_cloudwatch_log_group.main_flow_logs.arn}:*"]
    assert resources(output, "aws_iam_role")["main_flow_logs"]["permissions_boundary"] == boundary
    assert resources(output, "aws_cloudwatch_log_group")["main_flow_logs"]["retention_in_days"] == 30


def test_flow_logs_can_be_turned_off() -> None:
    _, output = network(flow_logs=False)
    assert not resources(output, "aws_flow_log")
    assert not resources(output, "aws_iam_role")


def test_tasks_wait_for_routes_associations_and_gateways() -> None:
    made, _ = network()
    assert {ref.address for ref in made.private_routes} == {
        "aws_route.private_a",
        "aws_route.private_b",
        "aws_route_table_association.private_a",
        "aws_route_table_association.private_b",
        "aws_vpc_endpoint.main_gateway_s3",
    }


def test_an_existing_network_is_used_unchanged() -> None:
    made, output = network(**EXISTING)
    assert "resource" not in output
    assert "data" not in output
    assert made.vpc_id == "vpc-0a1b2c3d"
    assert made.private_subnet_ids == ["subnet-0a", "subnet-0b"]
    assert made.public_subnet_ids == ["subnet-1a", "subnet-1b"]
    assert made.private_routes == made.public_routes == []


def without_order(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "depends_on"}
