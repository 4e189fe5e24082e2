"""Auto Scaling groups as ECS sees them: their launch templates and types, and the instances that registered too early.

An instance registers with the cluster of its user data as soon as its security groups let it reach AWS. ECS assigns it
to a capacity provider at that moment, so one that registers before the association belongs to none and gets no task
(ECS developer guide, "Amazon ECS capacity providers for EC2 workloads").
"""

from __future__ import annotations

import re
from typing import Any

from moto.autoscaling import autoscaling_backends
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.ec2 import ec2_backends
from moto.ec2.models import EC2Backend
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends

_create_group = AutoScalingBackend.create_auto_scaling_group
_update_group = AutoScalingBackend.update_auto_scaling_group
_authorize_egress = EC2Backend.authorize_security_group_egress


def of_provider(backend: EC2ContainerServiceBackend, provider: str) -> FakeAutoScalingGroup | None:
    """The group of a capacity provider; None for Fargate's."""
    found = backend.capacity_providers.get(provider)
    if found is None or not found.auto_scaling_group_provider:
        return None
    arn = found.auto_scaling_group_provider["autoScalingGroupArn"]
    known = autoscaling_backends[backend.account_id][backend.region_name].autoscaling_groups
    return next((group for group in tuple(known.values()) if arn in (group.arn, group.name)), None)


def template(group: FakeAutoScalingGroup) -> dict[str, Any]:
    """The data of the version of the launch template that a group uses."""
    if group.ec2_launch_template is None:
        return {}
    return group.ec2_launch_template.get_version(group.launch_template_version).data


def instance_types(group: FakeAutoScalingGroup) -> list[str]:
    policy = group.mixed_instances_policy or {}
    overrides = [each.get("InstanceType") for each in policy.get("LaunchTemplate", {}).get("Overrides") or []]
    return [type_ for type_ in (*overrides, template(group).get("InstanceType")) if type_]


def is_spot(group: FakeAutoScalingGroup) -> bool:
    distribution = (group.mixed_instances_policy or {}).get("InstancesDistribution", {})
    return int(distribution.get("OnDemandPercentageAboveBaseCapacity", 100)) < 100


def agent_settings(group: FakeAutoScalingGroup) -> dict[str, str]:
    """The settings that the user data of a group's instances gives to the ECS agent."""
    data = template(group).get("UserData")
    return dict(re.findall(r"^(ECS_[A-Z_]+)=(.*)$", data.decode() if data else "", re.MULTILINE))


def disk_gib(group: FakeAutoScalingGroup) -> int | None:
    """The size of the root disk; None if the launch template sets none."""
    for device in template(group).get("BlockDeviceMappings") or []:
        if size := (device.get("Ebs") or {}).get("VolumeSize"):
            return int(size)
    return None


def registered_too_early(backend: EC2ContainerServiceBackend, provider: str) -> bool:
    """Whether instances of a capacity provider registered before its association with a cluster."""
    group = of_provider(backend, provider)
    return group is not None and group.arn in _early(backend)


def _early(backend: EC2ContainerServiceBackend) -> set[str]:
    return backend.__dict__.setdefault("groups_registered_too_early", set())


def _register(account: str, region: str) -> None:
    """Register the instances that can reach AWS now."""
    ecs, ec2 = ecs_backends[account][region], ec2_backends[account][region]
    associated = {
        provider.split("/")[-1]
        for cluster in tuple(ecs.clusters.values())
        if cluster.status == "ACTIVE"
        for provider in cluster.capacity_providers or []
    }
    ready = [of_provider(ecs, provider) for provider in associated]
    for group in tuple(autoscaling_backends[account][region].autoscaling_groups.values()):
        opened = [ec2.get_security_group_from_id(each) for each in template(group).get("SecurityGroupIds") or []]
        registers = group.instance_states and "ECS_CLUSTER" in agent_settings(group)
        if registers and group not in ready and any(each.egress_rules for each in opened if each):
            _early(ecs).add(group.arn)


def _refuse_disks(group: FakeAutoScalingGroup) -> None:
    """Refuse gp3 volumes with too few IOPS for their throughput (EBS user guide, "General Purpose SSD volumes": 0.25
    MiB/s for each). AWS says so when it starts an instance."""
    for device in template(group).get("BlockDeviceMappings") or []:
        disk = device.get("Ebs") or {}
        if int(disk.get("Throughput") or 125) * 4 > int(disk.get("Iops") or 3000):
            raise ValidationError("The throughput of a gp3 volume exceeds 0.25 MiB/s for each provisioned IOPS.")


def create_auto_scaling_group(self: AutoScalingBackend, *arguments: Any, **settings: Any) -> FakeAutoScalingGroup:
    group = _create_group(self, *arguments, **settings)
    _refuse_disks(group)
    _register(self.account_id, self.region_name)
    return group


def update_auto_scaling_group(self: AutoScalingBackend, *arguments: Any, **settings: Any) -> FakeAutoScalingGroup:
    group = _update_group(self, *arguments, **settings)
    _refuse_disks(group)
    _register(self.account_id, self.region_name)
    return group


def authorize_security_group_egress(self: EC2Backend, *arguments: Any, **settings: Any) -> Any:
    result = _authorize_egress(self, *arguments, **settings)
    _register(self.account_id, self.region_name)
    return result


def install() -> None:
    """Replace moto's functions with those above."""
    AutoScalingBackend.create_auto_scaling_group = create_auto_scaling_group
    AutoScalingBackend.update_auto_scaling_group = update_auto_scaling_group
    EC2Backend.authorize_security_group_egress = authorize_security_group_egress
