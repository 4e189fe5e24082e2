"""The task definition of a workload, with its container definitions, roles and log group."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from constructs import Construct

from catalog.analysis import naming
from catalog.analysis.packing import service_share
from catalog.analysis.timeouts import container_check
from catalog.model import Deployment, Workload
from catalog.task import Addition, ContainerDefinition, addition_of, merged, raw, share, value_from
from catalog.task.storage import task_storage
from stacks.kms import key_arn
from stacks.mesh.base import Membership
from stacks.part import Part, Ref
from stacks.service.efs import Mounted
from stacks.service.redeployment import secret_labels
from stacks.service.roles import Roles


def definitions(
    deployment: Deployment,
    workload: Workload,
    *,
    membership: Membership,
    addition: Addition,
    log_group: Ref,
    labels: Mapping[str, str],
) -> str:
    """The `container_definitions` of a workload: its own container first, then those of its keys and of the mesh."""
    logs = {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": log_group.name,
            "awslogs-region": deployment.region,
            "awslogs-stream-prefix": workload.aws_name,
        },
    }
    waits_for = {"dependsOn": list(membership.container_dependencies)} if membership.container_dependencies else {}
    added = [merged(waits_for, container) for container in addition.containers]
    own = _own(workload, membership=membership, addition=addition, labels={**membership.labels, **labels})
    containers = [own, *added, *membership.sidecars]
    complete = [{"logConfiguration": logs, **container} for container in containers]
    return json.dumps(complete, sort_keys=True, ensure_ascii=False)


def _own(
    workload: Workload, *, membership: Membership, addition: Addition, labels: Mapping[str, str]
) -> ContainerDefinition:
    beside = [share(container) for container in (*addition.containers, *membership.sidecars)]
    if membership.beside is not None:
        beside.append(membership.beside)
    rest = service_share(workload.cpu, workload.memory, *beside)
    written: ContainerDefinition = {
        "name": workload.aws_key,
        "image": workload.image,
        "essential": True,
        "cpu": rest.cpu,
        # A hard limit, while sidecars have reservations, so that the service can't use the sidecars' memory.
        "memory": rest.memory,
        "stopTimeout": int(workload.stop_timeout),
        "command": _list(workload.command),
        "entryPoint": _list(workload.entrypoint),
        "user": workload.user,
        "workingDirectory": workload.working_dir,
        "readonlyRootFilesystem": workload.readonly_root or None,
        "environment": [{"name": name, "value": value} for name, value in sorted(workload.environment.items())] or None,
        "secrets": [{"name": n, "valueFrom": value_from(s)} for n, s in sorted(workload.secrets.items())] or None,
        "portMappings": _ports(workload, membership),
        "mountPoints": [
            {"sourceVolume": name, "containerPath": volume.path, "readOnly": False}
            for name, volume in sorted(workload.volumes.items())
        ]
        or None,
        "healthCheck": container_check(workload.health),
        "dependsOn": list(membership.container_dependencies) or None,
        "dockerLabels": dict(labels) or None,
        "repositoryCredentials": {"credentialsParameter": workload.credentials} if workload.credentials else None,
    }
    complete = merged({key: value for key, value in written.items() if value is not None}, addition.own)
    complete = merged(complete, _of_instances(workload))
    return {**complete, **raw(complete, workload.container)}


def _of_instances(workload: Workload) -> ContainerDefinition:
    """The parts of the container definition that only a [capacity] supports, not Fargate."""
    linux = {"linuxParameters": {"sharedMemorySize": workload.shared_memory_mib}} if workload.shared_memory_mib else {}
    gpus = {"resourceRequirements": [{"type": "GPU", "value": str(workload.gpus)}]} if workload.gpus else {}
    return {**linux, **gpus}


def _list(value: Iterable[str] | None) -> list[str] | None:
    return None if value is None else list(value)


def _ports(workload: Workload, membership: Membership) -> list[dict[str, Any]] | None:
    if workload.port is None:
        return None
    port = {"name": workload.aws_key, "containerPort": workload.port, "hostPort": workload.port, "protocol": "tcp"}
    return [{**port, **membership.port_mapping}]


_FREE_STORAGE = 20
"""GiB that every Fargate task has. The API rejects this size as a setting (ECS API reference, EphemeralStorage)."""


class TaskResources(Part):
    """The log group, roles and task definition of a workload. Only this class creates task definitions. It has no
    mesh-specific code: `membership` has all that the mesh adds."""

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
            name=naming.log_group(deployment, workload),
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
        """The task definition: the service's container, and those of its keys and of the mesh."""
        size = task_storage(workload)
        storage = EcsTaskDefinitionEphemeralStorage(size_in_gib=size)
        return self.add(
            EcsTaskDefinition,
            workload.name,
            family=naming.owned(self.deployment, workload),
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
                labels=secret_labels(self, workload=workload, addition=self.addition),
            ),
            volume=[*_scratch_volumes(workload, self.addition), *mounted.volumes] or None,
            # A rollback requires the old revision: ECS can't return to an INACTIVE one (DeregisterTaskDefinition).
            # create_before_destroy isn't required, because nothing is deleted. With it, a plan that removes resources
            # that the old revision refers to from the state would have a cycle.
            skip_destroy=True,
            **membership.task,
        )


def _scratch_volumes(workload: Workload, addition: Addition) -> list[EcsTaskDefinitionVolume]:
    """The scratch volumes, on the task's ephemeral storage."""
    own = {name for name, volume in workload.volumes.items() if volume.kind == "scratch"}
    return [EcsTaskDefinitionVolume(name=name) for name in sorted(own | {*addition.volumes})]
