"""Container definitions, in the spelling of the ECS API, which Terraform passes on unread."""

from __future__ import annotations

import json
from collections.abc import Iterable

from catalog.model import Deployment, Service
from catalog.sizes import service_share
from catalog.startup import container_check
from catalog.task import Addition, Container, merged, raw, share, value_from
from stacks.mesh.base import Membership
from stacks.part import Ref


def definitions(
    deployment: Deployment, service: Service, *, membership: Membership, addition: Addition, log_group: Ref
) -> str:
    """The `container_definitions` of a service's task: its own container first, then what its keys and the mesh add."""
    logs = {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": log_group.name,
            "awslogs-region": deployment.region,
            "awslogs-stream-prefix": service.aws_name,
        },
    }
    waits_for = {"dependsOn": list(membership.container_dependencies)} if membership.container_dependencies else {}
    added = [merged(waits_for, container) for container in addition.containers]
    containers = [_own(service, membership=membership, addition=addition), *added, *membership.sidecars]
    complete = [{"logConfiguration": logs, **container} for container in containers]
    return json.dumps(complete, sort_keys=True, ensure_ascii=False)


def _own(service: Service, *, membership: Membership, addition: Addition) -> Container:
    beside = [share(container) for container in (*addition.containers, *membership.sidecars)]
    if membership.beside is not None:
        beside.append(membership.beside)
    rest = service_share(service.cpu, service.memory, *beside)
    written: Container = {
        "name": service.aws_key,
        "image": service.image,
        "essential": True,
        "cpu": rest.cpu,
        # A limit here and reservations beside it, so that what the catalog adds to a task is never starved.
        "memory": rest.memory,
        "stopTimeout": int(service.stop_timeout),
        "command": _list(service.command),
        "entryPoint": _list(service.entrypoint),
        "user": service.user,
        "workingDirectory": service.working_dir,
        "readonlyRootFilesystem": service.readonly_root or None,
        "environment": [{"name": name, "value": value} for name, value in sorted(service.environment.items())] or None,
        "secrets": [{"name": n, "valueFrom": value_from(s)} for n, s in sorted(service.secrets.items())] or None,
        "portMappings": _ports(service, membership),
        "mountPoints": [
            {"sourceVolume": name, "containerPath": volume.path, "readOnly": False}
            for name, volume in sorted(service.volumes.items())
        ]
        or None,
        "healthCheck": container_check(service.health),
        "dependsOn": list(membership.container_dependencies) or None,
        "repositoryCredentials": {"credentialsParameter": service.credentials} if service.credentials else None,
    }
    complete = merged({key: value for key, value in written.items() if value is not None}, addition.own)
    complete = merged(complete, _of_instances(service))
    return {**complete, **raw(complete, service.container)}


def _of_instances(service: Service) -> Container:
    """What a [capacity] has and Fargate has not."""
    linux = {"linuxParameters": {"sharedMemorySize": service.shm_mib}} if service.shm_mib else {}
    gpus = {"resourceRequirements": [{"type": "GPU", "value": str(service.gpus)}]} if service.gpus else {}
    return {**linux, **gpus}


def _list(value: Iterable[str] | None) -> list[str] | None:
    return None if value is None else list(value)


def _ports(service: Service, membership: Membership) -> list[Container] | None:
    if service.port is None:
        return None
    port = {"name": service.aws_key, "containerPort": service.port, "hostPort": service.port, "protocol": "tcp"}
    return [{**port, **membership.port_mapping}]
