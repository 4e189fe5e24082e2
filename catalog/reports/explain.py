"""The timers on the call paths to a service, as tables: what `make explain` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.analysis.call_graph import CallPath, paths_to
from catalog.analysis.timeouts import REPLACING, Hop, Timer
from catalog.diagnostics import listed, plural
from catalog.frame import Place
from catalog.meshes.features import unsupported_requests
from catalog.meshes.hops import timers_of
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import short_duration
from catalog.reading.layers import Report

_MOST = 10
"""The number of paths that are printed; the rest are only counted."""
_LEGEND = {
    "shortest": "<- shortest: this timer of the table runs out first",
    "too short": "<- too short: this timer is shorter than requested, or than the response may take",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One timer on a path, with a note."""

    hop: Hop
    timer: Timer
    note: str = ""
    """Why the timer is shorter than requested; empty if it isn't."""
    is_shortest: bool = False

    @property
    def is_during_replacement(self) -> bool:
        return self.timer.limits in REPLACING


def explanations(name: str, deployments: Sequence[Deployment], *, reports: Mapping[str, Report]) -> str:
    """The explanation of a service in each deployment, and a legend of the marks. Deployments with equal explanations
    share one, whose first line has all their ids."""
    ids_by_text: dict[str, list[str]] = {}
    for each in deployments:
        text = explanation(each, each.services[name], report=reports[each.id])
        ids_by_text.setdefault(text.removeprefix(f"{name} in {each.id}"), []).append(each.id)
    blocks = [f"{name} in {listed(ids, most=len(ids))}{text}" for text, ids in ids_by_text.items()]
    legend = [line for mark, line in _LEGEND.items() if any(f"  <- {mark}" in text for text in blocks)]
    return "\n".join([*blocks, "\n".join(legend) + "\n"] if legend else blocks)


def explanation(deployment: Deployment, service: Service, *, report: Report) -> str:
    """All timers on every path to a service, and the settings of the service that the mesh doesn't support."""
    paths = paths_to(deployment, service, most=_MOST)
    total = len(paths.shown) + paths.more
    blocks = [_headline(deployment, service)]
    for number, path in enumerate(paths.shown, start=1):
        blocks.append(f"path {number} of {total}: {_chain(path)}\n\n{_table(rows_of(deployment, path))}")
    if paths.more:
        blocks.append(f"and {paths.more} more {plural('path', paths.more)}")
    if paths.only_shortest:
        blocks.append("calls form a cycle: only the shortest path from each entry point is shown")
    if unsupported := list(_unsupported(deployment, service, report)):
        heading = f"requested by {service.name}, not supported by mesh {deployment.catalog.mesh.kind}:"
        blocks.append("\n".join([heading, *unsupported]))
    return "\n\n".join(blocks) + "\n"


def rows_of(deployment: Deployment, path: CallPath) -> tuple[Row, ...]:
    """Every timer on a path, in the order in which a call reaches them. Those that run only while a task is replaced
    are last. A proxy that is both a callee's and a caller's has one row, with the longest requested time."""
    rows_by_timer: dict[tuple[str, str], Row] = {}
    for hop in path.hops:
        for timer in timers_of(deployment, hop):
            row = rows_by_timer.setdefault((timer.at, timer.limits), Row(hop=hop, timer=timer))
            if row.timer.requested < timer.requested:
                rows_by_timer[timer.at, timer.limits] = replace(
                    row, timer=replace(row.timer, requested=timer.requested)
                )
    rows = sorted(rows_by_timer.values(), key=lambda row: row.is_during_replacement)
    target = path.services[-1]
    shortest = [_shortest(row for row in rows if row.is_during_replacement is replacing) for replacing in (False, True)]
    return tuple(replace(row, note=_note(row, target), is_shortest=row in shortest) for row in rows)


def _shortest(rows: Iterator[Row]) -> Row | None:
    """The first of the shortest timers. A timer for starting doesn't end calls."""
    counting = [row for row in rows if row.timer.seconds < UNLIMITED and row.timer.limits != "start"]
    return min(counting, key=lambda row: row.timer.seconds, default=None)


