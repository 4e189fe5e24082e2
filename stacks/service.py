"""A service on ECS: its logs, roles, task definition and ECS service. Knows no mesh, only what joining one brought."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceCapacityProviderStrategy,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsServiceOrderedPlacementStrategy,
    EcsServiceTimeouts,
)
from constructs import Construct

from catalog import aws_names, names
from catalog.balancer import deregistration_delay
from catalog.model import Deployment, Service
from catalog.startup import rollout_minutes, service_grace
from catalog.task import addition_of
from catalog.task.shell import is_open
from stacks.cluster import Cluster
from stacks.files import Mounted
from stacks.ingress import Exposure
from stacks.key import key_arn
from stacks.mesh.base import Membership
from stacks.part import Part, Ref
from stacks.roles import Roles
from stacks.scaling import COUNT, Scaling
from stacks.secret_versions import following
from stacks.task import task_definition

_PLACEMENT = [
    EcsServiceOrderedPlacementStrategy(type="spread", field="attribute:ecs.availability-zone"),
    EcsServiceOrderedPlacementStrategy(type="binpack", field="memory"),
]
"""On instances: over the zones, which rebalancing asks for, and then close together, so that room for large tasks is
left (ECS developer guide, "Task placement strategies"). Fargate takes none."""


class Workload(Part):
    """A service, or one of its versions: the only writer of task definitions and ECS services."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        service: Service,
        membership: Membership,
        mounted: Mounted,
        cluster: Cluster,
        subnets: list[str],
        security_group: Ref,
        exposure: Exposure | None,
        after: Iterable[Ref],
    ) -> None:
        super().__init__(scope, f"service-{service.name}", deployment=deployment)
        addition = addition_of(deployment, service)
        self.log_group = self.add(
            CloudwatchLogGroup,
            service.name,
            name=aws_names.log_group(deployment, service),
            retention_in_days=service.logs.retention_days,
            kms_key_id=key_arn(deployment),
        )
        self.roles = Roles(
            self,
            deployment=deployment,
            service=service,
            addition=addition,
            images=[service.image, *addition.images, *(sidecar["image"] for sidecar in membership.sidecars)],
            log_group=self.log_group,
            task_statements=[*membership.task_statements, *addition.statements, *mounted.statements],
        )
        self.task = task_definition(
            self,
            service=service,
            membership=membership,
            addition=addition,
            mounted=mounted,
            roles=self.roles,
            log_group=self.log_group,
        )
        # What must stand before the first task starts, because ECS would try and fail without it.
        waits_for = [*after, *self.roles.policies, *membership.depends_on, *mounted.depends_on, *cluster.ready]
        if exposure is not None:
            waits_for.append(exposure.rule)
        self.service = self.add(
            EcsService,
            service.name,
            name=aws_names.owned(deployment, service),
            cluster=cluster.arn,
            task_definition=self.task.arn,
            desired_count=service.first_tasks,
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=subnets, security_groups=[security_group.id], assign_public_ip=False
            ),
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            health_check_grace_period_seconds=service_grace(
                service.health, balanced=exposure is not None or membership.probed
            ),
            depends_on=waits_for,
            **_capacity(service, cluster),
            **_balancer(service, exposure),
            **self._rollout(service, membership, drains=exposure is not None),
            enable_execute_command=is_open(deployment, service) or None,
            **following(self, service=service, addition=addition, arguments=membership.service),
        )
        if service.scale is not None:
            Scaling(
                self,
                deployment=deployment,
                scale=service.scale,
                cluster=cluster,
                ecs_service=self.service,
                exposure=exposure,
                grace=service.health.grace,
            )

    def _rollout(self, service: Service, membership: Membership, *, drains: bool) -> dict[str, Any]:
        """How a new revision replaces the old, and how long Terraform waits for it."""
        deploy = service.deploy
        drain = deregistration_delay(service) if drains else 0
        minutes = f"{rollout_minutes(grace=service.health.grace, drain=drain, on_instances=not service.on_fargate)}m"
        arguments = {
            "deployment_circuit_breaker": EcsServiceDeploymentCircuitBreaker(enable=True, rollback=deploy.rollback),
            "deployment_minimum_healthy_percent": deploy.min,
            "deployment_maximum_percent": deploy.max,
            # ECS refuses to rebalance a service that may never run more than its count.
            "availability_zone_rebalancing": "ENABLED" if deploy.max > 100 else "DISABLED",
            "wait_for_steady_state": deploy.wait,
            "timeouts": EcsServiceTimeouts(create=minutes, update=minutes, delete=minutes),
        }
        lifecycle = TerraformResourceLifecycle(
            postcondition=[self._not_rolled_back(service)] if deploy.wait else None,
            replace_triggered_by=[ref.address for ref in membership.replaced_with] or None,
            ignore_changes=[COUNT] if service.scale else None,
        )
        needed = deploy.wait or membership.replaced_with or service.scale
        return {**arguments, "lifecycle": lifecycle} if needed else arguments

    def _not_rolled_back(self, service: Service) -> Postcondition:
        """The provider reports success after ECS has returned to the old revision (provider issues 19519, 20858)."""
        log_group = aws_names.log_group(self.deployment, service)
        version = f" of version {service.version}" if service.version else ""
        return Postcondition(
            condition=f"${{self.task_definition == {self.task.expression('arn')}}}",
            error_message=(
                f"{names.table(service.key)}: the deployment{version} was rolled back, ECS runs the revision before. "
                f"Its events and the log group {log_group} say why."
            ),
        )


def _capacity(service: Service, cluster: Cluster) -> dict[str, Any]:
    """Never a launch type: from there to a strategy, the service is replaced (provider issue 22823)."""
    provider = cluster.providers[service.capacity]
    strategy = EcsServiceCapacityProviderStrategy(capacity_provider=provider, weight=1, base=0)
    placed = {} if service.on_fargate else {"ordered_placement_strategy": _PLACEMENT}
    return {"capacity_provider_strategy": [strategy], "force_new_deployment": True, **placed}


def _balancer(service: Service, exposure: Exposure | None) -> dict[str, Any]:
    if exposure is None or exposure.target_group is None or service.port is None:
        return {}
    group = exposure.target_group.arn
    balancer = EcsServiceLoadBalancer(
        target_group_arn=group, container_name=service.aws_key, container_port=service.port
    )
    return {"load_balancer": [balancer]}
