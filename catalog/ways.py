"""By which chains of calls a service is reached from the outside."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

from catalog.model import Deployment, Service
from catalog.timers import Hop

_Chain = tuple[str, ...]
"""The names of services from the one that is reached up to the one where calls come in."""


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
    only_shortest: bool
    """Whether, because calls go in a circle, only the shortest way from each beginning counts."""


def ways_to(deployment: Deployment, service: Service, *, most: int) -> Ways:
    """The first few ways to a service, the shortest first, and the number of the rest. If calls go in a circle, of the
    ways from each beginning only the shortest: to count all of them can take forever."""
    callers = _callers_upwards(deployment, service)
    begins = _beginnings(deployment, callers)
    order = _callers_first(callers)
    if order is None:
        every = sorted(_shortest(callers, begins, service.name), key=_length_and_names)
        chains, total = every[:most], len(every)
    else:
        chains, total = _first_few(order, callers, begins, most=most)
    return Ways(
        shown=tuple(_way(deployment, chain) for chain in chains),
        more=total - len(chains),
        only_shortest=order is None,
    )


def _length_and_names(chain: _Chain) -> tuple[int, _Chain]:
    return len(chain), chain


def _way(deployment: Deployment, chain: _Chain) -> Way:
    services = tuple(deployment.services[name] for name in reversed(chain))
    return Way(ingress=deployment.ingress_of(services[0]), services=services)


def _first_few(
    order: list[str], callers: dict[str, tuple[str, ...]], begins: frozenset[str], *, most: int
) -> tuple[list[_Chain], int]:
    """The shortest chains to the last service of `order`, in which callers come first, and how many there are: each is
    one to a caller, and on."""
    chains: dict[str, list[_Chain]] = {}
    count: dict[str, int] = {}
    for name in order:
        longer = [(name, *chain) for caller in callers[name] for chain in chains[caller]]
        own = [(name,)] if name in begins else []
        chains[name] = heapq.nsmallest(most, [*own, *longer], key=_length_and_names)
        count[name] = len(own) + sum(count[caller] for caller in callers[name])
    return chains[order[-1]], count[order[-1]]


def _shortest(callers: dict[str, tuple[str, ...]], begins: frozenset[str], name: str) -> list[_Chain]:
    """The shortest chain from each beginning to a service."""
    chains: dict[str, _Chain] = {name: (name,)}
    waiting = deque([name])
    while waiting:
        each = waiting.popleft()
        for caller in callers[each]:
            if caller not in chains:
                chains[caller] = (*chains[each], caller)
                waiting.append(caller)
    return [chain for each, chain in chains.items() if each in begins]


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
