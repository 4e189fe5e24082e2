"""One emulator for the session; every test begins with an empty account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import emulator
from tests.emulator.checks.stage import Stage


@pytest.fixture(scope="session")
def _server() -> Iterator[None]:
    emulator.start()
    yield
    emulator.stop()


@pytest.fixture
def aws(_server: None) -> Any:
    """The emulator's client factory, on an empty account."""
    emulator.reset()
    return emulator.client


@pytest.fixture
def stage(aws: Any) -> Stage:
    ec2, ecs, iam = aws("ec2"), aws("ecs"), aws("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="chat", Description="chat", VpcId=vpc)["GroupId"]
    ecs.create_cluster(clusterName="example", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        ],
    }
    role = iam.create_role(RoleName="chat", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    aws("logs").create_log_group(logGroupName="/chat")
    logs = {"awslogs-group": "/chat", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "chat"}
    task = {
        "family": "chat",
        "cpu": "512",
        "memory": "1024",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "executionRoleArn": role,
        "containerDefinitions": [
            {
                "name": "app",
                "image": "example/chat:1",
                "portMappings": [{"containerPort": 8080, "name": "http"}],
                "logConfiguration": {"logDriver": "awslogs", "options": logs},
            }
        ],
    }
    service = {
        "cluster": "example",
        "serviceName": "chat",
        "taskDefinition": "chat",
        "desiredCount": 2,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": [subnet["Subnet"]["SubnetId"] for subnet in subnets],
                "securityGroups": [group],
            }
        },
    }
    made = Stage(ecs=ecs, task=task, service=service)
    made.register()
    return made
