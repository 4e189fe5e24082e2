"""In which order services start: callees first, and where they call each other in a circle, by name."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment


def start_order(deployment: Deployment) -> list[tuple[str, tuple[str, ...]]]:
    """Every service with the callees it waits for, callees before callers.

    Within a circle a service waits only for those callees whose name comes before its own, so that one of two services
    that call each other starts first, always the same one.
    """
    calls = {
        name: [callee.name for callee in deployment.callees_of(service)]
        for name, service in deployment.services.items()
    }
    circle = {name: index for index, members in enumerate(_circles(calls)) for name in members}
    waits = {
        name: tuple(callee for callee in callees if circle[callee] != circle[name] or callee < name)
        for name, callees in calls.items()
    }
    return [(name, waits[name]) for members in _circles(waits) for name in members]


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
