"""Interface endpoints: a service has them in some zones, one subnet in each."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import emulator

SQS = "com.amazonaws.us-east-1.sqs"


@pytest.fixture
def made(aws: Any) -> tuple[str, dict[str, str]]:
    """A VPC, and a subnet in each of three zones by letter."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = {
        letter: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{letter}")
        for n, letter in enumerate("abc")
    }
    return vpc, {letter: each["Subnet"]["SubnetId"] for letter, each in subnets.items()}


def test_a_service_tells_its_zones(aws: Any) -> None:
    emulator.withdraw_service("sqs", letters="bdef", region="us-east-1")
    [sqs] = aws("ec2").describe_vpc_endpoint_services(ServiceNames=[SQS])["ServiceDetails"]
    assert (sqs["ServiceName"], sqs["AvailabilityZones"]) == (SQS, ["us-east-1a", "us-east-1c"])
    with pytest.raises(ClientError, match="InvalidServiceName"):
        aws("ec2").describe_vpc_endpoint_services(ServiceNames=["com.amazonaws.eu-west-1.sqs"])


def test_an_endpoint_in_a_zone_without_its_service_is_refused(aws: Any, made: tuple[str, dict[str, str]]) -> None:
    vpc, subnets = made
    emulator.withdraw_service("sqs", letters="b", region="us-east-1")
    asked = {"VpcId": vpc, "VpcEndpointType": "Interface", "ServiceName": SQS}
    with pytest.raises(ClientError, match=f"does not support the availability zone of the subnet: {subnets['b']}"):
        aws("ec2").create_vpc_endpoint(**asked, SubnetIds=[subnets["a"], subnets["b"]])

    endpoint = aws("ec2").create_vpc_endpoint(**asked, SubnetIds=[subnets["a"]])["VpcEndpoint"]["VpcEndpointId"]
    aws("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=[subnets["c"]])
    with pytest.raises(ClientError, match="InvalidParameter"):
        aws("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=[subnets["b"]])


def test_an_endpoint_has_one_subnet_in_a_zone(aws: Any, made: tuple[str, dict[str, str]]) -> None:
    vpc, subnets = made
    other = aws("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1a")
    both = [subnets["a"], other["Subnet"]["SubnetId"]]
    with pytest.raises(ClientError, match="DuplicateSubnetsInSameZone"):
        aws("ec2").create_vpc_endpoint(VpcId=vpc, VpcEndpointType="Interface", ServiceName=SQS, SubnetIds=both)


def test_a_reset_restores_the_zones(aws: Any) -> None:
    emulator.withdraw_service("sqs", letters="abc", region="us-east-1")
    emulator.reset()
    [sqs] = aws("ec2").describe_vpc_endpoint_services(ServiceNames=[SQS])["ServiceDetails"]
    assert "us-east-1b" in sqs["AvailabilityZones"]
