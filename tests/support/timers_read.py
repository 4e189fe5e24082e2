"""Timers as they stand in the Terraform JSON, walked along the calls of a catalog, against what `explain` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from catalog.analysis.call_graph import CallPath, paths_to
from catalog.analysis.timeouts import Hop
from catalog.model import UNLIMITED, Deployment, Service
from catalog.reports.explain import Row, explanation, rows_of
from tests.support.outputs import Shipped
from tests.support.synth import containers, resources

Output = dict[str, Any]
Found = Iterator[tuple[tuple[str, str], float]]
"""Whose timer and what it limits, as `explain` calls it; and its seconds."""
ReadMesh = Callable[[Output, Deployment, Hop], Found]
"""Reads the timers that a mesh wrote into the JSON for a hop."""


def walked(deployment: Deployment, target: Service) -> list[list[str]]:
    """Every path from outside to a service, by nothing but the catalog's own words."""
    callers = {name: [c.name for c in deployment.services.values() if name in c.calls] for name in deployment.services}
    paths, waiting = [], [[target.name]]
    while waiting:
        path = waiting.pop()
        first = deployment.services[path[0]]
        if first.public is not None or not callers[first.name]:
            paths.append(path)
        waiting += [[caller, *path] for caller in callers[first.name] if caller not in path]
    return sorted(paths, key=lambda path: (len(path), path[::-1]))


def assert_timers_are_as_explained(catalog: Shipped, *, of_mesh: ReadMesh) -> None:
    """On every path to every service of a catalog, no timer is shorter than the service's timeout unless `explain` says
    why; what `explain` says is what Terraform gets."""
    for deployment, output in catalog.bases:
        for service in deployment.services.values():
            ways = paths_to(deployment, service, most=1000)
            paths = walked(deployment, service)
            if ways.only_shortest:
                shortest = {path[0]: path for path in reversed(paths)}
                paths = [path for path in paths if path == shortest[path[0]]]
            assert [[s.name for s in way.services] for way in ways.shown] == paths
            text = explanation(deployment, service, report=catalog.loaded.reports[deployment.id])
            for number, way in enumerate(ways.shown[:10], start=1):
                block = text.partition(f"path {number} of ")[2].partition(f"path {number + 1} of ")[0]
                _assert_one(output, deployment, way, block, of_mesh)


def _assert_one(output: Output, deployment: Deployment, way: CallPath, block: str, of_mesh: ReadMesh) -> None:
    target = way.services[-1]
    rows = {(row.timer.at, row.timer.limits): row for row in rows_of(deployment, way)}
    found = {key: seconds for hop in way.hops for key, seconds in _on_hop(output, deployment, hop, of_mesh)}
    aws_own = {key: row.timer.seconds for key, row in rows.items() if row.timer.key is None}
    assert found.keys().isdisjoint(aws_own)
    assert {**found, **aws_own} == {key: row.timer.seconds for key, row in rows.items()}
    for (at, limits), row in rows.items():
        if limits != "start" and not target.is_tcp and row.timer.seconds < target.timeout:
            assert row.note, f"{at}, {limits}: nobody says why {row.timer.seconds} s are less than {target.timeout}"
            assert _line(row, block).endswith(f": {row.note}")
    _assert_marked(list(rows.values()))


def _line(row: Row, block: str) -> str:
    at, limits = f"  {row.timer.at}  ", f"  {row.timer.limits}  "
    [line] = [line for line in block.splitlines() if at in line and limits in line]
    return line


def _assert_marked(rows: list[Row]) -> None:
    """The effective timer is marked, during calls and between them, and no other is shorter."""
    for replacing in (False, True):
        counting = [row for row in rows if row.is_during_replacement is replacing and row.timer.limits != "start"]
        times = [row.timer.seconds for row in counting if row.timer.seconds < UNLIMITED]
        assert [row.timer.seconds for row in counting if row.is_shortest] == ([min(times)] if times else [])


def _on_hop(output: Output, deployment: Deployment, hop: Hop, of_mesh: ReadMesh) -> Found:
    """Load balancer, target group and task are there on every mesh."""
    name = hop.callee.name
    if hop.ingress is not None:
        [balancer] = [lb for address, lb in resources(output, "aws_lb").items() if address.endswith(hop.ingress)]
        yield ("load balancer", "idle timeout"), balancer["idle_timeout"]
        group = resources(output, "aws_lb_target_group")[name]
        yield ("target group", "draining"), float(group["deregistration_delay"])
    yield from of_mesh(output, deployment, hop)
    yield (f"task of {name}", "stop"), containers(output, name)[name]["stopTimeout"]
    grace = resources(output, "aws_ecs_service")[name].get("health_check_grace_period_seconds")
    if grace is not None:
        yield (f"task of {name}", "start"), grace


def of_service_connect(output: Output, deployment: Deployment, hop: Hop) -> Found:
    """Timers at the callee's proxy. The first hop of a call has no proxy."""
    offered = resources(output, "aws_ecs_service")[hop.callee.name]["service_connect_configuration"].get("service", ())
    passed = hop.caller is not None or hop.ingress is not None
    for timers in (each["timeout"] for each in offered if passed and "timeout" in each):
        yield (f"proxy of {hop.callee.name}", "response"), timers["per_request_timeout_seconds"] or UNLIMITED
        yield (f"proxy of {hop.callee.name}", "idle timeout"), timers["idle_timeout_seconds"] or UNLIMITED


def of_nothing(output: Output, deployment: Deployment, hop: Hop) -> Found:
    """Nothing that a catalog could set."""
    yield from ()
