"""What Service Connect counts: at the callee's proxy, whoever calls."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog.balancer import idle_behind_balancer
from catalog.meshes.service_connect.serving import serves
from catalog.model import UNLIMITED, Deployment, Service
from catalog.timers import Hop, Timer

TCP_IDLE = 3600.0
"""Seconds of silence after which a tcp connection is closed. ECS has a place for another time, and the provider none
(ECS API reference, TimeoutConfiguration.idleTimeoutSeconds; hashicorp/terraform-provider-aws issue 38432)."""


def answer_seconds(service: Service) -> int:
    """What ECS is told of the time for a whole answer."""
    return _whole(service.timeout)


def idle_seconds(deployment: Deployment, service: Service) -> int:
    """What ECS is told of the silence on a connection."""
    return _whole(idle_behind_balancer(deployment, service))


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
            asked=service.idle_timeout,
            reason="a tcp connection is closed after an hour of silence, which the provider cannot set",
        )
        return
    answer, idle = answer_seconds(service), idle_seconds(deployment, service)
    yield Timer(at=at, limits="whole answer", seconds=answer or UNLIMITED, asked=service.timeout, key="timeout")
    yield Timer(at=at, limits="silence", seconds=idle or UNLIMITED, asked=service.idle_timeout, key="idle_timeout")
