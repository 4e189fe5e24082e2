"""Without a mesh: Cloud Map has a record for every task, and tasks connect to tasks."""

from __future__ import annotations

from catalog.model import Deployment, Service
from tests.support.verify.tasks import assert_found_by_dns, discovered, ecs_service, listening


def assert_reaches(deployment: Deployment) -> None:
    for service in listening(deployment):
        assert_found_by_dns(service, deployment)
    for service in deployment.services.values():
        described = ecs_service(service, deployment)
        assert len(described["serviceRegistries"]) == (service.port is not None)


def found(service: Service, deployment: Deployment) -> list[str]:
    return discovered(service, namespace=deployment.namespace, region=deployment.region)


def connecting(service: Service, deployment: Deployment) -> list[str]:
    return [caller.name for caller in deployment.callers_of(service.name)]


def remains(deployment: Deployment) -> list[str]:
    return []
