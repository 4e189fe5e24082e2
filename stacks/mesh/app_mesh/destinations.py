"""What proxies send calls to, and on what terms: a service with a port, or an external."""

from __future__ import annotations

from dataclasses import dataclass

from catalog import names
from catalog.model import UNLIMITED, Deployment, External, Service
from catalog.model.service import Retries


@dataclass(frozen=True, kw_only=True)
class Destination:
    """One virtual service, with the terms on which it is called."""

    address: str
    """Of its resources, in Terraform."""
    name: str
    """Of its resources, in App Mesh."""
    host: str
    """By which callers know it. App Mesh tells requests apart by this name, so it has to be one that DNS resolves."""
    port: int
    protocol: str
    timeout: float
    idle_timeout: float
    retries: Retries


def of_service(service: Service, *, deployment: Deployment) -> Destination:
    """A service with a port, as the catalog describes it."""
    assert service.port is not None
    return Destination(
        address=service.name,
        name=service.aws_name,
        host=deployment.host_of(service.name),
        port=service.port,
        protocol=service.protocol,
        timeout=service.timeout,
        idle_timeout=service.idle_timeout,
        retries=service.retries,
    )


def of_external(name: str, external: External) -> Destination:
    """Something outside that services call through their proxies. How long it takes is not the catalog's to say, and
    sending a request to it twice is not either."""
    return Destination(
        address=names.shared("external", name),
        name=f"external_{name}",
        host=external.host,
        port=external.port,
        protocol=external.protocol,
        timeout=UNLIMITED,
        idle_timeout=UNLIMITED,
        retries=Retries(),
    )
