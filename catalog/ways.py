"""By which chains of calls a service is reached from the outside."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

from catalog.model import Deployment, Service
from catalog.timers import Hop

_PATIENCE = 1000
"""Chains that are looked at beyond those that are wanted. Without circles of calls, their number is known anyway."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One chain of calls, from an ingress or from a service that begins by itself."""

    ingress: str | None
    services: tuple[Service, ...]

    @property
    def hops(self) -> tuple[Hop, ...]:
        first, *following = self.services
        calls = (Hop(callee=callee, caller=caller) for caller, callee in zip(self.services, following, strict=False))
        return (Hop(callee=first, ingress=self.ingress), *calls)


@dataclass(frozen=True, kw_only=True)
class Ways:
    """The ways to a service, the shortest first, and how many there are beyond those."""

    shown: tuple[Way, ...]
    more: int
    at_least: bool
    """Whether there may be still more: in a large circle of calls nobody counts them all."""


def ways_to(deployment: Deployment, service: Service, *, most: int) -> Ways:
    """The ways to a service on which no service comes twice: the first few of them, and the number of the rest."""
    callers = _callers_upwards(deployment, service)
    begins = _beginnings(deployment, callers)
    steps = _steps_to_a_beginning(callers, begins)
    # The nearest chain first, by what it is long and what it still takes; names decide between equals.
    queue: list[tuple[int, tuple[str, ...], bool]] = []

    def look_at(chain: tuple[str, ...]) -> None:
        if chain[-1] in begins:
            heapq.heappush(queue, (len(chain), chain, True))
        onward = [steps[name] for name in callers[chain[-1]] if name in steps and name not in chain]
        if onward:
            heapq.heappush(queue, (len(chain) + 1 + min(onward), chain, False))

    total = _counted(callers, begins, service.name)
    found: list[Way] = []
    count = looked = 0
    look_at((service.name,))
    while queue and looked < _PATIENCE and (total is None or len(found) < most):
        looked += 1
        _, chain, complete = heapq.heappop(queue)
        if not complete:
            for name in callers[chain[-1]]:
                if name in steps and name not in chain:
                    look_at((*chain, name))
            continue
        count += 1
        if len(found) < most:
            found.append(_way(deployment, chain))
    return Ways(
        shown=tuple(found),
        more=(total if total is not None else count) - len(found),
        at_least=total is None and bool(queue),
    )


def _way(deployment: Deployment, chain: tuple[str, ...]) -> Way:
    services = tuple(deployment.services[name] for name in reversed(chain))
    return Way(ingress=deployment.ingress_of(services[0]), services=services)


def _callers_upwards(deployment: Deployment, service: Service) -> dict[str, tuple[str, ...]]:
    """Everybody who reaches a service, each with its own callers, by name."""
    callers: dict[str, tuple[str, ...]] = {}
    waiting = deque([service.name])
    while waiting:
        name = waiting.popleft()
        if name not in callers:
            callers[name] = tuple(c.name for c in deployment.callers_of(name) if c.name != name)
            waiting.extend(callers[name])
    return callers


def _beginnings(deployment: Deployment, callers: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """Where calls come in: services that are public, or that nobody calls; and in a circle that nobody enters from
    elsewhere, whoever is in it."""
    begins = {name for name, its in callers.items() if not its or deployment.services[name].public is not None}
    closed = callers.keys() - _steps_to_a_beginning(callers, frozenset(begins))
    above = {name: _above(callers, name) for name in closed}
    return frozenset(begins | {name for name in closed if all(name in above[other] for other in above[name])})


def _above(callers: dict[str, tuple[str, ...]], name: str) -> set[str]:
    """Who reaches a service, however far away."""
    found: set[str] = set()
    waiting = [*callers[name]]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting.extend(callers[each])
    return found


def _steps_to_a_beginning(callers: dict[str, tuple[str, ...]], begins: frozenset[str]) -> dict[str, int]:
    """How many calls there are at least from a beginning to a service."""
    callees: dict[str, list[str]] = {}
    for callee, names in callers.items():
        for name in names:
            callees.setdefault(name, []).append(callee)
    steps = dict.fromkeys(sorted(begins), 0)
    waiting = deque(steps)
    while waiting:
        name = waiting.popleft()
        for callee in callees.get(name, ()):
            if callee not in steps:
                steps[callee] = steps[name] + 1
                waiting.append(callee)
    return steps


def _counted(callers: dict[str, tuple[str, ...]], begins: frozenset[str], name: str) -> int | None:
    """How many ways there are: each is one to a caller, and on. None where calls go in a circle."""
    order = _callers_first(callers)
    if order is None:
        return None
    ways: dict[str, int] = {}
    for each in order:
        ways[each] = (each in begins) + sum(ways[caller] for caller in callers[each])
    return ways[name]


def _callers_first(callers: dict[str, tuple[str, ...]]) -> list[str] | None:
    """Everybody after all of its callers; None where calls go in a circle (Kahn's algorithm)."""
    callees: dict[str, list[str]] = {}
    for callee, names in callers.items():
        for name in names:
            callees.setdefault(name, []).append(callee)
    missing = {name: len(its) for name, its in callers.items()}
    order = [name for name, count in missing.items() if count == 0]
    for name in order:  # grows while it is read
        for callee in callees.get(name, ()):
            missing[callee] -= 1
            if missing[callee] == 0:
                order.append(callee)
    return order if len(order) == len(callers) else None
