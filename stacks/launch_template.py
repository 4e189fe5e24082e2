"""From what EC2 instances start: image, disk, and what they may say of themselves."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateIamInstanceProfile,
    LaunchTemplateMetadataOptions,
    LaunchTemplateTagSpecifications,
)

from catalog.capacity import known_types
from catalog.model.capacity import Capacity
from stacks.container_instances import ContainerInstances, user_data
from stacks.key import key_arn
from stacks.part import Part, Ref

_IMAGES = "/aws/service/ecs/optimized-ami/amazon-linux-2023"
_VARIANTS = {("x86_64", False): "", ("x86_64", True): "/gpu", ("arm64", False): "/arm64"}
"""Under what the parameters lie that name the newest ECS-optimized images, by architecture and whether for GPUs (ECS
developer guide, "Retrieving Amazon ECS-optimized Linux AMI metadata")."""
_ROOT = "/dev/xvda"
"""The root device of these images (aws/amazon-ecs-ami, al2023.pkr.hcl)."""


def launch_template(
    part: Part,
    capacity: Capacity,
    *,
    address: str,
    name: str,
    tags: dict[str, str],
    cluster: str,
    instances: ContainerInstances,
) -> Ref:
    """Make the template of a [capacity] in its part."""
    types = known_types(capacity)
    gpus = any(type_.gpus for type_ in types)
    variant = _VARIANTS[types[0].architecture, gpus]
    return part.add(
        LaunchTemplate,
        address,
        name=name,
        # Resolved when an instance starts. A data source would end planning without AWS, and show a change with
        # every image that AWS publishes, although no running instance would be another.
        image_id=f"resolve:ssm:{_IMAGES}{variant}/recommended/image_id",
        instance_type=None if is_mixed(capacity) else capacity.instance_types[0],
        user_data=user_data(capacity, cluster=cluster, gpus=gpus),
        iam_instance_profile=LaunchTemplateIamInstanceProfile(arn=instances.profile.arn),
        vpc_security_group_ids=[instances.security_group.id],
        # One hop ends at the instance itself: no container comes by its credentials.
        metadata_options=LaunchTemplateMetadataOptions(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
        ),
        block_device_mappings=[
            LaunchTemplateBlockDeviceMappings(
                device_name=_ROOT,
                ebs=LaunchTemplateBlockDeviceMappingsEbs(
                    volume_size=capacity.disk_gib,
                    volume_type="gp3",
                    encrypted="true",
                    kms_key_id=key_arn(part.deployment),
                    delete_on_termination="true",
                ),
            )
        ],
        tag_specifications=[LaunchTemplateTagSpecifications(resource_type="volume", tags=tags)],
    )


def is_mixed(capacity: Capacity) -> bool:
    """Whether its group, and not the template, says which types start."""
    return capacity.spot or len(capacity.instance_types) > 1
