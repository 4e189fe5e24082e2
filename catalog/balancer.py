"""The load balancer of an ingress as a keeper of time: the silence it bears, and what stands behind it must bear
longer; how long it lets answers finish."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.timers import Hop, Timer

SHORTEST_IDLE, LONGEST_IDLE = 60, 4000
"""Seconds; the default, and the limit (ELBv2 API reference, LoadBalancerAttribute idle_timeout.timeout_seconds)."""
LONGEST_DRAINING = 3600
"""Seconds; ELBv2 API reference, TargetGroupAttribute deregistration_delay.timeout_seconds."""
_MARGIN = 5


def balancer_idle(deployment: Deployment, ingress: str) -> int:
    """Seconds of silence after which the load balancer of an ingress closes a connection.

    That of the most patient service behind it: an answer that is not streamed is silent for as long as it takes. Of a
    load balancer that is somebody else's it is the least that will do.
    """
    shortest = 1 if is_somebody_elses(deployment, ingress) else SHORTEST_IDLE
    silence = max((service.idle_timeout for service in deployment.public_services(ingress)), default=0)
    return int(min(max(silence, shortest), LONGEST_IDLE))


def idle_behind_balancer(deployment: Deployment, service: Service) -> float:
    """Seconds of silence that a service's listener must bear: its own, and longer than the load balancer before it.

    A target that closes first is now and then sent a request on a connection it has just closed, which the load
    balancer answers with 502 (ELB user guide, "HTTP 502: Bad gateway").
    """
    ingress = deployment.ingress_of(service)
    if ingress is None:
        return service.idle_timeout
    before = LONGEST_IDLE if is_somebody_elses(deployment, ingress) else balancer_idle(deployment, ingress)
    return max(service.idle_timeout, float(before + _MARGIN))


def is_somebody_elses(deployment: Deployment, ingress: str) -> bool:
    """Whether an ingress is a listener that exists, so that nothing of its load balancer is for us to set."""
    settings = deployment.catalog.ingress.get(ingress)
    return settings is not None and settings.listener_arn is not None


def deregistration_delay(service: Service) -> int:
    """Seconds for which a task that is to go may finish its answers before it is asked to stop: a request under way may
    take as long as its caller waits for it."""
    return int(min(service.timeout, LONGEST_DRAINING))


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """What counts on the way in through an ingress, before any mesh."""
    if hop.ingress is None or deployment.catalog.ingress[hop.ingress].gateway:
        return
    service = hop.callee
    yield Timer(
        at="load balancer",
        limits="silence",
        seconds=balancer_idle(deployment, hop.ingress),
        asked=service.idle_timeout,
        key="idle_timeout",
        reason=f"a load balancer bears {LONGEST_IDLE} s of silence at most",
    )
    yield Timer(
        at="target group",
        limits="draining",
        seconds=deregistration_delay(service),
        asked=service.timeout,
        key="timeout",
        reason=f"a target group drains for {LONGEST_DRAINING} s at most",
    )
