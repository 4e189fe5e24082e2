"""Container definitions, in the spelling of the ECS API, which Terraform passes on unread."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from catalog.model import Deployment, Service
from catalog.model.service import Secret
from catalog.sizes import Share, service_share
from catalog.startup import container_check
from stacks.mesh.base import Membership
from stacks.part import Ref

Container = dict[str, Any]


def definitions(deployment: Deployment, service: Service, *, membership: Membership, log_group: Ref) -> str:
    """The `container_definitions` of a service's task: its own container first, then what the mesh adds."""
    logs = {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": log_group.name,
            "awslogs-region": deployment.region,
            "awslogs-stream-prefix": service.name,
        },
    }
    containers = [_own(service, membership=membership), *membership.sidecars]
    complete = [{"logConfiguration": logs, **container} for container in containers]
    return json.dumps(complete, sort_keys=True, ensure_ascii=False)


def _own(service: Service, *, membership: Membership) -> Container:
    beside = [Share(sidecar["cpu"], sidecar["memoryReservation"]) for sidecar in membership.sidecars]
    if membership.beside is not None:
        beside.append(membership.beside)
    share = service_share(service.cpu, service.memory, *beside)
    written: Container = {
        "name": service.name,
        "image": service.image,
        "essential": True,
        "cpu": share.cpu,
        # A limit here and reservations beside it, so that what the catalog adds to a task is never starved.
        "memory": share.memory,
        "stopTimeout": int(service.stop_timeout),
        "command": _list(service.command),
        "entryPoint": _list(service.entrypoint),
        "user": service.user,
        "workingDirectory": service.working_dir,
        "readonlyRootFilesystem": service.readonly_root or None,
        "environment": [{"name": name, "value": value} for name, value in sorted(service.environment.items())] or None,
        "secrets": [{"name": n, "valueFrom": _value_from(s)} for n, s in sorted(service.secrets.items())] or None,
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
    return {**{key: value for key, value in written.items() if value is not None}, **_raw(service)}


def _raw(service: Service) -> Container:
    """What the catalog passes on, and beside it what a [capacity] has and Fargate has not."""
    linux = service.container.get("linuxParameters", {}) | (
        {"sharedMemorySize": service.shm_mib} if service.shm_mib else {}
    )
    gpus = [{"type": "GPU", "value": str(service.gpus)}] if service.gpus else []
    return {
        **service.container,
        **({"linuxParameters": linux} if linux else {}),
        **({"resourceRequirements": gpus} if gpus else {}),
    }


def _list(value: Iterable[str] | None) -> list[str] | None:
    return None if value is None else list(value)


def _value_from(secret: Secret) -> str:
    """`arn`, or `arn:key:stage:version` with the last two left to ECS (ECS developer guide, "Secrets")."""
    return f"{secret.arn}:{secret.key}::" if secret.key else secret.arn


def _ports(service: Service, membership: Membership) -> list[Container] | None:
    if service.port is None:
        return None
    port = {"name": service.name, "containerPort": service.port, "hostPort": service.port, "protocol": "tcp"}
    return [{**port, **membership.port_mapping}]
