"""The resources of a workload: its ECS service, and with TaskResources its task definition, roles and log group."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from cdktf import Postcondition, TerraformResourceLifecycle
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

from catalog.analysis import naming
from catalog.analysis.packing import rollout_waves
from catalog.analysis.timeouts import rollout_minutes, service_grace
from catalog.diagnostics import spelled
from catalog.model import Deployment, Workload
from catalog.task.sidecars import has_exec
from stacks.cluster import Cluster
from stacks.ingress import Exposure
from stacks.mesh.base import Membership
from stacks.part import Ref
from stacks.service.efs import Mounted
from stacks.service.redeployment import forced
from stacks.service.scaling import COUNT, Scaling
from stacks.service.task import TaskResources

_PLACEMENT = [
    EcsServiceOrderedPlacementStrategy(type="spread", field="attribute:ecs.availability-zone"),
    EcsServiceOrderedPlacementStrategy(type="binpack", field="memory"),
]
"""Task placement on instances: spread over zones, which rebalancing requires, then binpack, which leaves capacity for
large tasks (ECS developer guide, "Task placement strategies"). Fargate doesn't support placement strategies."""


class ServiceResources(TaskResources):
    """All resources of a workload. Only this class creates ECS services. It has no mesh-specific code: `membership` has
    all that the mesh adds."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        workload: Workload,
        membership: Membership,
        mounted: Mounted,
        cluster: Cluster,
        subnets: list[str],
        security_group: Ref,
        exposure: Exposure | None,
        after: Iterable[Ref],
    ) -> None:
        super().__init__(scope, deployment=deployment, workload=workload, membership=membership, mounted=mounted)
        # Dependencies of the first task: without them ECS would start tasks that fail.
        waits_for = [*after, *self.roles.policies, *membership.depends_on, *mounted.depends_on, *cluster.ready]
        if exposure is not None:
            waits_for.append(exposure.rule)
        self.service = self.add(
            EcsService,
            workload.name,
            name=naming.owned(deployment, workload),
            cluster=cluster.arn,
            task_definition=self.task.arn,
            desired_count=workload.first_tasks,
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=subnets, security_groups=[security_group.id], assign_public_ip=False
            ),
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            health_check_grace_period_seconds=service_grace(
                workload.health, balanced=exposure is not None or membership.probed
            ),
            depends_on=waits_for,
            **_capacity(workload, cluster),
            **_balancer(workload, exposure),
            **self._rollout(workload, membership, draining=exposure.draining if exposure else 0),
            enable_execute_command=has_exec(deployment, workload) or None,
            **membership.service,
        )
        self.service.element.add_override("force_new_deployment", forced(workload))
        for path, value in membership.newer.items():
            self.service.element.add_override(path, value)
        if workload.scale is not None:
            Scaling(
                self,
                deployment=deployment,
                scale=workload.scale,
                cluster=cluster,
                ecs_service=self.service,
                exposure=exposure,
                grace=workload.health.grace,
            )

    def _rollout(self, workload: Workload, membership: Membership, *, draining: int) -> dict[str, Any]:
        """The arguments of deployments: their limits, the circuit breaker, and how long Terraform waits."""
        deploy = workload.deploy
        wait = partial(
            rollout_minutes,
            grace=workload.health.grace,
            drain=draining,
            stop=workload.stop_timeout,
            on_instances=not workload.on_fargate,
        )
        once, update = f"{wait()}m", f"{wait(waves=rollout_waves(self.deployment, workload))}m"
        arguments = {
            "deployment_circuit_breaker": EcsServiceDeploymentCircuitBreaker(enable=True, rollback=deploy.rollback),
            "deployment_minimum_healthy_percent": deploy.min,
            "deployment_maximum_percent": deploy.max,
            # ECS rejects rebalancing for a service with a maximum of 100 percent.
            "availability_zone_rebalancing": "ENABLED" if deploy.max > 100 else "DISABLED",
            "wait_for_steady_state": deploy.wait,
            "timeouts": EcsServiceTimeouts(create=once, update=update, delete=once),
        }
        lifecycle = TerraformResourceLifecycle(
            postcondition=[self._not_rolled_back(workload)] if deploy.wait else None,
            replace_triggered_by=[ref.address for ref in membership.replaced_with] or None,
            ignore_changes=[COUNT] if workload.scale else None,
        )
        needed = deploy.wait or membership.replaced_with or workload.scale
        return {**arguments, "lifecycle": lifecycle} if needed else arguments

    def _not_rolled_back(self, workload: Workload) -> Postcondition:
        """The provider reports success after ECS has returned to the old revision (provider issues 19519, 20858)."""
        log_group = naming.log_group(self.deployment, workload)
        version = f" of version {workload.version}" if workload.version else ""
        return Postcondition(
            condition=f"${{self.task_definition == {self.task.expression('arn')}}}",
            error_message=(
                f"{spelled(workload.table)}: the deployment{version} was rolled back, ECS runs the revision before. "
                f"Its events and the log group {log_group} say why."
            ),
        )


def _capacity(workload: Workload, cluster: Cluster) -> dict[str, Any]:
    """The capacity provider strategy. A launch type would replace the service when it changes to a strategy (provider
    issue 22823)."""
    provider = cluster.providers[workload.capacity]
    strategy = EcsServiceCapacityProviderStrategy(capacity_provider=provider, weight=1, base=0)
    placed = {} if workload.on_fargate else {"ordered_placement_strategy": _PLACEMENT}
    return {"capacity_provider_strategy": [strategy], **placed}


def _balancer(workload: Workload, exposure: Exposure | None) -> dict[str, Any]:
    if exposure is None or exposure.target_group is None or workload.port is None:
        return {}
    group = exposure.target_group.arn
    balancer = EcsServiceLoadBalancer(
        target_group_arn=group, container_name=workload.aws_key, container_port=workload.port
    )
    return {"load_balancer": [balancer]}
