"""The names of a service's AWS resources, all derived from its `aws_name` instead of its key."""

from __future__ import annotations

from catalog import names
from catalog.diagnostics import Path
from catalog.model import Deployment, Service, Workload


def owned(deployment: Deployment, workload: Workload, *parts: str) -> str:
    """The name of its ECS service, task family or security group, which allow long names."""
    return names.owned(deployment.id, workload.aws_name, *parts)


def role(deployment: Deployment, workload: Workload, kind: str) -> str:
    """The name of one of its roles and of that role's policy."""
    return names.role(deployment.id, workload.aws_name, kind)


def log_group(deployment: Deployment, workload: Workload) -> str:
    return names.log_group(deployment.id, workload.aws_name)


def target_group(deployment: Deployment, service: Service, *, forces_new: tuple[str, ...]) -> str:
    """The name of its target group, of a load balancer or a mesh."""
    return names.target_group(deployment.id, *service.aws_name.split("_"), forces_new=forces_new)


def place(deployment: Deployment, service: Service) -> Path:
    """The place in the catalog that sets a service's name in AWS."""
    keys = deployment.catalog.services[service.key]
    key = next((key for key in ("aws_name", "renamed_from") if getattr(keys, key) is not None), None)
    return ("services", service.key, key) if key else ("services", service.key)
