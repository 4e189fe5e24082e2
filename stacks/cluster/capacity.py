"""EC2 capacity: an Auto Scaling group and its capacity provider, which ECS scales with the tasks."""

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
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from catalog import names
from catalog.model import Deployment
from catalog.model.platform import Capacity
from stacks.cluster import ContainerInstances
from stacks.cluster.launch_template import is_mixed, launch_template
from stacks.network import Network
from stacks.part import Part, Ref


class CapacityProvider(Part):
    """Security group, launch template, Auto Scaling group and capacity provider of one [capacity]."""

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
        self._egress = instances.egress
        # Service keys have no underscore, so this name can't collide with those of the services' groups.
        own_name = names.owned(deployment.id, f"capacity_{name}")
        self._security_group = self.add(
            SecurityGroup,
            self._address,
            name=own_name,
            description="EC2 instances that run tasks",
            vpc_id=network.vpc_id,
            tags={"Name": own_name},
        )
        template = launch_template(
            self,
            self._capacity,
            address=self._address,
            name=self._name,
            tags=self._tags(),
            cluster=cluster,
            profile=instances.profile,
            security_group=self._security_group,
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

    def open(self, *, after: list[Ref]) -> list[Ref]:
        """Allow the instances to reach AWS, once the capacity provider is associated with the cluster.

        ECS assigns an instance to a capacity provider when it registers. One that registers before the association
        belongs to none, and gets no task (ECS developer guide, "Amazon ECS capacity providers for EC2 workloads").
        Terraform creates a security group without egress rules, so that instances of `min` wait here.
        """
        return [
            self.add(
                VpcSecurityGroupEgressRule,
                f"{self._address}_to_{target}",
                security_group_id=self._security_group.id,
                depends_on=after,
                **arguments,
            )
            for target, arguments in self._egress.items()
        ]

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
            # The `min` instances register only after `open`, so Terraform doesn't wait for them here.
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
