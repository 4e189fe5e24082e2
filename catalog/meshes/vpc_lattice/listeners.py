"""The services that VPC Lattice carries, how it listens for them, and its timers."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names, unknowns
from catalog.analysis.timeouts import Hop, Timer
from catalog.model import Deployment, Service

PROTOCOLS = frozenset({"http", "http2", "grpc"})
"""What it carries (VPC Lattice user guide, "Listeners")."""
_OVER_TLS = frozenset({"http2", "grpc"})
"""HTTP/2 is agreed upon in the handshake of TLS (VPC Lattice user guide, "HTTPS listeners")."""
CONNECTION = 600
IDLE = 60
"""Seconds after which a connection is closed, and after which a silent one is (VPC Lattice API reference,
CreateService, idleTimeoutSeconds)."""


def is_carried(service: Service) -> bool:
    """Whether calls to a service pass VPC Lattice: it has a port, and speaks HTTP of some kind."""
    return service.port is not None and service.protocol in PROTOCOLS


def is_probed(service: Service) -> bool:
    """Whether VPC Lattice probes a service's tasks: of gRPC there are no probes (VPC Lattice API reference,
    HealthCheckConfig.path)."""
    return is_carried(service) and service.protocol != "grpc"


def carried_services(deployment: Deployment) -> Iterator[Service]:
    """The services that have a listener."""
    return (service for service in deployment.services.values() if is_carried(service))


def carried_callees(deployment: Deployment, service: Service) -> tuple[Service, ...]:
    """The callees of a service that it reaches through VPC Lattice."""
    return tuple(callee for callee in deployment.callees_of(service) if is_carried(callee))


def over_tls(deployment: Deployment, service: Service) -> bool:
    """Whether a service's listener speaks HTTPS."""
    return service.protocol in _OVER_TLS or deployment.catalog.mesh.tls is not None


def identity(deployment: Deployment, service: Service) -> str:
    """What makes a service another one to VPC Lattice: its host name, which cannot be changed in place; where AWS makes
    that, its protocol, as there cannot be two listeners on its port for a while."""
    return service.protocol if over_tls(deployment, service) else deployment.host_of(service.name)


def aws_name(deployment: Deployment, service: Service) -> str:
    """What VPC Lattice calls a service: at most 40 characters, with a hash of its identity (VPC Lattice API reference,
    CreateService)."""
    return names.renewed(40, deployment.id, service.aws_name, forces_new=(identity(deployment, service),))


def generated_host(deployment: Deployment, service: Service) -> str | None:
    """A mark for the name that AWS generates, where a certificate has to fit: nobody issues one for a name in a private
    zone, and VPC Lattice has its own for the names it generates."""
    return unknowns.generated_host(service.name) if is_carried(service) and over_tls(deployment, service) else None


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """Its limits on a call between services; a load balancer connects to the tasks themselves."""
    service = hop.callee
    if hop.caller is None or not is_carried(service):
        return
    yield Timer(
        at=f"VPC Lattice to {service.name}",
        limits="connection",
        seconds=CONNECTION,
        requested=service.timeout,
        reason="VPC Lattice ends a connection after ten minutes, whatever is on it",
    )
    yield Timer(
        at=f"VPC Lattice to {service.name}",
        limits="silence",
        seconds=IDLE,
        requested=service.idle_timeout,
        reason="VPC Lattice closes what is silent for a minute",
    )
