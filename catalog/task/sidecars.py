"""`sidecars`: the user's own containers beside a service."""

from __future__ import annotations

from catalog.files import MODEL
from catalog.model import Deployment, Workload
from catalog.model.sidecar import DEFAULT_CPU, DEFAULT_MEMORY, Sidecar
from catalog.startup import container_check
from catalog.task.addition import Addition, Container, raw, value_from


def sidecars(deployment: Deployment, workload: Workload) -> Addition:
    """The containers, and whom the service waits for."""
    found = sorted(workload.sidecars.items())
    waits_for = [
        {"containerName": name, "condition": _condition(sidecar)}
        for name, sidecar in found
        if sidecar.start == "before"
    ]
    return Addition(
        containers=tuple(_container(workload, name, sidecar) for name, sidecar in found),
        own={"dependsOn": waits_for} if waits_for else {},
        secrets={f"{name}.{key}": secret for name, sidecar in found for key, secret in sidecar.secrets.items()},
        credentials=tuple(sidecar.credentials for _, sidecar in found if sidecar.credentials is not None),
        places={name: (*workload.place, "sidecars", name, "image") for name, _ in found},
    )


def _condition(sidecar: Sidecar) -> str:
    """What of a container the service waits for (ECS API reference, ContainerDependency.condition: only what is not
    essential can have ended)."""
    if sidecar.health.command is not None:
        return "HEALTHY"
    return "SUCCESS" if sidecar.ends_first else "START"


def _container(workload: Workload, name: str, sidecar: Sidecar) -> Container:
    # Of what has ended nothing is taken away from the others.
    cpu, memory = (None, None) if sidecar.ends_first else (DEFAULT_CPU, DEFAULT_MEMORY)
    after = {
        "containerName": workload.aws_key,
        "condition": "HEALTHY" if workload.health.command is not None else "START",
    }
    written: Container = {
        "name": name,
        "image": sidecar.image,
        "essential": sidecar.essential,
        "cpu": sidecar.cpu or cpu,
        "memoryReservation": sidecar.memory or memory,
        "stopTimeout": int(sidecar.stop_timeout),
        "command": list(sidecar.command) if sidecar.command is not None else None,
        "entryPoint": list(sidecar.entrypoint) if sidecar.entrypoint is not None else None,
        "user": sidecar.user,
        "workingDirectory": sidecar.working_dir,
        "readonlyRootFilesystem": sidecar.readonly_root or None,
        "environment": [{"name": key, "value": text} for key, text in sorted(sidecar.environment.items())] or None,
        "secrets": [{"name": key, "valueFrom": value_from(s)} for key, s in sorted(sidecar.secrets.items())] or None,
        "mountPoints": [
            {"sourceVolume": volume, "containerPath": path, "readOnly": volume == MODEL and workload.model is not None}
            for volume, path in sorted(sidecar.volumes.items())
        ]
        or None,
        "healthCheck": container_check(sidecar.health),
        "dependsOn": [after] if sidecar.start == "after" else None,
        "repositoryCredentials": {"credentialsParameter": sidecar.credentials} if sidecar.credentials else None,
    }
    complete = {key: value for key, value in written.items() if value is not None}
    return {**complete, **raw(complete, sidecar.container)}
