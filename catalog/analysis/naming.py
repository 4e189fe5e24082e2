"""The names of a service's resources in AWS, all from its `aws_name` and none from its key."""

from __future__ import annotations

from catalog import names
from catalog.diagnostics import Path
from catalog.model import Deployment, Service, Workload


def owned(deployment: Deployment, workload: Workload, *parts: str) -> str:
    """Of its ECS service, task family, security group: names with room."""
    return names.owned(deployment.id, workload.aws_name, *parts)


def role(deployment: Deployment, workload: Workload, kind: str) -> str:
    """Of one of its roles, and of that role's policy."""
    return names.role(deployment.id, workload.aws_name, kind)


def log_group(deployment: Deployment, workload: Workload) -> str:
    return names.log_group(deployment.id, workload.aws_name)


def target_group(deployment: Deployment, service: Service, *, forces_new: tuple[str, ...]) -> str:
    """Of its target group, behind a load balancer or of a mesh."""
    return names.target_group(deployment.id, *service.aws_name.split("_"), forces_new=forces_new)


def place(deployment: Deployment, service: Service) -> Path:
    """Where the catalog says what AWS knows a service by."""
    keys = deployment.catalog.services[service.key]
    said = next((key for key in ("aws_name", "renamed_from") if getattr(keys, key) is not None), None)
    return ("services", service.key, said) if said else ("services", service.key)
