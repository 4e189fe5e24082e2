"""The call graph of a deployment: the order in which services start and states are applied, callees first, and the call
paths from each entry point to a service."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from catalog.analysis.states import BASE, stack_of, stacks_of
from catalog.analysis.timeouts import Hop
from catalog.model import Deployment, Service


def start_order(deployment: Deployment) -> list[tuple[str, tuple[str, ...]]]:
    """Every service with the callees it waits for, callees before callers.

    Within a cycle a service waits only for those callees whose name comes before its own, so that one of two services
    that call each other starts first, always the same one.
    """
    calls = {
        name: [callee.name for callee in deployment.callees_of(service)]
        for name, service in deployment.services.items()
    }
    waits = _without_cycles(calls)
    return [(name, waits[name]) for members in _cycles(waits) for name in members]


def state_order(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    """Every state beside the base, with the others that are applied before it, because its services call theirs. The
    base is applied before all of them, because it has the shared resources."""
    calls: dict[str, set[str]] = {state: set() for state in stacks_of(deployment)}
    for service in deployment.services.values():
        called = {stack_of(callee) for callee in deployment.callees_of(service)} - {BASE, stack_of(service)}
        if service.stack is not None:
            calls[service.stack] |= called
    return _without_cycles({state: sorted(called) for state, called in calls.items()})


def early_callers(deployment: Deployment) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The services that start before some of their callees, with these."""
    before = state_order(deployment)
    for name, waits_for in start_order(deployment):
        service = deployment.services[name]
        state = stack_of(service)
        early = [
            callee.name
            for callee in deployment.callees_of(service)
            if callee.name != name
            and (
                callee.name not in waits_for
                if stack_of(callee) == state
                else stack_of(callee) not in (BASE, *before.get(state, ()))
            )
        ]
        if early:
            yield name, tuple(early)


def calls_back(deployment: Deployment, caller: str, callee: str) -> tuple[str, ...]:
    """The shortest cycle of calls that begins with one call, from the caller to the caller; empty if there is none."""
    for chain in _shortest(_callers_upwards(deployment, deployment.services[caller]), frozenset([callee]), caller):
        return (caller, *reversed(chain))
    return ()


def _without_cycles(calls: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """The callees that each caller waits for: within a cycle only those whose name comes before its own."""
    cycle = {name: index for index, members in enumerate(_cycles(calls)) for name in members}
    return {
        name: tuple(callee for callee in callees if cycle[callee] != cycle[name] or callee < name)
        for name, callees in calls.items()
    }


def _cycles(calls: dict[str, list[str]] | dict[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Strongly connected components, callees first (Tarjan's algorithm, without recursion: catalogs may be deep)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in sorted(calls):
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(calls[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, callees = work[-1]
            for callee in callees:
                if callee not in index:
                    index[callee] = low[callee] = len(index)
                    stack.append(callee)
                    on_stack.add(callee)
                    work.append((callee, iter(calls[callee])))
                    break
                if callee in on_stack:
                    low[name] = min(low[name], index[callee])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    at = stack.index(name)
                    members, stack[at:] = stack[at:], []
                    on_stack.difference_update(members)
                    yield sorted(members)


_Chain = tuple[str, ...]
"""The names of services, from the callee up to the entry point."""


@dataclass(frozen=True, kw_only=True)
class CallPath:
    """One chain of calls, from an ingress or from a service that is an entry point."""

    ingress: str | None
    services: tuple[Service, ...]

    @property
    def hops(self) -> tuple[Hop, ...]:
        first, *following = self.services
        calls = (Hop(callee=callee, caller=caller) for caller, callee in zip(self.services, following, strict=False))
        return (Hop(callee=first, ingress=self.ingress), *calls)


@dataclass(frozen=True, kw_only=True)
class CallPaths:
    """The call paths to a service, the shortest first, and the number of further paths."""

    shown: tuple[CallPath, ...]
    more: int
    only_shortest: bool
    """Whether only the shortest path from each entry point is included, because calls form a cycle."""


def paths_to(deployment: Deployment, service: Service, *, most: int) -> CallPaths:
    """The first few call paths to a service, the shortest first, and the number of the rest. If calls form a cycle,
    only the shortest path from each entry point: counting all of them can take forever."""
    callers = _callers_upwards(deployment, service)
    begins = _entry_points(deployment, callers)
    order = _callers_first(callers)
    if order is None:
        every = sorted(_shortest(callers, begins, service.name), key=_length_and_names)
        chains, total = every[:most], len(every)
    else:
        chains, total = _first_few(order, callers, begins, most=most)
    return CallPaths(
        shown=tuple(_path(deployment, chain) for chain in chains),
        more=total - len(chains),
        only_shortest=order is None,
    )


def _length_and_names(chain: _Chain) -> tuple[int, _Chain]:
    return len(chain), chain


def _path(deployment: Deployment, chain: _Chain) -> CallPath:
    services = tuple(deployment.services[name] for name in reversed(chain))
    return CallPath(ingress=deployment.ingress_of(services[0]), services=services)


def _first_few(
    order: list[str], callers: dict[str, tuple[str, ...]], begins: frozenset[str], *, most: int
) -> tuple[list[_Chain], int]:
    """The shortest chains to the last service of `order`, in which callers come first, and their number: each is
    a chain to a caller, extended by one call."""
    chains: dict[str, list[_Chain]] = {}
    count: dict[str, int] = {}
    for name in order:
        longer = [(name, *chain) for caller in callers[name] for chain in chains[caller]]
        own = [(name,)] if name in begins else []
        chains[name] = heapq.nsmallest(most, [*own, *longer], key=_length_and_names)
        count[name] = len(own) + sum(count[caller] for caller in callers[name])
    return chains[order[-1]], count[order[-1]]


def _shortest(callers: dict[str, tuple[str, ...]], begins: frozenset[str], name: str) -> list[_Chain]:
    """The shortest chain from each entry point to a service."""
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
    """The direct and indirect callers of a service, and the service itself, each with its callers."""
    callers = {
        name: tuple(caller.name for caller in deployment.callers_of(name) if caller.name != name)
        for name in deployment.services
    }
    return {name: callers[name] for name in sorted(_reached(callers, [service.name]))}


def _entry_points(deployment: Deployment, callers: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """The entry points: public services, services without callers, and all services of a cycle that has no callers from
    outside."""
    begins = {name for name, its in callers.items() if not its or deployment.services[name].public is not None}
    closed = callers.keys() - _reached(_callees(callers), begins)
    above = {name: _reached(callers, callers[name]) for name in closed}
    return frozenset(begins | {name for name in closed if all(name in above[other] for other in above[name])})


def _reached(graph: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """Some services, and all services that a graph reaches from them."""
    found: set[str] = set()
    waiting = [*starts]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting.extend(graph.get(each, ()))
    return found


def _callees(callers: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Converts the callers by callee to the callees by caller."""
    callees: dict[str, list[str]] = {}
    for callee, names in callers.items():
        for name in names:
            callees.setdefault(name, []).append(callee)
    return callees


def _callers_first(callers: dict[str, tuple[str, ...]]) -> list[str] | None:
    """The services, each after all of its callers; None if calls form a cycle (Kahn's algorithm)."""
    callees = _callees(callers)
    missing = {name: len(its) for name, its in callers.items()}
    order = [name for name, count in missing.items() if count == 0]
    for name in order:  # grows while it is read
        for callee in callees.get(name, ()):
            missing[callee] -= 1
            if missing[callee] == 0:
                order.append(callee)
    return order if len(order) == len(callers) else None
