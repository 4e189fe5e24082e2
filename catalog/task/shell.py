"""`exec`: operators may open a shell in a service's containers."""

from __future__ import annotations

from catalog import names
from catalog.model import Deployment, Service
from catalog.task.addition import Addition

_CHANNELS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
_AUDIT = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")


def is_open(deployment: Deployment, service: Service) -> bool:
    """Whether a service's tasks let operators in: what it says itself wins over the cluster."""
    return deployment.catalog.cluster.exec if service.exec is None else service.exec


def audit_log_group(deployment: Deployment) -> str:
    """The log group of what operators do. The underscore keeps it apart from those of services."""
    return names.log_group(deployment.id, names.shared("exec"))


def logs_elsewhere(deployment: Deployment) -> bool:
    """Whether what operators do is logged where somebody else says: sessions obey the cluster's settings."""
    return deployment.catalog.cluster.arn is not None


def shell(deployment: Deployment, service: Service) -> Addition:
    """What the agent of Systems Manager needs, which ECS puts into the containers, and what logging sessions takes (ECS
    developer guide, "Monitor Amazon ECS containers with ECS Exec")."""
    if not is_open(deployment, service):
        return Addition()
    group = f"arn:{deployment.partition}:logs:{deployment.region}:*:log-group:{audit_log_group(deployment)}"
    audit = (
        # Knows no resource (ECS developer guide, the same).
        {"Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": ["*"]},
        {"Effect": "Allow", "Action": list(_AUDIT), "Resource": [f"{group}:*"]},
    )
    return Addition(
        # Else what sessions leave behind is never reaped (the same).
        own={"linuxParameters": {"initProcessEnabled": True}},
        statements=(
            # They know no resource (Service Authorization Reference, "Amazon Session Manager Message Gateway Service").
            {"Effect": "Allow", "Action": list(_CHANNELS), "Resource": ["*"]},
            *(() if logs_elsewhere(deployment) else audit),
        ),
    )
