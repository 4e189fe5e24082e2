"""Which services Service Connect takes in calls for."""

from __future__ import annotations

from catalog.model import Deployment, Service


def serves(deployment: Deployment, service: Service) -> bool:
    """Whether a service's proxy takes in calls. With TLS it would take nothing else on that port, and a load balancer,
    which is no client of Service Connect, could not be shown to get through."""
    return service.port is not None and not (service.public is not None and deployment.catalog.mesh.tls is not None)
