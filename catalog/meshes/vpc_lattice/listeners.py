"""The services that are called through VPC Lattice, their listeners, and its timers."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names, unknowns
from catalog.analysis.timeouts import Hop, Timer
from catalog.model import Deployment, Service

PROTOCOLS = frozenset({"http", "http2", "grpc"})
"""The supported protocols (VPC Lattice user guide, "Listeners")."""
_OVER_TLS = frozenset({"http2", "grpc"})
"""HTTP/2 requires TLS, which negotiates it (VPC Lattice user guide, "HTTPS listeners")."""
CONNECTION = 600
IDLE = 60
"""Seconds after which a connection is closed, and after which an idle one is (VPC Lattice API reference,
CreateService, idleTimeoutSeconds)."""


def is_carried(service: Service) -> bool:
    """Whether calls to a service go through VPC Lattice: it has a port and a supported protocol."""
    return service.port is not None and service.protocol in PROTOCOLS


def is_probed(service: Service) -> bool:
    """Whether VPC Lattice checks the health of a service's tasks; it can't for gRPC (VPC Lattice API reference,
    HealthCheckConfig.path)."""
    return is_carried(service) and service.protocol != "grpc"


def carried_services(deployment: Deployment) -> Iterator[Service]:
    """The services that have a listener."""
    return (service for service in deployment.services.values() if is_carried(service))


def carried_callees(deployment: Deployment, service: Service) -> tuple[Service, ...]:
    """The callees of a service that it reaches through VPC Lattice."""
    return tuple(callee for callee in deployment.callees_of(service) if is_carried(callee))


def over_tls(deployment: Deployment, service: Service) -> bool:
    """Whether a service's listener uses HTTPS."""
    return service.protocol in _OVER_TLS or deployment.catalog.mesh.tls is not None


def identity(deployment: Deployment, service: Service) -> str:
    """The property whose change replaces a service in VPC Lattice: its host name, which can't be changed in place. If
    AWS generates the host name, it is the protocol, because two listeners can't share a port during a replacement."""
    return service.protocol if over_tls(deployment, service) else deployment.host_of(service.name)


def aws_name(deployment: Deployment, service: Service) -> str:
    """The service's name in VPC Lattice: at most 40 characters, with a hash of its identity (VPC Lattice API reference,
    CreateService)."""
    return names.renewed(40, deployment.id, service.aws_name, forces_new=(identity(deployment, service),))


def generated_host(deployment: Deployment, service: Service) -> str | None:
    """A placeholder for the host name that AWS generates, if the listener needs a certificate: no public CA issues one
    for a name in a private zone, and VPC Lattice has certificates for the names that it generates."""
    return unknowns.generated_host(service.name) if is_carried(service) and over_tls(deployment, service) else None


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """VPC Lattice's timers on a call between services; a load balancer connects to the tasks directly."""
    service = hop.callee
    if hop.caller is None or not is_carried(service):
        return
    yield Timer(
        at=f"VPC Lattice to {service.name}",
        limits="connection",
        seconds=CONNECTION,
        requested=service.timeout,
        reason="VPC Lattice ends every connection after ten minutes",
    )
    yield Timer(
        at=f"VPC Lattice to {service.name}",
        limits="idle timeout",
        seconds=IDLE,
        requested=service.idle_timeout,
        reason="VPC Lattice closes a connection that is idle for a minute",
    )
