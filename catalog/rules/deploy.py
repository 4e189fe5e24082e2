"""Rollouts that can move."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog.durations import spelled_duration
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.rules.each import containers
from catalog.stopping import LONGEST_STOP, SHORTEST_STOP
from catalog.provenance import Provenance


def cannot_move(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A rollout starts a task first or stops one first (ECS API reference, DeploymentConfiguration: the minimum is
    rounded up, the maximum down)."""
    for service in deployment.services.values():
        # Fewer tasks are harder to move than more; and of a service that is scaled, some run at times.
        replicas = max(service.fewest_tasks, 1) if service.scale else service.replicas
        deploy = service.deploy
        stays, may_run = math.ceil(replicas * deploy.min / 100), math.floor(replicas * deploy.max / 100)
        if replicas == 0 or stays < replicas or may_run > replicas:
            continue
        place: Path = ("services", service.name, "deploy")
        tasks = "1 task" if replicas == 1 else f"{replicas} tasks"
        tasks = f"{tasks} at least" if service.scale else tasks
        needed = math.ceil(100 * (replicas + 1) / replicas)
        cure = f"write max = {needed}{' or more' if needed < 200 else ''}"
        yield Finding(
            place=place,
            message=f"of the {tasks} of {service.name}, none may stop (min = {deploy.min}) and none may be added "
            f"(max = {deploy.max}); {cure}, or a lower min",
        )


def stop_out_of_bounds(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.stopTimeout)."""
    least, most = SHORTEST_STOP, LONGEST_STOP
    for place, container in containers({name: each for name, each in deployment.services.items() if each.on_fargate}):
        stop = container.stop_timeout
        if stop is not None and not least <= stop <= most:
            yield Finding(
                place=(*place, "stop_timeout"),
                message=f'{spelled_duration(stop)} is out of range on Fargate; write "{least}s" to "{most}s"',
            )
