"""`sidecars` and `exec`: further containers in a task, and ECS Exec."""

from __future__ import annotations

from typing import Any

from catalog import names
from catalog.analysis.permissions import EXEC, EXEC_GROUPS, EXEC_KEY, EXEC_LOG
from catalog.analysis.timeouts import container_check
from catalog.model import Deployment, Workload
from catalog.model.container import DEFAULT_CPU, DEFAULT_MEMORY, Sidecar
from catalog.task.addition import Addition, ContainerDefinition, raw, value_from
from catalog.task.storage import MODEL


def sidecars(deployment: Deployment, workload: Workload) -> Addition:
    """The sidecar containers, and those that the service waits for."""
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
    """The condition that the service waits for (ECS API reference, ContainerDependency.condition: only containers that
    aren't essential can end)."""
    if sidecar.health.command is not None:
        return "HEALTHY"
    return "SUCCESS" if sidecar.ends_first else "START"


def _container(workload: Workload, name: str, sidecar: Sidecar) -> ContainerDefinition:
    # A container that ends before the service starts needs no share of the task.
    cpu, memory = (None, None) if sidecar.ends_first else (DEFAULT_CPU, DEFAULT_MEMORY)
    after = {
        "containerName": workload.aws_key,
        "condition": "HEALTHY" if workload.health.command is not None else "START",
    }
    written: ContainerDefinition = {
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


def has_exec(deployment: Deployment, workload: Workload) -> bool:
    """Whether ECS Exec is on for a service: its own `exec`, or else the cluster's."""
    return deployment.catalog.cluster.exec if workload.exec is None else workload.exec


def audit_log_group(deployment: Deployment) -> str:
    """The log group of ECS Exec sessions. The underscore distinguishes it from log groups of services."""
    return names.log_group(deployment.id, names.shared("exec"))


def logs_elsewhere(deployment: Deployment) -> bool:
    """Whether an existing cluster determines where sessions are logged."""
    return deployment.catalog.cluster.arn is not None


def exec_addition(deployment: Deployment, workload: Workload) -> Addition:
    """The permissions for the Systems Manager agent, which ECS adds to the containers, and for session logs (ECS
    developer guide, "Monitor Amazon ECS containers with ECS Exec")."""
    if not has_exec(deployment, workload):
        return Addition()
    # True if the key isn't created yet; that's enough to determine the permissions.
    key = deployment.catalog.security.kms_key
    group = f"arn:{deployment.partition}:logs:{deployment.region}:*:log-group:{audit_log_group(deployment)}"
    audit = () if logs_elsewhere(deployment) else (EXEC_GROUPS.on(["*"]), EXEC_LOG.on([f"{group}:*"]))
    return Addition(
        # Without it, processes that sessions leave behind are never reaped (the same page).
        own={"linuxParameters": {"initProcessEnabled": True}},
        statements=(EXEC.on(["*"]), *audit, *(() if logs_elsewhere(deployment) else _channel(key))),
    )


def _channel(key: str | bool | None) -> tuple[dict[str, Any], ...]:
    """Allow the agent to decrypt session data (the same page, "Using AWS KMS")."""
    return (EXEC_KEY.on([str(key)]),) if key else ()
