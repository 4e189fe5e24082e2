"""The launch template of a [capacity]: the image, the disk, and the agent's settings of its EC2 instances."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateIamInstanceProfile,
    LaunchTemplateMetadataOptions,
    LaunchTemplateTagSpecifications,
)

from catalog.analysis.instance_types import RESERVED_MEMORY
from catalog.analysis.packing import known_types
from catalog.model.platform import Capacity
from stacks.kms import key_arn
from stacks.part import Part, Ref

_IMAGES = "/aws/service/ecs/optimized-ami/amazon-linux-2023"
_VARIANTS = {("x86_64", False): "", ("x86_64", True): "/gpu", ("arm64", False): "/arm64"}
"""Path segment of the SSM parameters with the newest ECS-optimized AMIs, by architecture and GPU support (ECS developer
guide, "Retrieving Amazon ECS-optimized Linux AMI metadata")."""
_GPU_THROUGHPUT = 500
"""MiB/s. With gp3's baseline, 125, each start reads 16 GB of model artifacts for two minutes."""
_BASELINE_IOPS = 3000
_ROOT = "/dev/xvda"
"""The root device of these AMIs (aws/amazon-ecs-ami, al2023.pkr.hcl)."""


def launch_template(
    part: Part,
    capacity: Capacity,
    *,
    address: str,
    name: str,
    tags: dict[str, str],
    cluster: str,
    profile: Ref,
    security_group: Ref,
) -> Ref:
    """Create the launch template of a [capacity] in `part`."""
    types = known_types(capacity)
    gpus = any(type_.gpus for type_ in types)
    variant = _VARIANTS[types[0].architecture, gpus]
    return part.add(
        LaunchTemplate,
        address,
        name=name,
        # EC2 resolves it when an instance starts. With a data source, plans would require AWS and would show a change
        # with every AMI that AWS publishes, although running instances don't change.
        image_id=f"resolve:ssm:{_IMAGES}{variant}/recommended/image_id",
        instance_type=None if is_mixed(capacity) else capacity.instance_types[0],
        user_data=user_data(capacity, cluster=cluster, gpus=gpus),
        iam_instance_profile=LaunchTemplateIamInstanceProfile(arn=profile.arn),
        vpc_security_group_ids=[security_group.id],
        # A hop limit of 1 ends at the instance itself, so containers can't get its credentials.
        metadata_options=LaunchTemplateMetadataOptions(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        block_device_mappings=[
            LaunchTemplateBlockDeviceMappings(
                device_name=_ROOT,
                ebs=LaunchTemplateBlockDeviceMappingsEbs(
                    volume_size=capacity.disk_gib,
                    volume_type="gp3",
                    **_throughput(capacity, gpus=gpus),
                    encrypted="true",
                    kms_key_id=key_arn(part.deployment),
                    delete_on_termination="true",
                ),
            )
        ],
        tag_specifications=[LaunchTemplateTagSpecifications(resource_type="volume", tags=tags)],
    )


def _throughput(capacity: Capacity, *, gpus: bool) -> dict[str, Any]:
    """The disk's throughput in MiB/s if it isn't gp3's baseline, and the IOPS that it requires: a volume has at most
    0.25 MiB/s for each (EBS user guide, "General Purpose SSD volumes")."""
    throughput = capacity.throughput or (_GPU_THROUGHPUT if gpus else None)
    if throughput is None:
        return {}
    iops = {"iops": 4 * throughput} if 4 * throughput > _BASELINE_IOPS else {}
    return {"throughput": throughput, **iops}


def is_mixed(capacity: Capacity) -> bool:
    """Whether the Auto Scaling group, not the launch template, sets the instance types."""
    return capacity.spot or len(capacity.instance_types) > 1


def user_data(capacity: Capacity, *, cluster: str, gpus: bool) -> str:
    """The script that writes the agent's settings at an instance's first start (ECS developer guide, "Amazon ECS
    container agent configuration"). Terraform encodes it, so that a plan shows it in plain text."""
    settings = {
        "ECS_CLUSTER": cluster,
        # Tasks have their own roles. They must not be able to use the instance's role.
        "ECS_AWSVPC_BLOCK_IMDS": "true",
        # The agent writes logs with the task's execution role, as Fargate does.
        "ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE": "true",
        "ECS_RESERVED_MEMORY": str(RESERVED_MEMORY),
        # A stopped task keeps its scratch volumes, model artifacts included, until the agent removes it. The default,
        # three hours, would fill the disk with those of several rollouts.
        "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION": "5m",
        **({"ECS_ENABLE_GPU_SUPPORT": "true"} if gpus else {}),
        # ECS drains the tasks within the two minutes before AWS stops a Spot instance.
        **({"ECS_ENABLE_SPOT_INSTANCE_DRAINING": "true"} if capacity.spot else {}),
        # An instance in the warm pool must not register: Auto Scaling would stop it while it runs tasks.
        **({"ECS_WARM_POOLS_CHECK": "true"} if capacity.warm else {}),
    }
    lines = ["#!/bin/bash", "cat >> /etc/ecs/ecs.config <<'END'", *(f"{k}={v}" for k, v in settings.items()), "END", ""]
    return '${base64encode("' + "\\n".join(lines) + '")}'
