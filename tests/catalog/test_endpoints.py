"""VPC endpoints: which a deployment needs, and how they are opened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.synth import deployment, resources, synthesized  # isort: skip
from catalog.endpoints import (
    gateway_endpoints,
    interface_endpoints,
    is_private_ecr,
    necessary_endpoints,
    service_name,
)
from stacks.network import Network
from stacks.network.endpoints import Endpoints
from tests.stacks.test_network import EXISTING

ECR_IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/llm:1"
CLOSED = {"nat": "none"}
BARE = {"logs"}
"""The endpoints that every service requires."""


def service(**keys: Any) -> dict[str, Any]:
    return {"llm": {"image": "llm:1", **keys}}


def allowed(*actions: str, effect: str = "Allow") -> dict[str, Any]:
    return service(access={"statements": [{"actions": list(actions), "resources": ["*"], "effect": effect}]})


def made(**tables: Any) -> tuple[Endpoints, dict[str, Any]]:
    parts = []

    def build(stack: Any) -> None:
        described = deployment(**tables)
        network = Network(stack, deployment=described)
        parts.append(Endpoints(stack, deployment=described, network=network))

    output = synthesized(build)
    return parts[0], output


def test_with_nat_only_listed_endpoints_are_made() -> None:
    described = deployment(network={"endpoints": ["sqs", "bedrock-runtime"]}, services=allowed("sns:Publish"))
    assert interface_endpoints(described) == ("bedrock-runtime", "sqs")


def test_without_nat_logs_need_an_endpoint() -> None:
    assert set(interface_endpoints(deployment(network=CLOSED))) == BARE
    assert gateway_endpoints(deployment(network=CLOSED)) == ("s3",)


@pytest.mark.parametrize(
    "image",
    [
        ECR_IMAGE,
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/llm@sha256:0",
        "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/a/b:1",
        "123456789012.dkr-ecr.us-west-2.on.aws/llm:1",
        "${data.aws_caller_identity.current_account.account_id}.dkr.ecr.us-west-2.amazonaws.com/llm:1",
    ],
)
def test_private_images_are_recognized(image: str) -> None:
    assert is_private_ecr(image)


@pytest.mark.parametrize("image", ["llm:1", "public.ecr.aws/x/y:1", "ghcr.io/a/b", "example.com/dkr.ecr.amazonaws.com"])
def test_other_images_are_not_taken_for_private_ones(image: str) -> None:
    assert not is_private_ecr(image)


@pytest.mark.parametrize(
    ("keys", "endpoint"),
    [
        ({"secrets": {"KEY": "arn:aws:secretsmanager:us-west-2:123456789012:secret:key"}}, "secretsmanager"),
        ({"secrets": {"KEY": "arn:aws:ssm:us-west-2:123456789012:parameter/key"}}, "ssm"),
        ({"credentials": "arn:aws:secretsmanager:us-west-2:123456789012:secret:hub"}, "secretsmanager"),
        (allowed("sqs:SendMessage")["llm"], "sqs"),
        (allowed("bedrock:InvokeModelWithResponseStream")["llm"], "bedrock-runtime"),
        (allowed("Bedrock:invokemodel*")["llm"], "bedrock-runtime"),
        (allowed("bedrock:Retrieve")["llm"], "bedrock-agent-runtime"),
        (allowed("sagemaker:InvokeEndpoint*")["llm"], "sagemaker.runtime"),
        (allowed("kinesis:PutRecord")["llm"], "kinesis-streams"),
        (allowed("cloudwatch:PutMetricData")["llm"], "monitoring"),
    ],
)
def test_what_a_service_uses_of_aws_needs_its_endpoint(keys: dict[str, Any], endpoint: str) -> None:
    described = deployment(network=CLOSED, services={"llm": {"image": "llm:1", **keys}})
    assert set(interface_endpoints(described)) == BARE | {endpoint}


def test_an_action_of_a_similar_service_needs_no_endpoint() -> None:
    described = deployment(network=CLOSED, services=allowed("sagemaker:InvokeEndpoint", "bedrock:ListFoundationModels"))
    assert set(interface_endpoints(described)) == BARE | {"sagemaker.runtime", "bedrock"}


@pytest.mark.parametrize("services", [allowed("sqs:*", effect="Deny"), allowed("*")])
def test_what_is_denied_or_left_open_needs_no_endpoint(services: dict[str, Any]) -> None:
    assert set(interface_endpoints(deployment(network=CLOSED, services=services))) == BARE


def test_dynamodb_is_reached_by_a_gateway() -> None:
    described = deployment(network=CLOSED, services=allowed("dynamodb:GetItem"))
    assert gateway_endpoints(described) == ("dynamodb", "s3")
    assert "dynamodb" not in interface_endpoints(described)
    assert "dynamodb" in necessary_endpoints(described)


def test_dynamodb_has_its_free_endpoint_also_beside_a_nat_gateway() -> None:
    for action, gateways in (("dynamodb:GetItem", ("dynamodb", "s3")), ("dynamodb:*", ("dynamodb", "s3"))):
        assert gateway_endpoints(deployment(services=allowed(action))) == gateways
    assert gateway_endpoints(deployment(services=allowed("sqs:SendMessage"))) == ("s3",)
    existing = {"vpc_id": "vpc-0a1b", "private_subnet_ids": ["subnet-0a"]}
    assert gateway_endpoints(deployment(network=existing, services=allowed("dynamodb:GetItem"))) == ()


def test_the_names_of_some_endpoints_differ_in_china() -> None:
    assert service_name("ecr.api", region="us-west-2") == "com.amazonaws.us-west-2.ecr.api"
    assert service_name("ecr.api", region="cn-north-1") == "cn.com.amazonaws.cn-north-1.ecr.api"
    assert service_name("logs", region="cn-north-1") == "com.amazonaws.cn-north-1.logs"


def test_an_endpoint_answers_in_the_zones_of_its_service_under_the_services_own_name() -> None:
    parts, output = made(network={"endpoints": ["ecr.api"]})
    endpoint = resources(output, "aws_vpc_endpoint")["main_interface_ecr_api"]
    assert endpoint["private_dns_enabled"] is True
    offered = output["data"]["aws_vpc_endpoint_service"]["main_interface_ecr_api"]
    assert (offered["service_name"], offered["service_type"]) == (endpoint["service_name"], "Interface")
    assert "[aws_subnet.private_a, aws_subnet.private_b] : each.availability_zone" in endpoint["subnet_ids"]
    zones = "data.aws_vpc_endpoint_service.main_interface_ecr_api.availability_zones"
    assert f"if try(contains({zones}, zone)" in endpoint["subnet_ids"]
    [condition] = endpoint["lifecycle"]["precondition"]
    assert condition["condition"] == f"${{length({endpoint['subnet_ids'][2:-1]}) > 0}}"
    assert endpoint["security_group_ids"] == ["${aws_security_group.main_vpc_endpoints.id}"]
    # A destroy deletes the rule after the tasks, because they depend on it too.
    assert [ref.address for ref in parts.refs] == [
        "aws_vpc_endpoint.main_interface_ecr_api",
        "aws_vpc_security_group_ingress_rule.main_vpc_endpoints_from_main_network",
    ]


def test_endpoints_are_open_to_the_vpc_on_443_alone() -> None:
    _, output = made(network={"endpoints": ["sqs"], "cidr": "10.7.0.0/16"})
    rules = resources(output, "aws_vpc_security_group_ingress_rule")
    assert set(rules) == {"main_vpc_endpoints_from_main_network"}
    rule = rules["main_vpc_endpoints_from_main_network"]
    assert (rule["cidr_ipv4"], rule["from_port"], rule["to_port"]) == ("10.7.0.0/16", 443, 443)
    assert not resources(output, "aws_vpc_security_group_egress_rule")


def test_in_a_network_that_exists_endpoints_are_open_to_its_private_subnets() -> None:
    _, output = made(network={**EXISTING, "endpoints": ["sqs"]})
    rules = resources(output, "aws_vpc_security_group_ingress_rule")
    assert {name: rule["cidr_ipv4"] for name, rule in rules.items()} == {
        "main_vpc_endpoints_from_subnet-0a": "${data.aws_subnet.private_subnet-0a.cidr_block}",
        "main_vpc_endpoints_from_subnet-0b": "${data.aws_subnet.private_subnet-0b.cidr_block}",
    }
    assert set(resources(output, "aws_vpc_endpoint")) == {"main_interface_sqs"}
    subnets = resources(output, "aws_vpc_endpoint")["main_interface_sqs"]["subnet_ids"]
    assert "[data.aws_subnet.private_subnet-0a, data.aws_subnet.private_subnet-0b] : each.availability_zone" in subnets


def test_without_endpoints_there_is_no_group_for_them() -> None:
    parts, output = made()
    assert parts.security_group is None
    assert not resources(output, "aws_security_group")
