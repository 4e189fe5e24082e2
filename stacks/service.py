"""A service on ECS: its logs, roles, task definition and ECS service. Knows no mesh, only what joining one brought."""

from __future__ import annotations

from collections.abc import Iterable

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceCapacityProviderStrategy,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsServiceTimeouts,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from constructs import Construct

from catalog import names
from catalog.model import Deployment, Service
from catalog.startup import rollout_minutes
from stacks.cluster import Cluster
from stacks.containers import definitions
from stacks.ingress import Exposure
from stacks.mesh.base import Membership
from stacks.part import Part, Ref
from stacks.roles import Roles
from stacks.target_group import LONGEST_DRAINING

_FREE_STORAGE = 20
"""GiB that every Fargate task has; the API refuses to be asked for them (ECS API reference, EphemeralStorage)."""
_CAPACITY_PROVIDERS = {"fargate": "FARGATE", "fargate-spot": "FARGATE_SPOT"}


class FargateService(Part):
    """The only writer of task definitions and ECS services."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        service: Service,
        membership: Membership,
        cluster: Cluster,
        subnets: list[str],
        security_group: Ref,
        exposure: Exposure | None,
        after: Iterable[Ref],
    ) -> None:
        super().__init__(scope, f"service-{service.name}", deployment=deployment)
        self.log_group = self._logs(service)
        self.roles = Roles(
            self,
            deployment=deployment,
            service=service,
            images=[service.image, *(sidecar["image"] for sidecar in membership.sidecars)],
            log_group=self.log_group,
            task_statements=membership.task_statements,
        )
        self.task = self._task(service, membership)
        self.service = self._service(
            service, membership, cluster, subnets, security_group, exposure, [*after, *self.roles.policies]
        )

    def _logs(self, service: Service) -> Ref:
        return self.add(
            CloudwatchLogGroup,
            service.name,
            name=names.log_group(self.deployment.id, service.name),
            retention_in_days=service.logs.retention_days,
        )

    def _task(self, service: Service, membership: Membership) -> Ref:
        storage = EcsTaskDefinitionEphemeralStorage(size_in_gib=service.storage)
        platform = EcsTaskDefinitionRuntimePlatform(
            cpu_architecture=service.architecture.upper(), operating_system_family="LINUX"
        )
        return self.add(
            EcsTaskDefinition,
            service.name,
            family=names.owned(self.deployment.id, service.name),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            cpu=str(service.cpu),
            memory=str(service.memory),
            ephemeral_storage=storage if service.storage > _FREE_STORAGE else None,
            runtime_platform=platform,
            execution_role_arn=self.roles.execution.arn,
            task_role_arn=self.roles.task.arn,
            container_definitions=definitions(
                self.deployment, service, membership=membership, log_group=self.log_group
            ),
            volume=[EcsTaskDefinitionVolume(name=name) for name in sorted(service.volumes)] or None,
            # A rollback needs the old revision: ECS cannot return to one that is INACTIVE (DeregisterTaskDefinition).
            skip_destroy=True,
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            **membership.task,
        )

    def _service(
        self,
        service: Service,
        membership: Membership,
        cluster: Cluster,
        subnets: list[str],
        security_group: Ref,
        exposure: Exposure | None,
        after: list[Ref],
    ) -> Ref:
        deploy = service.deploy
        drain = min(service.timeout, LONGEST_DRAINING) if exposure else 0
        minutes = f"{rollout_minutes(grace=service.health.grace, drain=drain)}m"
        balancers = []
        if exposure is not None and service.port is not None:
            target = exposure.target_group.arn
            balancers = [
                EcsServiceLoadBalancer(
                    target_group_arn=target, container_name=service.name, container_port=service.port
                )
            ]
        waits_for = [*after, *membership.depends_on, cluster.capacity, *([exposure.rule] if exposure else [])]
        return self.add(
            EcsService,
            service.name,
            name=names.owned(self.deployment.id, service.name),
            cluster=cluster.arn,
            task_definition=self.task.arn,
            desired_count=service.replicas,
            # Never a launch type: from there to a strategy the service is replaced (provider issue 22823).
            capacity_provider_strategy=[
                EcsServiceCapacityProviderStrategy(
                    capacity_provider=_CAPACITY_PROVIDERS[service.capacity], weight=1, base=0
                )
            ],
            force_new_deployment=True,
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=subnets, security_groups=[security_group.id], assign_public_ip=False
            ),
            load_balancer=balancers or None,
            health_check_grace_period_seconds=int(service.health.grace) if exposure else None,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=deploy.rollback),
            deployment_minimum_healthy_percent=deploy.min,
            deployment_maximum_percent=deploy.max,
            # ECS refuses to rebalance a service that may never run more than its count.
            availability_zone_rebalancing="ENABLED" if deploy.max > 100 else "DISABLED",
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=deploy.wait,
            timeouts=EcsServiceTimeouts(create=minutes, update=minutes, delete=minutes),
            lifecycle=TerraformResourceLifecycle(postcondition=[self._not_rolled_back(service)])
            if deploy.wait
            else None,
            depends_on=[ref.element for ref in waits_for],
            **membership.service,
        )

    def _not_rolled_back(self, service: Service) -> Postcondition:
        """The provider reports success after ECS has returned to the old revision (provider issues 19519, 20858)."""
        log_group = names.log_group(self.deployment.id, service.name)
        return Postcondition(
            condition=f"${{self.task_definition == {self.task.expression('arn')}}}",
            error_message=(
                f"services.{service.name}: the deployment was rolled back, ECS runs the revision before. "
                f"Its events and the log group {log_group} say why."
            ),
        )
