"""The proxy of Service Connect: which services it serves, its share of a task, and its timers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog import names
from catalog.analysis import naming
from catalog.analysis.load_balancers import target_idle
from catalog.analysis.packing import Share
from catalog.analysis.timeouts import Hop, Timer
from catalog.model import UNLIMITED, Deployment, Service

TCP_IDLE = 3600.0
"""Seconds of silence after which a tcp connection is closed. ECS has a place for another time, and the provider none
(ECS API reference, TimeoutConfiguration.idleTimeoutSeconds; hashicorp/terraform-provider-aws issue 38432)."""


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
    return names.shortened(naming.owned(deployment, service), 64)


def proxy_share(cpu: int, memory: int) -> Share:
    """What the proxy gets of a task: a quarter of the CPU and an eighth of the memory, within bounds.

    AWS recommends 256 CPU units and at least 64 MiB (ECS developer guide, "Service Connect"). Nothing declares it: the
    proxy has what the containers leave.
    """
    return Share(min(256, cpu // 4), max(64, min(256, memory // 8)))


def answer_seconds(service: Service) -> int:
    """What ECS is told of the time for a whole answer."""
    return _whole(service.timeout)


def idle_seconds(deployment: Deployment, service: Service) -> int:
    """What ECS is told of the silence on a connection."""
    return _whole(target_idle(deployment, service))


def _whole(duration: float) -> int:
    """Whole seconds, and 0 for no limit."""
    return 0 if duration == UNLIMITED else max(1, math.ceil(duration))


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The timers of the proxy that takes the call in."""
    service = hop.callee
    if (hop.caller is None and hop.ingress is None) or not serves(deployment, service):
        return
    at = f"proxy of {service.name}"
    if service.is_tcp:
        yield Timer(
            at=at,
            limits="silence",
            seconds=TCP_IDLE,
            requested=service.idle_timeout,
            reason="a tcp connection is closed after an hour of silence, which the provider cannot set",
        )
        return
    answer, idle = answer_seconds(service), idle_seconds(deployment, service)
    yield Timer(at=at, limits="whole answer", seconds=answer or UNLIMITED, requested=service.timeout, key="timeout")
    yield Timer(at=at, limits="silence", seconds=idle or UNLIMITED, requested=service.idle_timeout, key="idle_timeout")
