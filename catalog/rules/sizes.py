"""Sizes of tasks."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.rules.written import Written
from catalog.sizes import FARGATE_SIZES, Share, nearest_size


def not_of_fargate(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Fargate has CPU and memory in pairs (ECS API reference, RegisterTaskDefinition.cpu)."""
    for service in deployment.services.values():
        if service.memory in FARGATE_SIZES.get(service.cpu, ()):
            continue
        base: Path = ("services", service.name)
        wrong = "cpu" if service.cpu not in FARGATE_SIZES or not written.written(*base, "memory") else "memory"
        other = "memory" if wrong == "cpu" else "cpu"
        nearest = nearest_size(service.cpu, service.memory)
        yield Finding(
            place=(*base, wrong),
            message=f"Fargate has no task with cpu = {service.cpu} and memory = {service.memory}; "
            f"for {service.name}, {_cure(service.cpu, service.memory, nearest)}",
            about=((*base, other),),
        )


def _cure(cpu: int, memory: int, nearest: Share) -> str:
    if nearest.cpu < cpu or nearest.memory < memory:
        return f"the largest is cpu = {nearest.cpu} and memory = {nearest.memory}"
    if nearest.cpu == cpu:
        return f"write memory = {nearest.memory}"
    both = f"write cpu = {nearest.cpu} and memory = {nearest.memory}"
    if nearest.memory == memory:
        both = f"write cpu = {nearest.cpu}"
    return f"{both}, or memory = {FARGATE_SIZES[cpu][-1]}" if cpu in FARGATE_SIZES else both
