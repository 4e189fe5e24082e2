"""Addresses of callees in the texts of services, as in `{llm.url}`: each must have a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from catalog.diagnostics import Finding, Path, did_you_mean, spelled
from catalog.model.workload import TABLES
from catalog.reading import interpolation
from catalog.reading.layers import Tree, tables_in, value_at


def unresolved(tree: Tree, values: Mapping[str, str], *, wrong: Set[Path]) -> Iterator[Finding]:
    """The placeholders of workloads' environments and log routers that have no value. An address that rests on one of
    the values that are `wrong` is passed over."""
    for key in TABLES:
        for name, workload in tables_in(tree.get(key)):
            versions = workload.get("versions")
            yield from _of_workload(tree, workload, (key, name), values, wrong)
            for index, version in enumerate(versions if isinstance(versions, tuple) else ()):
                if isinstance(version, dict):
                    yield from _of_workload(tree, version, (key, name, "versions", index), values, wrong)


def _of_workload(
    tree: Tree, workload: Tree, place: Path, values: Mapping[str, str], wrong: Set[Path]
) -> Iterator[Finding]:
    caller = place[:2]

    def address(placeholder: str) -> str:
        reason = _why_unreachable(tree, caller, placeholder)
        if reason is not None and not _rests_on(wrong, caller=caller, callee=placeholder.partition(".")[0]):
            raise interpolation.Unknown(reason)
        return ""

    callees = {*_names(tree, "services"), *_names(tree, "external")}
    for at, text in _texts(workload, place):
        if (message := interpolation.near_miss(text, values, callees=callees)) is not None:
            yield Finding(place=at, message=message)
            continue
        try:
            interpolation.fill(text, values, address=address)
        except interpolation.Unknown as reason:
            yield Finding(place=at, message=str(reason))


def _rests_on(wrong: Set[Path], *, caller: Path, callee: str) -> bool:
    """Whether an address rests on a value that is wrong: the caller's calls, or the callee."""
    needed = (("services", callee), ("services", callee, "port"), ("external", callee))
    in_calls = any(path[:3] == (*caller, "calls") for path in wrong)
    return in_calls or any(path[:end] in wrong for path in needed for end in range(1, len(path) + 1))


def _texts(workload: Tree, place: Path) -> Iterator[tuple[Path, str]]:
    tables = [((*place, "environment"), workload.get("environment"))]
    for name, sidecar in tables_in(workload.get("sidecars")):
        tables.append(((*place, "sidecars", name, "environment"), sidecar.get("environment")))
    for _, router in tables_in({"router": value_at(workload, "logs", "router")}):
        tables.append(((*place, "logs", "router", "options"), router.get("options")))
    for at, table in tables:
        for key, text in table.items() if isinstance(table, dict) else ():
            if isinstance(text, str):
                yield (*at, key), text


def _why_unreachable(tree: Tree, caller: Path, placeholder: str) -> str | None:
    """Why an address has no value, and what to do; None if it has one, and for a call that leads nowhere: a rule says
    what is wrong with that (`catalog.rules.calls`)."""
    name, _, what = placeholder.partition(".")
    services, external = _names(tree, "services"), _names(tree, "external")
    calls = value_at(tree, *caller).get("calls", ())
    literal = f"write {{{{{placeholder}}} for literal text"
    if not isinstance(calls, tuple):
        return None
    if name in external or value_at(tree, "services", name, "port") is not None:
        if name in calls:
            return None
        return f'{{{placeholder}}} needs the call; add "{name}" to {spelled(caller)}.calls, or {literal}'
    if name in calls and name in services:
        return f'{{{placeholder}}} has no value: "{name}" has no port; give services.{name} a port, or {literal}'
    if name in calls:
        return None
    if name in services:
        return f'{{{placeholder}}} needs the call; add "{name}" to {spelled(caller)}.calls, or {literal}'
    for new in (new for new, table in tables_in(tree.get("services")) if table.get("renamed_from") == name):
        return f"{{{placeholder}}} has no value: it is renamed; write {{{new}.{what}}}, or {literal}"
    close = did_you_mean(name, sorted({*services, *external}))
    guess = f"did you mean {{{close}.{what}}}? Or" if close else "name a service that it calls, or"
    return f'{{{placeholder}}} has no value: there is no "{name}"; {guess} {literal}'


def _names(tree: Tree, key: str) -> list[str]:
    table = tree.get(key)
    return list(table) if isinstance(table, dict) else []
