"""Timers on a hop between two services, and the start-up and stop timers of a task. `catalog.meshes.hops` collects all
timers of a hop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from catalog.model import Deployment, Service, ServiceKeys
from catalog.model.container import Check

Limits = Literal["response", "one try", "idle timeout", "connection", "draining", "stop", "start"]
"""The time that a timer limits. `one try` ends when its response starts; `connection` is a connection's lifetime."""
REPLACING: frozenset[Limits] = frozenset({"draining", "stop", "start"})
"""The timers that run only while a task is replaced."""
MAX_START_PERIOD = 300
MAX_RETRIES = 10
"""Limits of a container health check (ECS API reference, HealthCheck)."""
LONGEST_GRACE = 2**31 - 1
"""Limit of a service's grace period (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
_RETRIES = 3
"""ECS's own default."""
SHORTEST_STOP, LONGEST_STOP = 2, 120
"""Seconds that Fargate allows (ECS API reference, ContainerDefinition.stopTimeout)."""
_WHY = dict.fromkeys(("fargate", "fargate-spot"), f"a task on Fargate gets {LONGEST_STOP} s to stop")
_WHY_ELSEWHERE = f"no more than {LONGEST_STOP} s, unless stop_timeout sets more"
_LONGEST_WAIT = 720
"""Minutes."""
_LEAST = 30.0
"""Seconds; ECS's own default, and the minimum of the defaults here."""


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One step of a call from outside: from an ingress or another service to a service."""

    callee: Service
    caller: Service | None = None
    ingress: str | None = None
    """If neither `caller` nor `ingress` is set, the service is the entry point."""


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One timer on a hop."""

    at: str
    """The part that has the timer: "load balancer", "route to llm"."""
    limits: Limits
    seconds: float
    """Its effective time; UNLIMITED if it's off."""
    requested: float
    """Seconds that the catalog requests here."""
    key: str | None = None
    """The service's key that sets it; None if no key does."""
    reason: str = ""
    """Why it may be shorter than requested."""

    @property
    def is_short(self) -> bool:
        """Whether it ends before the requested time."""
        return self.seconds < self.requested


def container_check(health: Check) -> dict[str, Any] | None:
    """The `healthCheck` of a container definition, or None if the service has no command.

    ECS ignores failures for at most 300 seconds. A longer `grace` is covered by retries, up to their maximum, and then
    by the service's grace period. The interval isn't extended: it also applies after the start, so that a dead
    container would be noticed later.
    """
    if health.command is None:
        return None
    beyond = max(0.0, health.grace - MAX_START_PERIOD)
    # A rule that measures the task definition can call this before another rule rejects an interval of 0.
    tries = beyond / max(1.0, health.interval)
    return {
        "command": list(health.command),
        "interval": int(health.interval),
        "timeout": int(health.timeout),
        "retries": min(MAX_RETRIES, max(_RETRIES, math.ceil(tries))),
        "startPeriod": int(min(health.grace, MAX_START_PERIOD)),
    }


def service_grace(health: Check, *, balanced: bool) -> int | None:
    """Seconds during which ECS ignores failed checks of a new task, by the load balancer or in the container; None if
    it has neither check (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
    return int(health.grace) if balanced or health.command is not None else None


def rollout_minutes(*, grace: float, drain: float, stop: float, waves: int = 1, on_instances: bool = False) -> int:
    """Minutes that Terraform waits for a rollout: ten for placement and image pulls, ten more if instances may have to
    start first, and two grace periods, because starts may fail. Each wave adds a start within the grace period, the
    time to drain a load balancer's connections, and that to stop the old tasks; each after the first adds two minutes
    for placement and pulls. At most twelve hours, the longest session of a role that Terraform assumes (IAM user guide,
    "Update the maximum session duration for a role")."""
    each = grace + drain + stop
    return min(_LONGEST_WAIT, math.ceil((600 + 600 * on_instances + 2 * grace + waves * each + 120 * (waves - 1)) / 60))


def start_timers(hop: Hop, *, watched: bool) -> Iterator[Timer]:
    """The start timer of a service's task, if ECS waits for its health; `watched` says whether the mesh checks it."""
    service = hop.callee
    seconds = service_grace(service.health, balanced=service.public is not None or watched)
    if seconds is not None:
        yield Timer(
            at=f"task of {service.name}",
            limits="start",
            seconds=seconds,
            requested=service.health.grace,
            key="health.grace",
        )


def stop_timeout(keys: ServiceKeys, *, timeout: float) -> float:
    """Seconds between SIGTERM and SIGKILL: `stop_timeout`, or the service's longest response, so that it can finish
    that. The default never exceeds Fargate's limit, also on instances, because programs that ignore SIGTERM use all of
    it."""
    if keys.stop_timeout is not None:
        return keys.stop_timeout
    return min(_longest_response(keys, timeout), LONGEST_STOP)


def _longest_response(keys: ServiceKeys, timeout: float) -> float:
    """Seconds that a service may still be busy after SIGTERM. tcp has no responses."""
    return _LEAST if keys.protocol == "tcp" else max(timeout, _LEAST)


def stop_timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The stop timer of a service's task, for all callers."""
    service = hop.callee
    own = deployment.catalog.services[service.name].stop_timeout is not None
    yield Timer(
        at=f"task of {service.name}",
        limits="stop",
        seconds=service.stop_timeout,
        requested=_longest_response(service, service.timeout),
        key="stop_timeout",
        reason="set by its stop_timeout" if own else _WHY.get(service.capacity, _WHY_ELSEWHERE),
    )
