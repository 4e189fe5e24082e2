"""Failures on EC2 instances although AWS accepts every request: quotas, full disks, and early registration."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import emulator
from tests.emulator.checks.stage import Stage

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
ON_GROUP = {"capacityProviderStrategy": [{"capacityProvider": "team-gpu", "weight": 1}]}


def template(aws: Any, *, groups: list[str] | None = None, wait: str | None = None, **disk: Any) -> None:
    """The launch template `gpu` of a type with 4 vCPUs and 16 GiB."""
    lines = ["#!/bin/bash", "ECS_CLUSTER=example"]
    lines += [f"ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION={wait}"] if wait else []
    data: dict[str, Any] = {
        "InstanceType": "g4dn.xlarge",
        "UserData": base64.b64encode("\n".join(lines).encode()).decode(),
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": 100, **disk}}],
    }
    data |= {"SecurityGroupIds": groups} if groups else {}
    aws("ec2").create_launch_template(LaunchTemplateName="gpu", LaunchTemplateData=data)


def group(aws: Any, *, least: int = 0) -> None:
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="gpu",
        MinSize=least,
        MaxSize=2,
        AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateName": "gpu", "Version": "1"},
    )


def provider(stage: Stage, aws: Any) -> None:
    [made] = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["gpu"])["AutoScalingGroups"]
    scaling = {"autoScalingGroupArn": made["AutoScalingGroupARN"], "managedScaling": {"status": "ENABLED"}}
    stage.ecs.create_capacity_provider(name="team-gpu", autoScalingGroupProvider=scaling)
    stage.ecs.put_cluster_capacity_providers(
        cluster="example", capacityProviders=["FARGATE", "team-gpu"], defaultCapacityProviderStrategy=[]
    )


def instances(stage: Stage, aws: Any, **settings: Any) -> None:
    template(aws, **settings)
    group(aws)
    provider(stage, aws)


def on_instances(stage: Stage, **changes: Any) -> dict[str, Any]:
    task = stage.register(requiresCompatibilities=["EC2"], cpu="2048", memory="4096")
    return stage.create(taskDefinition=task, deploymentConfiguration=BREAKER, **ON_GROUP, **changes)


def rolled_out(stage: Stage) -> bool:
    """Deploy a new revision; whether the service has it afterwards."""
    task = stage.register(requiresCompatibilities=["EC2"], cpu="2048", memory="4096")
    stage.ecs.update_service(cluster="example", service="chat", taskDefinition=task)
    return bool(stage.describe()["taskDefinition"] == task)


# ---- Quotas


def test_tasks_beyond_the_quota_of_fargate_wait(stage: Stage) -> None:
    emulator.set_quota("L-3032A538", 2)
    stage.create(desiredCount=3)
    assert (stage.describe()["runningCount"], stage.describe()["pendingCount"]) == (3, 0)
    stage.ecs.update_service(cluster="example", service="chat", desiredCount=5)
    service = stage.describe()
    assert (service["runningCount"], service["pendingCount"]) == (4, 1)
    stage.ecs.update_service(cluster="example", service="chat", desiredCount=4)
    assert stage.describe()["pendingCount"] == 0


def test_services_share_a_quota_and_other_quotas_do_not_bind_them(stage: Stage) -> None:
    emulator.set_quota("L-3032A538", 1)
    emulator.set_quota("L-36FBB829", 0)
    stage.create(serviceName="first", desiredCount=1)
    service = stage.create()
    assert (service["runningCount"], service["pendingCount"]) == (1, 1)
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"


@pytest.mark.parametrize(("vcpus", "running"), [(None, 2), (0, 0), (3, 0), (4, 2)])
def test_instances_beyond_the_quota_of_their_class_do_not_start(
    stage: Stage, aws: Any, vcpus: int | None, running: int
) -> None:
    if vcpus is not None:
        emulator.set_quota("L-DB2E81BA", vcpus)
    instances(stage, aws)
    service = on_instances(stage)
    assert (service["runningCount"], service["pendingCount"]) == (running, 2 - running)


# ---- Disks


def test_a_rollout_needs_room_for_the_old_tasks_and_the_new_ones(stage: Stage, aws: Any) -> None:
    instances(stage, aws, wait="5m")
    on_instances(stage)  # two tasks, which fit one instance
    emulator.write_to_disk("chat", gib=25)
    assert rolled_out(stage)
    emulator.pass_time(minutes=6)
    emulator.write_to_disk("chat", gib=26)
    assert not rolled_out(stage)


@pytest.mark.parametrize(("wait", "passes"), [("5m", True), (None, False), ("3h", False)])
def test_a_second_rollout_finds_what_the_first_one_left(stage: Stage, aws: Any, wait: str | None, passes: bool) -> None:
    instances(stage, aws, wait=wait)
    on_instances(stage)
    emulator.write_to_disk("chat", gib=20)
    assert rolled_out(stage)
    emulator.pass_time(minutes=60)
    assert rolled_out(stage) == passes


def test_gp3_needs_iops_for_its_throughput(stage: Stage, aws: Any) -> None:
    template(aws, Throughput=800)
    with pytest.raises(ClientError, match="throughput of a gp3 volume"):
        group(aws)


# ---- Registration


def security_group(aws: Any) -> str:
    ec2 = aws("ec2")
    [vpc, *_] = ec2.describe_vpcs()["Vpcs"]
    made = ec2.create_security_group(GroupName="gpu", Description="instances", VpcId=vpc["VpcId"])["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=made, IpPermissions=everything)
    return str(made)


def allow_egress(aws: Any, made: str) -> None:
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws("ec2").authorize_security_group_egress(GroupId=made, IpPermissions=[https])


@pytest.mark.parametrize("opened", ["first", "before the association", "after the association"])
def test_instances_that_register_before_the_association_get_no_task(stage: Stage, aws: Any, opened: str) -> None:
    made = security_group(aws)
    template(aws, groups=[made])
    if opened == "first":
        allow_egress(aws, made)
    group(aws, least=1)
    if opened == "before the association":
        allow_egress(aws, made)
    provider(stage, aws)
    if opened == "after the association":
        allow_egress(aws, made)
        assert on_instances(stage)["runningCount"] == 2
        return
    with pytest.raises(ClientError, match="registered before the capacity provider was associated"):
        on_instances(stage)
