"""Timers on a hop between two services, and the start-up and stop timers of a task. `catalog.meshes.hops` collects all
timers of a hop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from catalog.model import Deployment, Service, ServiceKeys
from catalog.model.container import Check

Limits = Literal["whole answer", "one try", "silence", "connection", "draining", "stopping", "starting"]
"""What a timer measures. Of one try, the time until its answer starts; of a connection, its whole life."""
REPLACING: frozenset[Limits] = frozenset({"draining", "stopping", "starting"})
"""What counts only while a task is replaced."""
MAX_START_PERIOD = 300
MAX_RETRIES = 10
"""Bounds of a container health check (ECS API reference, HealthCheck)."""
LONGEST_GRACE = 2**31 - 1
"""Bound of a service's grace period (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
_RETRIES = 3
"""ECS's own default."""
SHORTEST_STOP, LONGEST_STOP = 2, 120
"""Seconds that Fargate takes (ECS API reference, ContainerDefinition.stopTimeout)."""
_WHY = dict.fromkeys(("fargate", "fargate-spot"), f"a task on Fargate gets {LONGEST_STOP} s to stop")
_WHY_ELSEWHERE = f"no more than {LONGEST_STOP} s, unless stop_timeout says so"
_LEAST = 30.0
"""Seconds; ECS's own default, below which no default of ours goes."""


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One step of a call on its way from the outside: into a service, from an ingress or from another service."""

    callee: Service
    caller: Service | None = None
    ingress: str | None = None
    """Neither caller nor ingress: the call begins in the service itself."""


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One timer on a hop."""

    at: str
    """Whose it is: "load balancer", "route to llm"."""
    limits: Limits
    seconds: float
    """Until it ends what it limits; UNLIMITED for one that does not count."""
    requested: float
    """Seconds that the catalog asks for here."""
    key: str | None = None
    """The service's key that sets it; None where nothing of the catalog does."""
    reason: str = ""
    """Why it may be shorter than requested."""

    @property
    def is_short(self) -> bool:
        """Whether it ends before the time that was asked for."""
        return self.seconds < self.requested


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


def start_timers(hop: Hop, *, watched: bool) -> Iterator[Timer]:
    """How long ECS lets a new task of a service start, where something looks at it; `watched` says whether the mesh
    does."""
    service = hop.callee
    seconds = service_grace(service.health, balanced=service.public is not None or watched)
    if seconds is not None:
        yield Timer(
            at=f"task of {service.name}",
            limits="starting",
            seconds=seconds,
            requested=service.health.grace,
            key="health.grace",
        )


def stop_timeout(keys: ServiceKeys, *, timeout: float) -> float:
    """Seconds between SIGTERM and SIGKILL: as written, else as many as a service's longest answer takes, so that it can
    finish what it has begun. No more than Fargate waits, wherever it runs: programs that do not heed SIGTERM take all
    of it."""
    if keys.stop_timeout is not None:
        return keys.stop_timeout
    return min(_longest_answer(keys, timeout), LONGEST_STOP)


def _longest_answer(keys: ServiceKeys, timeout: float) -> float:
    """Seconds that a service may still be busy when it is asked to stop. tcp knows no answers."""
    return _LEAST if keys.protocol == "tcp" else max(timeout, _LEAST)


def stop_timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """What ends a task, whoever called it."""
    service = hop.callee
    own = deployment.catalog.services[service.name].stop_timeout is not None
    yield Timer(
        at=f"task of {service.name}",
        limits="stopping",
        seconds=service.stop_timeout,
        requested=_longest_answer(service, service.timeout),
        key="stop_timeout",
        reason="as its stop_timeout says" if own else _WHY.get(service.capacity, _WHY_ELSEWHERE),
    )
