"""The silence that a load balancer bears, and what stands behind it must bear longer."""

from __future__ import annotations

from catalog.model import Deployment, Service

SHORTEST_IDLE, LONGEST_IDLE = 60, 4000
"""Seconds; the default, and the limit (ELBv2 API reference, LoadBalancerAttribute idle_timeout.timeout_seconds)."""
_MARGIN = 5


def balancer_idle(deployment: Deployment, ingress: str) -> int:
    """Seconds of silence after which the load balancer of an ingress closes a connection.

    That of the most patient service behind it: an answer that is not streamed is silent for as long as it takes.
    """
    silence = max((service.idle_timeout for service in deployment.public_services(ingress)), default=0)
    return int(min(max(silence, SHORTEST_IDLE), LONGEST_IDLE))


def idle_behind_balancer(deployment: Deployment, service: Service) -> float:
    """Seconds of silence that a service's listener must bear: its own, and longer than the load balancer before it.

    A target that closes first is now and then sent a request on a connection it has just closed, which the load
    balancer answers with 502 (ELB user guide, "HTTP 502: Bad gateway").
    """
    ingress = deployment.ingress_of(service)
    if ingress is None:
        return service.idle_timeout
    return max(service.idle_timeout, float(balancer_idle(deployment, ingress) + _MARGIN))
