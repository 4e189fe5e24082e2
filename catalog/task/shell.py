"""`exec`: operators may open a shell in a service's containers."""

from __future__ import annotations

from typing import Any

from catalog import names
from catalog.model import Deployment, Workload
from catalog.rights import SHELL, SHELL_GROUPS, SHELL_KEY, SHELL_LOG
from catalog.task.addition import Addition


def is_open(deployment: Deployment, workload: Workload) -> bool:
    """Whether a service's tasks let operators in: what it says itself wins over the cluster."""
    return deployment.catalog.cluster.exec if workload.exec is None else workload.exec


def audit_log_group(deployment: Deployment) -> str:
    """The log group of what operators do. The underscore keeps it apart from those of services."""
    return names.log_group(deployment.id, names.shared("exec"))


def logs_elsewhere(deployment: Deployment) -> bool:
    """Whether what operators do is logged where somebody else says: sessions obey the cluster's settings."""
    return deployment.catalog.cluster.arn is not None


def shell(deployment: Deployment, workload: Workload) -> Addition:
    """What the agent of Systems Manager needs, which ECS puts into the containers, and what logging sessions takes (ECS
    developer guide, "Monitor Amazon ECS containers with ECS Exec")."""
    if not is_open(deployment, workload):
        return Addition()
    # True until the key is made: to ask what is allowed, that is enough.
    key = deployment.catalog.security.kms_key
    group = f"arn:{deployment.partition}:logs:{deployment.region}:*:log-group:{audit_log_group(deployment)}"
    audit = () if logs_elsewhere(deployment) else (SHELL_GROUPS.on(["*"]), SHELL_LOG.on([f"{group}:*"]))
    return Addition(
        # Else what sessions leave behind is never reaped (the same).
        own={"linuxParameters": {"initProcessEnabled": True}},
        statements=(SHELL.on(["*"]), *audit, *(() if logs_elsewhere(deployment) else _channel(key))),
    )


def _channel(key: str | bool | None) -> tuple[dict[str, Any], ...]:
    """The agent decrypts what passes through a shell (the same page, "Using AWS KMS")."""
    return (SHELL_KEY.on([str(key)]),) if key else ()
