"""What a workload's tasks are made from: its log group, roles and task definition."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from constructs import Construct

from catalog import aws_names
from catalog.model import Deployment, Workload
from catalog.task import Addition, addition_of
from catalog.task.model import task_storage
from stacks.containers import definitions
from stacks.files import Mounted
from stacks.key import key_arn
from stacks.mesh.base import Membership
from stacks.part import Part, Ref
from stacks.roles import Roles

_FREE_STORAGE = 20
"""GiB that every Fargate task has; the API refuses to be asked for them (ECS API reference, EphemeralStorage)."""


class TaskResources(Part):
    """The log group, roles and task definition of a workload: the only writer of task definitions. Knows no mesh, only
    what joining one brought."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        workload: Workload,
        membership: Membership,
        mounted: Mounted,
    ) -> None:
        super().__init__(scope, f"service-{workload.name}", deployment=deployment)
        self.addition = addition_of(deployment, workload)
        self.log_group = self.add(
            CloudwatchLogGroup,
            workload.name,
            name=aws_names.log_group(deployment, workload),
            retention_in_days=workload.logs.retention_days,
            kms_key_id=key_arn(deployment),
        )
        self.roles = Roles(
            self,
            deployment=deployment,
            workload=workload,
            addition=self.addition,
            images=[workload.image, *self.addition.images, *(sidecar["image"] for sidecar in membership.sidecars)],
            log_group=self.log_group,
            task_statements=[*membership.task_statements, *self.addition.statements, *mounted.statements],
        )
        self.task = self._definition(workload, membership=membership, mounted=mounted)

    def _definition(self, workload: Workload, *, membership: Membership, mounted: Mounted) -> Ref:
        """Its own container, and what its keys and the mesh add."""
        size = task_storage(workload)
        storage = EcsTaskDefinitionEphemeralStorage(size_in_gib=size)
        return self.add(
            EcsTaskDefinition,
            workload.name,
            family=aws_names.owned(self.deployment, workload),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE" if workload.on_fargate else "EC2"],
            cpu=str(workload.cpu),
            memory=str(workload.memory),
            ephemeral_storage=storage if workload.on_fargate and size > _FREE_STORAGE else None,
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                cpu_architecture=workload.architecture.upper(), operating_system_family="LINUX"
            ),
            execution_role_arn=self.roles.execution.arn,
            task_role_arn=self.roles.task.arn,
            container_definitions=definitions(
                self.deployment,
                workload,
                membership=membership,
                addition=self.addition,
                log_group=self.log_group,
            ),
            volume=[*_scratch_volumes(workload, self.addition), *mounted.volumes] or None,
            # A rollback needs the old revision: ECS cannot return to one that is INACTIVE (DeregisterTaskDefinition).
            # As nothing is deleted, nothing has to be created before; and with create_before_destroy, a plan in which
            # Terraform forgets what the old revision referred to ends in a cycle.
            skip_destroy=True,
            **membership.task,
        )


def _scratch_volumes(workload: Workload, addition: Addition) -> list[EcsTaskDefinitionVolume]:
    """The volumes on the task's own storage."""
    own = {name for name, volume in workload.volumes.items() if volume.kind == "scratch"}
    return [EcsTaskDefinitionVolume(name=name) for name in sorted(own | {*addition.volumes})]
