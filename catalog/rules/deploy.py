"""Rollouts that can move."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog.durations import spelled_duration
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.written import Written

_STOP = (2, 120)
"""Seconds (ECS API reference, ContainerDefinition.stopTimeout, on Fargate)."""


def cannot_move(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A rollout starts a task first or stops one first (ECS API reference, DeploymentConfiguration: the minimum is
    rounded up, the maximum down)."""
    for service in deployment.services.values():
        replicas, deploy = service.replicas, service.deploy
        stays, may_run = math.ceil(replicas * deploy.min / 100), math.floor(replicas * deploy.max / 100)
        if replicas == 0 or stays < replicas or may_run > replicas:
            continue
        place: Path = ("services", service.name, "deploy")
        tasks = "1 task" if replicas == 1 else f"{replicas} tasks"
        needed = math.ceil(100 * (replicas + 1) / replicas)
        cure = f"write max = {needed}{' or more' if needed < 200 else ''}"
        yield Finding(
            place=place,
            message=f"of the {tasks} of {service.name}, none may stop (min = {deploy.min}) and none may be added "
            f"(max = {deploy.max}); {cure}, or a lower min",
            about=(("services", service.name, "replicas"),),
        )


def stop_out_of_bounds(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.stopTimeout)."""
    least, most = _STOP
    for service in deployment.services.values():
        if service.on_fargate and not least <= service.stop_timeout <= most:
            yield Finding(
                place=("services", service.name, "stop_timeout"),
                message=f"{spelled_duration(service.stop_timeout)} is out of range on Fargate; "
                f'write "{least}s" to "{most}s"',
            )
