"""EC2 capacity: launch template, Auto Scaling group and capacity provider, which ECS scales with the tasks."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.autoscaling_group import (
    AutoscalingGroup,
    AutoscalingGroupLaunchTemplate,
    AutoscalingGroupMixedInstancesPolicy,
    AutoscalingGroupMixedInstancesPolicyInstancesDistribution,
    AutoscalingGroupMixedInstancesPolicyLaunchTemplate,
    AutoscalingGroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecification,
    AutoscalingGroupMixedInstancesPolicyLaunchTemplateOverride,
    AutoscalingGroupTag,
    AutoscalingGroupWarmPool,
)
from cdktf_cdktf_provider_aws.ecs_capacity_provider import (
    EcsCapacityProvider,
    EcsCapacityProviderAutoScalingGroupProvider,
    EcsCapacityProviderAutoScalingGroupProviderManagedScaling,
)
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateIamInstanceProfile,
    LaunchTemplateMetadataOptions,
    LaunchTemplateTagSpecifications,
)
from constructs import Construct

from catalog import names
from catalog.analysis.packing import known_types
from catalog.model import Deployment
from catalog.model.platform import Capacity
from stacks.cluster import ContainerInstances, user_data
from stacks.kms import key_arn
from stacks.network import Network
from stacks.part import Part, Ref

_IMAGES = "/aws/service/ecs/optimized-ami/amazon-linux-2023"
_VARIANTS = {("x86_64", False): "", ("x86_64", True): "/gpu", ("arm64", False): "/arm64"}
"""Path segment of the SSM parameters with the newest ECS-optimized AMIs, by architecture and GPU support (ECS developer
guide, "Retrieving Amazon ECS-optimized Linux AMI metadata")."""
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
    instances: ContainerInstances,
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
        iam_instance_profile=LaunchTemplateIamInstanceProfile(arn=instances.profile.arn),
        vpc_security_group_ids=[instances.security_group.id],
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
                    encrypted="true",
                    kms_key_id=key_arn(part.deployment),
                    delete_on_termination="true",
                ),
            )
        ],
        tag_specifications=[LaunchTemplateTagSpecifications(resource_type="volume", tags=tags)],
    )


def is_mixed(capacity: Capacity) -> bool:
    """Whether the Auto Scaling group, not the launch template, sets the instance types."""
    return capacity.spot or len(capacity.instance_types) > 1


class CapacityProvider(Part):
    """Launch template, Auto Scaling group and capacity provider of one [capacity]."""

    provider: Ref

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        name: str,
        cluster: str,
        instances: ContainerInstances,
        network: Network,
    ) -> None:
        super().__init__(scope, f"capacity-{name}", deployment=deployment)
        self._capacity = deployment.catalog.capacity[name]
        self._name = names.owned(deployment.id, name)
        self._address = names.shared("capacity", name)
        template = launch_template(
            self,
            self._capacity,
            address=self._address,
            name=self._name,
            tags=self._tags(),
            cluster=cluster,
            instances=instances,
        )
        group = self._group(template, subnets=network.private_subnets_in(self._capacity.zones), after=instances.after)
        self.provider = self.add(
            EcsCapacityProvider,
            self._address,
            name=self._name,
            auto_scaling_group_provider=EcsCapacityProviderAutoScalingGroupProvider(
                auto_scaling_group_arn=group.arn,
                managed_scaling=EcsCapacityProviderAutoScalingGroupProviderManagedScaling(
                    status="ENABLED", target_capacity=100
                ),
                managed_termination_protection="ENABLED",
                managed_draining="ENABLED",
            ),
            # Otherwise, when a capacity is removed from the catalog, Terraform would delete the provider before it
            # detaches it from the cluster, which AWS rejects (ECS API reference, DeleteCapacityProvider). With this,
            # Terraform first updates the resources that no longer refer to the provider.
            lifecycle={"create_before_destroy": True},
        )

    def _group(self, template: Ref, *, subnets: list[str], after: list[Ref]) -> Ref:
        """The Auto Scaling group. It sets no desired capacity, because the capacity provider manages that.

        It has no instance refresh either: each change of the template would terminate instances that run tasks. New
        instances use the new template, and ECS replaces old ones as their tasks end.
        """
        capacity = self._capacity
        return self.add(
            AutoscalingGroup,
            self._address,
            name=self._name,
            min_size=capacity.min,
            max_size=capacity.max,
            vpc_zone_identifier=subnets,
            # Managed termination protection requires it (ECS API reference, AutoScalingGroupProvider).
            protect_from_scale_in=True,
            # ECS adds the tag AmazonECSManaged. The provider would remove it if it weren't listed here.
            tag=[
                AutoscalingGroupTag(key=key, value=value, propagate_at_launch=True)
                for key, value in sorted({**self._tags(), "AmazonECSManaged": "true"}.items())
            ],
            warm_pool=_warm_pool(capacity),
            depends_on=after,
            # Instances must not register before their provider is associated with the cluster (ECS developer guide,
            # "Amazon ECS capacity providers for EC2"), so Terraform doesn't wait for the `min` instances.
            wait_for_capacity_timeout="0",
            **_started_from(template, capacity),
        )

    def _tags(self) -> dict[str, str]:
        """Tags of the group, its instances and their disks. The provider's default tags don't apply to these."""
        return {**self.deployment.catalog.catalog.tags, "Name": self._name}


def _started_from(template: Ref, capacity: Capacity) -> dict[str, Any]:
    """The launch template arguments: a mixed instances policy for several types or Spot, else only the template."""
    # The version number, not $Latest, so that a plan shows that new instances will differ.
    version = template.latest_version
    if not is_mixed(capacity):
        return {"launch_template": AutoscalingGroupLaunchTemplate(id=template.id, version=version)}
    share = 0 if capacity.spot else 100
    return {
        "mixed_instances_policy": AutoscalingGroupMixedInstancesPolicy(
            instances_distribution=AutoscalingGroupMixedInstancesPolicyInstancesDistribution(
                on_demand_base_capacity=0,
                on_demand_percentage_above_base_capacity=share,
                on_demand_allocation_strategy="prioritized",
                spot_allocation_strategy="price-capacity-optimized",
            ),
            launch_template=AutoscalingGroupMixedInstancesPolicyLaunchTemplate(
                launch_template_specification=AutoscalingGroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecification(
                    launch_template_id=template.id, version=version
                ),
                override=[
                    AutoscalingGroupMixedInstancesPolicyLaunchTemplateOverride(instance_type=type_)
                    for type_ in capacity.instance_types
                ],
            ),
        )
    }


def _warm_pool(capacity: Capacity) -> AutoscalingGroupWarmPool | None:
    if not capacity.warm:
        return None
    # If both values are equal, the pool has this size regardless of the group's size (Auto Scaling API reference,
    # PutWarmPool.MaxGroupPreparedCapacity).
    return AutoscalingGroupWarmPool(
        pool_state="Stopped", min_size=capacity.warm, max_group_prepared_capacity=capacity.warm
    )
