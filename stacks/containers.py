"""Container definitions, in the spelling of the ECS API, which Terraform passes on unread."""

from __future__ import annotations

import json
from collections.abc import Iterable

from catalog.model import Deployment, Workload
from catalog.sizes import service_share
from catalog.startup import container_check
from catalog.task import Addition, Container, merged, raw, share, value_from
from stacks.mesh.base import Membership
from stacks.part import Ref


def definitions(
    deployment: Deployment, workload: Workload, *, membership: Membership, addition: Addition, log_group: Ref
) -> str:
    """The `container_definitions` of a service's task: its own container first, then what its keys and the mesh add."""
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
    containers = [_own(workload, membership=membership, addition=addition), *added, *membership.sidecars]
    complete = [{"logConfiguration": logs, **container} for container in containers]
    return json.dumps(complete, sort_keys=True, ensure_ascii=False)


def _own(workload: Workload, *, membership: Membership, addition: Addition) -> Container:
    beside = [share(container) for container in (*addition.containers, *membership.sidecars)]
    if membership.beside is not None:
        beside.append(membership.beside)
    rest = service_share(workload.cpu, workload.memory, *beside)
    written: Container = {
        "name": workload.aws_key,
        "image": workload.image,
        "essential": True,
        "cpu": rest.cpu,
        # A limit here and reservations beside it, so that what the catalog adds to a task is never starved.
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
        "repositoryCredentials": {"credentialsParameter": workload.credentials} if workload.credentials else None,
    }
    complete = merged({key: value for key, value in written.items() if value is not None}, addition.own)
    complete = merged(complete, _of_instances(workload))
    return {**complete, **raw(complete, workload.container)}


def _of_instances(workload: Workload) -> Container:
    """What a [capacity] has and Fargate has not."""
    linux = {"linuxParameters": {"sharedMemorySize": workload.shm_mib}} if workload.shm_mib else {}
    gpus = {"resourceRequirements": [{"type": "GPU", "value": str(workload.gpus)}]} if workload.gpus else {}
    return {**linux, **gpus}


def _list(value: Iterable[str] | None) -> list[str] | None:
    return None if value is None else list(value)


def _ports(workload: Workload, membership: Membership) -> list[Container] | None:
    if workload.port is None:
        return None
    port = {"name": workload.aws_key, "containerPort": workload.port, "hostPort": workload.port, "protocol": "tcp"}
    return [{**port, **membership.port_mapping}]
