"""How long a start may take, spread over what ECS has for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from catalog.model.container import Check
from catalog.timers import Hop, Timer

MAX_START_PERIOD = 300
MAX_RETRIES = 10
"""Bounds of a container health check (ECS API reference, HealthCheck)."""
LONGEST_GRACE = 2**31 - 1
"""Bound of a service's grace period (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
_RETRIES = 3
"""ECS's own default."""


def container_check(health: Check) -> dict[str, Any] | None:
    """The `healthCheck` of a container definition, or None where the service names no command.

    ECS ignores failures for at most 300 seconds. What `grace` asks beyond that is bought with retries, as many as there
    are, and for the rest with the service's grace period. Never with a longer interval: it would stay as long when the
    service has started, and a dead container be noticed that late.
    """
    if health.command is None:
        return None
    beyond = max(0.0, health.grace - MAX_START_PERIOD)
    # A rule that measures the task definition comes here before another has refused an interval of none.
    tries = beyond / max(1.0, health.interval)
    return {
        "command": list(health.command),
        "interval": int(health.interval),
        "timeout": int(health.timeout),
        "retries": min(MAX_RETRIES, max(_RETRIES, math.ceil(tries))),
        "startPeriod": int(min(health.grace, MAX_START_PERIOD)),
    }


def service_grace(health: Check, *, balanced: bool) -> int | None:
    """Seconds for which ECS takes no failed check of a new task for an answer, the load balancer's or the container's;
    None where there is neither (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
    return int(health.grace) if balanced or health.command is not None else None


def rollout_minutes(*, grace: float, drain: float, on_instances: bool = False) -> int:
    """How long Terraform waits for a rollout: ten minutes for placing and pulling, ten more where instances may have to
    start first, the start three times over (a failed try counts), and the time connections take to drain from a load
    balancer."""
    return math.ceil((600 + 600 * on_instances + 3 * grace + drain) / 60)


def timers(hop: Hop, *, watched: bool) -> Iterator[Timer]:
    """How long ECS lets a new task of a service start, where something looks at it; `watched` says whether the mesh
    does."""
    service = hop.callee
    seconds = service_grace(service.health, balanced=service.public is not None or watched)
    if seconds is not None:
        yield Timer(
            at=f"task of {service.name}",
            limits="starting",
            seconds=seconds,
            asked=service.health.grace,
            key="health.grace",
        )
