"""VPC Lattice: documents come back as sent, what they name must exist, what is in use stays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.checks.stage import Stage, refused

CHECK = {"enabled": True, "path": "/health", "healthCheckIntervalSeconds": 20}


@dataclass(frozen=True)
class Lattice:
    """A network, and a service in it with a listener that sends to a target group."""

    client: Any
    vpc: str
    group: str
    network: str
    service: str
    target_group: dict[str, Any]
    listener: str

    def forward(self, target_group: str) -> dict[str, Any]:
        return {"forward": {"targetGroups": [{"targetGroupIdentifier": target_group, "weight": 100}]}}


@pytest.fixture
def lattice(aws: Any) -> Lattice:
    ec2, client = aws("ec2"), aws("vpc-lattice")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="mesh", Description="mesh", VpcId=vpc)["GroupId"]
    network = client.create_service_network(name="shop")["id"]
    service = client.create_service(name="shop-llm", customDomainName="llm.shop.internal")["id"]
    target_group = client.create_target_group(
        name="shop-llm-0a1b",
        type="IP",
        config={"vpcIdentifier": vpc, "port": 8080, "protocol": "HTTP", "healthCheck": CHECK},
    )
    action = {"forward": {"targetGroups": [{"targetGroupIdentifier": target_group["id"], "weight": 100}]}}
    listener = client.create_listener(
        serviceIdentifier=service, name="http", protocol="HTTP", port=8080, defaultAction=action
    )["id"]
    return Lattice(client, vpc, group, network, service, target_group, listener)


def test_a_service_has_the_settings_that_were_sent_and_the_defaults_of_aws(lattice: Lattice) -> None:
    service = lattice.client.get_service(serviceIdentifier=lattice.service)
    assert service["customDomainName"] == "llm.shop.internal"
    assert service["dnsEntry"]["domainName"].startswith("shop-llm-")
    assert (service["status"], service["authType"]) == ("ACTIVE", "NONE")
    config = lattice.client.get_target_group(targetGroupIdentifier=lattice.target_group["id"])["config"]
    assert config["healthCheck"] | CHECK == config["healthCheck"]
    assert config["healthCheck"]["matcher"] == {"httpCode": "200"}
    by_arn = lattice.client.get_target_group(targetGroupIdentifier=lattice.target_group["arn"])
    assert by_arn["id"] == lattice.target_group["id"]


@pytest.mark.parametrize("name", ["ab", "shop--llm", "-shop", "shop-", "Shop", "svc-llm", "s" * 41])
def test_a_service_has_a_name_that_aws_takes(lattice: Lattice, name: str) -> None:
    from botocore.exceptions import ClientError, ParamValidationError

    with pytest.raises((ClientError, ParamValidationError)):
        lattice.client.create_service(name=name)


def test_a_name_is_given_once(lattice: Lattice) -> None:
    with refused("ConflictException", "shop-llm"):
        lattice.client.create_service(name="shop-llm")
    with refused("ConflictException", "shop"):
        lattice.client.create_service_network(name="shop")


def test_a_listener_sends_to_what_exists(lattice: Lattice) -> None:
    with refused("ResourceNotFoundException", "tg-"):
        lattice.client.create_listener(
            serviceIdentifier=lattice.service, name="more", protocol="HTTP", port=81,
            defaultAction=lattice.forward("tg-0123456789abcdef0"),
        )  # fmt: skip


def test_a_service_has_two_listeners_at_most_and_each_a_port_of_its_own(lattice: Lattice) -> None:
    def listen(name: str, port: int) -> None:
        lattice.client.create_listener(
            serviceIdentifier=lattice.service, name=name, protocol="HTTP", port=port,
            defaultAction=lattice.forward(lattice.target_group["id"]),
        )  # fmt: skip

    with refused("ConflictException", "8080"):
        listen("same", 8080)
    listen("second", 8081)
    with refused("ServiceQuotaExceededException"):
        listen("third", 8082)


def test_a_rule_has_a_priority_of_its_own_and_goes_with_its_listener(lattice: Lattice) -> None:
    rule = {
        "serviceIdentifier": lattice.service,
        "listenerIdentifier": lattice.listener,
        "match": {"httpMatch": {"method": "GET"}},
        "priority": 10,
        "action": lattice.forward(lattice.target_group["id"]),
    }
    made = lattice.client.create_rule(name="one", **rule)
    with refused("ConflictException", "priority 10"):
        lattice.client.create_rule(name="two", **rule)
    lattice.client.delete_listener(serviceIdentifier=lattice.service, listenerIdentifier=lattice.listener)
    with refused("ResourceNotFoundException"):
        lattice.client.get_rule(
            serviceIdentifier=lattice.service, listenerIdentifier=lattice.listener, ruleIdentifier=made["id"]
        )


def test_what_is_in_use_cannot_be_deleted(lattice: Lattice) -> None:
    client = lattice.client
    association = client.create_service_network_service_association(
        serviceIdentifier=lattice.service, serviceNetworkIdentifier=lattice.network
    )["id"]
    with refused("ConflictException", lattice.listener):
        client.delete_target_group(targetGroupIdentifier=lattice.target_group["id"])
    with refused("ConflictException", association):
        client.delete_service(serviceIdentifier=lattice.service)
    with refused("ConflictException", association):
        client.delete_service_network(serviceNetworkIdentifier=lattice.network)
    client.delete_service_network_service_association(serviceNetworkServiceAssociationIdentifier=association)
    client.delete_service(serviceIdentifier=lattice.service)
    client.delete_target_group(targetGroupIdentifier=lattice.target_group["id"])
    client.delete_service_network(serviceNetworkIdentifier=lattice.network)


def test_a_host_name_is_known_once_in_a_network(lattice: Lattice) -> None:
    def associate(service: str) -> None:
        lattice.client.create_service_network_service_association(
            serviceIdentifier=service, serviceNetworkIdentifier=lattice.network
        )

    associate(lattice.service)
    other = lattice.client.create_service(name="shop-other", customDomainName="llm.shop.internal")["id"]
    with refused("ConflictException", "shop-llm"):
        associate(other)


def test_a_vpc_has_one_network(lattice: Lattice) -> None:
    client = lattice.client

    def associate(network: str) -> str:
        return client.create_service_network_vpc_association(
            serviceNetworkIdentifier=network, vpcIdentifier=lattice.vpc, securityGroupIds=[lattice.group]
        )["id"]

    associate(lattice.network)
    with refused("ConflictException", lattice.vpc):
        associate(client.create_service_network(name="another")["id"])


def test_a_group_of_another_vpc_guards_no_association(lattice: Lattice, aws: Any) -> None:
    other = aws("ec2").create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    with refused("ValidationException", lattice.group):
        lattice.client.create_service_network_vpc_association(
            serviceNetworkIdentifier=lattice.network, vpcIdentifier=other, securityGroupIds=[lattice.group]
        )


def test_an_auth_policy_is_one_line_and_names_roles_that_exist(lattice: Lattice) -> None:
    def put(principal: str, *, indent: int | None = None) -> None:
        statement = {"Effect": "Allow", "Principal": {"AWS": [principal]}, "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=indent)
        lattice.client.put_auth_policy(resourceIdentifier=lattice.service, policy=policy)

    with refused("ValidationException", "no newlines"):
        put("arn:aws:iam::123456789012:root", indent=2)
    with refused("ValidationException", "role/ghost"):
        put("arn:aws:iam::123456789012:role/ghost")
    with refused("ResourceNotFoundException", "no auth policy"):
        lattice.client.get_auth_policy(resourceIdentifier=lattice.service)


def test_a_role_is_found_only_some_time_after_it_was_made(lattice: Lattice, aws: Any) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = aws("iam").create_role(RoleName="chat", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    with refused("ValidationException", "role/chat does not exist"):
        lattice.client.put_auth_policy(resourceIdentifier=lattice.service, policy=policy)
    lattice.client.put_auth_policy(resourceIdentifier=lattice.service, policy=policy)


def test_access_logs_go_to_a_group_that_exists(lattice: Lattice) -> None:
    with refused("ResourceNotFoundException", "ghost"):
        lattice.client.create_access_log_subscription(
            resourceIdentifier=lattice.network,
            destinationArn="arn:aws:logs:us-east-1:123456789012:log-group:ghost",
        )


def bound(stage: Stage, lattice: Lattice, **changes: Any) -> dict[str, Any]:
    """A service of ECS whose tasks go into the target group."""
    configuration = {
        "roleArn": stage.task["executionRoleArn"],
        "portName": "http",
        "targetGroupArn": lattice.target_group["arn"],
    }
    return stage.create(vpcLatticeConfigurations=[configuration | changes])


def targets(lattice: Lattice) -> list[str]:
    items = lattice.client.list_targets(targetGroupIdentifier=lattice.target_group["id"])["items"]
    assert all(each["port"] == 8080 for each in items)
    return [each["id"] for each in items]


def test_ecs_registers_its_tasks_and_takes_them_back(stage: Stage, lattice: Lattice) -> None:
    bound(stage, lattice)
    assert targets(lattice) == ["10.0.0.4", "10.0.1.4"]
    stage.ecs.update_service(cluster="example", service="chat", vpcLatticeConfigurations=[])
    assert targets(lattice) == []


def test_ecs_wants_a_target_group_that_exists_and_that_a_service_sends_to(stage: Stage, lattice: Lattice) -> None:
    with refused("InvalidParameterException", "does not exist"):
        bound(stage, lattice, targetGroupArn=lattice.target_group["arn"][:-1] + "x")
    lattice.client.delete_listener(serviceIdentifier=lattice.service, listenerIdentifier=lattice.listener)
    with refused("InvalidParameterException", "not associated"):
        bound(stage, lattice)
    with refused("InvalidParameterException", "role/ghost"):
        bound(stage, lattice, roleArn="arn:aws:iam::123456789012:role/ghost")
