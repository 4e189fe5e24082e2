"""The task definition of a service."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)

from catalog import aws_names
from catalog.model import Service
from catalog.task import Addition
from catalog.task.model import task_storage
from stacks.containers import definitions
from stacks.files import Mounted
from stacks.mesh.base import Membership
from stacks.part import Part, Ref
from stacks.roles import Roles

_FREE_STORAGE = 20
"""GiB that every Fargate task has; the API refuses to be asked for them (ECS API reference, EphemeralStorage)."""


def task_definition(
    part: Part,
    *,
    service: Service,
    membership: Membership,
    addition: Addition,
    mounted: Mounted,
    roles: Roles,
    log_group: Ref,
) -> Ref:
    """Make the task definition of a service in its part: its own container, and what its keys and the mesh add."""
    size = task_storage(service)
    storage = EcsTaskDefinitionEphemeralStorage(size_in_gib=size)
    scratch = sorted(
        {name for name, volume in service.volumes.items() if volume.kind == "scratch"} | {*addition.volumes}
    )
    return part.add(
        EcsTaskDefinition,
        service.name,
        family=aws_names.owned(part.deployment, service),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE" if service.on_fargate else "EC2"],
        cpu=str(service.cpu),
        memory=str(service.memory),
        ephemeral_storage=storage if service.on_fargate and size > _FREE_STORAGE else None,
        runtime_platform=EcsTaskDefinitionRuntimePlatform(
            cpu_architecture=service.architecture.upper(), operating_system_family="LINUX"
        ),
        execution_role_arn=roles.execution.arn,
        task_role_arn=roles.task.arn,
        container_definitions=definitions(
            part.deployment, service, membership=membership, addition=addition, log_group=log_group
        ),
        volume=[*(EcsTaskDefinitionVolume(name=name) for name in scratch), *mounted.volumes] or None,
        # A rollback needs the old revision: ECS cannot return to one that is INACTIVE (DeregisterTaskDefinition). As
        # nothing is deleted, nothing has to be created before; and with create_before_destroy, a plan in which
        # Terraform forgets what the old revision referred to ends in a cycle.
        skip_destroy=True,
        **membership.task,
    )
