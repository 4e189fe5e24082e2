"""Addresses of a service's tasks in the emulated AWS, for any mesh."""

from __future__ import annotations

from typing import Any

from catalog.analysis import naming
from catalog.model import Deployment, Service
from tests import emulator


def discovered(service: Service, *, namespace: str, region: str, name: str = "") -> list[str]:
    """The addresses of a service's tasks in a namespace of Cloud Map, by its own name or by another."""
    cloud_map = emulator.client("servicediscovery", region=region)
    found = cloud_map.discover_instances(NamespaceName=namespace, ServiceName=name or service.aws_name)
    return sorted(each["Attributes"]["AWS_INSTANCE_IPV4"] for each in found["Instances"])


def namespaces(deployment: Deployment) -> list[str]:
    """The names of all namespaces of Cloud Map in the deployment's region."""
    cloud_map = emulator.client("servicediscovery", region=deployment.region)
    return sorted(each["Name"] for each in cloud_map.list_namespaces()["Namespaces"])


def assert_found_by_dns(service: Service, deployment: Deployment) -> None:
    """Cloud Map has a DNS record for every task of a service, under its own name."""
    found = discovered(service, namespace=deployment.namespace, region=deployment.region)
    registered = [each for each in deployment.workloads_of(service.name) if is_registered(each, deployment)]
    assert len(found) == sum(each.first_tasks for each in registered), service.name


def is_registered(service: Service, deployment: Deployment) -> bool:
    """Whether ECS lists a service's tasks in Cloud Map; with some meshes, those of its versions are not."""
    return bool(ecs_service(service, deployment).get("serviceRegistries"))


def ecs_service(service: Service, deployment: Deployment) -> dict[str, Any]:
    """A service as ECS describes it."""
    ecs = emulator.client("ecs", region=deployment.region)
    name = naming.owned(deployment, service)
    [described] = ecs.describe_services(cluster=deployment.cluster_name, services=[name])["services"]
    return described


def listening(deployment: Deployment) -> list[Service]:
    """The services with a port."""
    return [service for service in deployment.services.values() if service.port is not None]
