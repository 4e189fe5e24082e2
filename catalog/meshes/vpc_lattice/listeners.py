"""The services that are called through VPC Lattice, their listeners, host names and timers."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names, unknowns
from catalog.analysis.provider_versions import provider_at_least
from catalog.analysis.timeouts import Hop, Timer
from catalog.model import Deployment, Service

PROTOCOLS = frozenset({"http", "http2", "grpc"})
"""The supported protocols (VPC Lattice user guide, "Listeners")."""
_OVER_TLS = frozenset({"http2", "grpc"})
"""HTTP/2 requires TLS, which negotiates it (VPC Lattice user guide, "HTTPS listeners")."""
CONNECTION = 600
"""Seconds after which a connection is closed (VPC Lattice API reference, CreateService, idleTimeoutSeconds)."""
IDLE = 60
LONGEST_IDLE = 600
"""Seconds after which an idle connection is closed by default, and at most; the default is also the least."""
IDLE_SINCE = "6.62"
"""A version of the AWS provider that can set the idle timeout (hashicorp/terraform-provider-aws, pull request
49540)."""
_MINUTES = {False: "a minute", True: "ten minutes"}
"""The longest that a connection may be idle, by whether the provider can set it."""


def is_carried(deployment: Deployment, service: Service) -> bool:
    """Whether calls to a service or its versions go through VPC Lattice: a service calls it, over a supported
    protocol. Each service in VPC Lattice is billed by the hour (VPC Lattice pricing), and callers of another service on
    its port could reach it."""
    return service.port is not None and service.protocol in PROTOCOLS and bool(deployment.callers_of(service.key))


def is_probed(deployment: Deployment, service: Service) -> bool:
    """Whether VPC Lattice checks the health of a service's tasks. For gRPC it can only send GET requests (VPC Lattice
    API reference, HealthCheckConfig.path), and not every gRPC server answers them: gRPC's core resets the stream."""
    return is_carried(deployment, service) and service.protocol != "grpc"


def carried_services(deployment: Deployment) -> Iterator[Service]:
    """The services that have a listener."""
    return (service for service in deployment.services.values() if is_carried(deployment, service))


def carried_callees(deployment: Deployment, service: Service) -> tuple[Service, ...]:
    """The callees of a service that it reaches through VPC Lattice."""
    return tuple(callee for callee in deployment.callees_of(service) if is_carried(deployment, callee))


def over_tls(deployment: Deployment, service: Service) -> bool:
    """Whether a service's listener uses HTTPS, and its callers TLS."""
    return service.protocol in _OVER_TLS or deployment.catalog.mesh.tls is not None


def can_set_idle_timeout(deployment: Deployment) -> bool:
    """Whether every version of the AWS provider that the catalog allows can set the idle timeout."""
    return provider_at_least(deployment.catalog.terraform.aws, IDLE_SINCE)


def idle_seconds(deployment: Deployment, service: Service) -> int:
    """Seconds after which VPC Lattice closes an idle connection to a service."""
    if not can_set_idle_timeout(deployment):
        return IDLE
    return int(min(max(service.idle_timeout, IDLE), LONGEST_IDLE))


def identity(deployment: Deployment, service: Service) -> str:
    """The property whose change replaces a service in VPC Lattice: the protocol of its listener and tasks, because two
    listeners can't share a port during a replacement."""
    return service.protocol if over_tls(deployment, service) else "plain"


def aws_name(deployment: Deployment, service: Service) -> str:
    """The service's name in VPC Lattice: at most 40 characters, with a hash of its identity (VPC Lattice API reference,
    CreateService)."""
    return names.renewed(40, deployment.id, service.aws_name, forces_new=(identity(deployment, service),))


def is_registered(deployment: Deployment, service: Service) -> bool:
    """Whether ECS registers a service's tasks in Cloud Map too: callers over other protocols use that name, and so do
    the tasks that an apply that changes the mesh hasn't replaced yet."""
    return deployment.catalog.discovery.kind == "dns" or not is_carried(deployment, service)


def generated_host(deployment: Deployment, service: Service) -> str | None:
    """A placeholder for the host name that AWS generates. VPC Lattice has a certificate for it, and it resolves as soon
    as the service exists, so that no caller has to wait for a record (docs/decisions/0006)."""
    return unknowns.generated_host(service.name) if is_carried(deployment, service) else None


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """VPC Lattice's timers on a call between services; a load balancer connects to the tasks directly."""
    service = hop.callee
    if hop.caller is None or not is_carried(deployment, service):
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
        seconds=idle_seconds(deployment, service),
        requested=service.idle_timeout,
        reason=f"VPC Lattice closes a connection that is idle for {_MINUTES[can_set_idle_timeout(deployment)]}",
    )