def _note(row: Row, target: Service) -> str:
    timer = row.timer
    if timer.is_short:
        return timer.reason
    if not row.is_during_replacement and not target.is_tcp and timer.seconds < target.timeout:
        # As long as requested here, or longer, but too short for the target's response.
        return timer.reason if timer.key is None else f"set by {timer.key} of {row.hop.callee.name}"
    return ""


def _headline(deployment: Deployment, service: Service) -> str:
    port = "no port" if service.port is None else f"{service.protocol} on port {service.port}"
    times = [] if service.is_tcp else [f"timeout {short_duration(service.timeout)}"]
    times.append(f"idle_timeout {short_duration(service.idle_timeout)}")
    return f"{service.name} in {deployment.id}, mesh {deployment.catalog.mesh.kind}: {', '.join([port, *times])}"


def _chain(path: CallPath) -> str:
    begin = [f"ingress {path.ingress}"] if path.ingress is not None else []
    return " > ".join([*begin, *(service.name for service in path.services)])


def _step(hop: Hop) -> str:
    if hop.caller is not None:
        return f"{hop.caller.name} > {hop.callee.name}"
    return f"{hop.ingress} > {hop.callee.name}" if hop.ingress is not None else hop.callee.name


def _table(rows: tuple[Row, ...]) -> str:
    """Two tables, each with its shortest timer marked: timers of every call, and timers while a task is replaced."""
    calls = [row for row in rows if not row.is_during_replacement]
    replacing = [row for row in rows if row.is_during_replacement]
    cells = [("hop", "timer", "limits", "requested", "effective")] if calls else []
    cells += [_cells(row, _step(row.hop)) for row in calls]
    cells += [("while a task is replaced", "", "", "requested", "effective")]
    cells += [_cells(row, row.hop.callee.name) for row in replacing]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    notes = ["", *map(_marked, calls)] if calls else []
    notes += ["", *map(_marked, replacing)]
    lines = [_aligned(line, widths, note) for line, note in zip(cells, notes, strict=True)]
    if calls:
        lines.insert(len(calls) + 1, "")
    else:
        lines[:0] = ["  no timer runs during a call", ""]
    return "\n".join(lines)


def _cells(row: Row, step: str) -> tuple[str, str, str, str, str]:
    timer = row.timer
    return (step, timer.at, timer.limits, short_duration(timer.requested), short_duration(timer.seconds))


def _aligned(cells: tuple[str, str, str, str, str], widths: list[int], note: str) -> str:
    words = [cell.ljust(width) for cell, width in zip(cells[:3], widths[:3], strict=True)]
    times = [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)]
    return f"  {'  '.join([*words, *times])}{note}".rstrip()


def _marked(row: Row) -> str:
    if not row.is_shortest and not row.note:
        return ""
    return f"  <- {': '.join(filter(None, ('shortest' if row.is_shortest else 'too short', row.note)))}"


def _unsupported(deployment: Deployment, service: Service, report: Report) -> Iterator[str]:
    """The settings of a service, or of its built-in profile, that the mesh doesn't support."""
    with_profile = _WithProfile(report)
    for feature, verdict, places in unsupported_requests(Place(deployment, with_profile)):
        for place in places:
            if place.path[:2] == service.place:
                source = f'profile "{service.profile}"' if with_profile.is_built_in(*place.path) else place.location
                yield f"  {feature.keys} ({source}): {verdict.how}"


class _WithProfile:
    """A report in which the settings of a built-in profile count as set."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.is_set_here, self.location, self.removed_by = report.is_set_here, report.location, report.removed_by

    def is_set(self, *path: str | int) -> bool:
        return self._report.is_set(*path) or self.is_built_in(*path)

    def is_built_in(self, *path: str | int) -> bool:
        return self._report.layers.origin(path)[0] is None
