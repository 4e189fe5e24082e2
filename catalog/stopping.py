"""How long a task may take to end, once it is asked to."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, ServiceKeys
from catalog.timers import Hop, Timer

SHORTEST_STOP, LONGEST_STOP = 2, 120
"""Seconds that Fargate takes (ECS API reference, ContainerDefinition.stopTimeout)."""
_WHY = dict.fromkeys(("fargate", "fargate-spot"), f"a task on Fargate gets {LONGEST_STOP} s to stop")
_WHY_ELSEWHERE = f"no more than {LONGEST_STOP} s, unless stop_timeout says so"
_LEAST = 30.0
"""Seconds; ECS's own default, below which no default of ours goes."""


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


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """What ends a task, whoever called it."""
    service = hop.callee
    own = deployment.catalog.services[service.name].stop_timeout is not None
    yield Timer(
        at=f"task of {service.name}",
        limits="stopping",
        seconds=service.stop_timeout,
        asked=_longest_answer(service, service.timeout),
        key="stop_timeout",
        reason="as its stop_timeout says" if own else _WHY.get(service.capacity, _WHY_ELSEWHERE),
    )
