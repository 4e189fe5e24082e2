"""Which services Service Connect takes in calls for, under which name it lists them, and what its proxy gets."""

from __future__ import annotations

from catalog import aws_names, names
from catalog.model import Deployment, Service
from catalog.sizes import Share


def serves(deployment: Deployment, service: Service) -> bool:
    """Whether a service's proxy takes in calls. With TLS it would take nothing else on that port, and a load balancer,
    which is no client of Service Connect, could not be shown to get through."""
    return service.port is not None and not (service.public is not None and deployment.catalog.mesh.tls is not None)


def discovery_name(deployment: Deployment, service: Service) -> str:
    """Under which ECS lists a service in the namespace, of at most 64 characters (ECS API reference,
    ServiceConnectService.discoveryName). In a namespace that exists it says whose service it is: there are others, and
    while one mesh takes another's place, entries of the same service."""
    if deployment.catalog.discovery.namespace_id is None:
        return service.aws_name
    return names.shortened(aws_names.owned(deployment, service), 64)


def proxy_share(cpu: int, memory: int) -> Share:
    """What the proxy gets of a task: a quarter of the CPU and an eighth of the memory, within bounds.

    AWS recommends 256 CPU units and at least 64 MiB (ECS developer guide, "Service Connect"). Nothing declares it: the
    proxy has what the containers leave.
    """
    return Share(min(256, cpu // 4), max(64, min(256, memory // 8)))
