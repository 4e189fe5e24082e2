"""The load balancer before a mesh's gateway as a keeper of time: it carries connections, and knows no requests."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.balancer import deregistration_delay
from catalog.model import Deployment
from catalog.stopping import LONGEST_STOP
from catalog.timers import Hop, Timer

SHORTEST_IDLE, LONGEST_IDLE = 60, 6000
"""Seconds (ELBv2 API reference, ListenerAttribute tcp.idle_timeout.seconds)."""
IDLE_OF_TLS = 350
"""Seconds that behind a certificate nobody can change (NLB guide, "Connection idle timeout")."""


def gateway_idle(deployment: Deployment, ingress: str) -> int:
    """Seconds of silence after which a connection to a gateway is dropped: as its most patient service asks."""
    if deployment.catalog.ingress[ingress].certificate is not None:
        return IDLE_OF_TLS
    silence = max(service.idle_timeout for service in deployment.public_services(ingress))
    return int(min(max(silence, SHORTEST_IDLE), LONGEST_IDLE))


def gateway_draining(deployment: Deployment, ingress: str) -> int:
    """Seconds for which a gateway's task that is to go may pass answers on: as the slowest service behind it takes."""
    return max(deregistration_delay(service) for service in deployment.public_services(ingress))


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """What counts on the way in through a gateway, before the service's own proxy."""
    if hop.ingress is None or not deployment.catalog.ingress[hop.ingress].gateway:
        return
    service = hop.callee
    limit = f"behind a certificate always {IDLE_OF_TLS} s"
    yield Timer(
        at="load balancer",
        limits="silence",
        seconds=gateway_idle(deployment, hop.ingress),
        asked=service.idle_timeout,
        key="idle_timeout",
        reason=limit if deployment.catalog.ingress[hop.ingress].certificate else f"at most {LONGEST_IDLE} s",
    )
    yield Timer(
        at="target group",
        limits="draining",
        seconds=gateway_draining(deployment, hop.ingress),
        asked=service.timeout,
        key="timeout",
        reason="a target group drains for an hour at most",
    )
    yield Timer(
        at="task of the gateway",
        limits="stopping",
        seconds=LONGEST_STOP,
        asked=service.timeout,
        key="timeout",
        reason=f"a task on Fargate gets {LONGEST_STOP} s to stop; it drains before",
    )
