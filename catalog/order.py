"""In which order services start, and states are applied: callees first, and where they call each other in a circle, by
name."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.states import BASE, stack_of, stacks_of


def start_order(deployment: Deployment) -> list[tuple[str, tuple[str, ...]]]:
    """Every service with the callees it waits for, callees before callers.

    Within a circle a service waits only for those callees whose name comes before its own, so that one of two services
    that call each other starts first, always the same one.
    """
    calls = {
        name: [callee.name for callee in deployment.callees_of(service)]
        for name, service in deployment.services.items()
    }
    waits = _without_circles(calls)
    return [(name, waits[name]) for members in _circles(waits) for name in members]


def state_order(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    """Every state beside the base, with the others that are applied before it, because its services call theirs. The
    base comes before all of them: it holds what they are made with."""
    calls: dict[str, set[str]] = {state: set() for state in stacks_of(deployment)}
    for service in deployment.services.values():
        called = {stack_of(callee) for callee in deployment.callees_of(service)} - {BASE, stack_of(service)}
        if service.stack is not None:
            calls[service.stack] |= called
    return _without_circles({state: sorted(called) for state, called in calls.items()})


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


def _without_circles(calls: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Who waits for whom: within a circle only for those whose name comes before one's own."""
    circle = {name: index for index, members in enumerate(_circles(calls)) for name in members}
    return {
        name: tuple(callee for callee in callees if circle[callee] != circle[name] or callee < name)
        for name, callees in calls.items()
    }


def _circles(calls: dict[str, list[str]] | dict[str, tuple[str, ...]]) -> Iterator[list[str]]:
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
