"""Sizes of tasks."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.sizes import FARGATE_SIZES, Share, nearest_size
from catalog.provenance import Provenance


def not_of_fargate(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Fargate has CPU and memory in pairs (ECS API reference, RegisterTaskDefinition.cpu)."""
    for service in deployment.services.values():
        if not service.on_fargate or service.memory in FARGATE_SIZES.get(service.cpu, ()):
            continue
        base: Path = ("services", service.name)
        wrong = "cpu" if service.cpu not in FARGATE_SIZES or not written.is_set(*base, "memory") else "memory"
        other = "memory" if wrong == "cpu" else "cpu"
        cpu, memory = _in_units(service.cpu, most=16), _in_units(service.memory, most=120)
        yield Finding(
            place=(*base, wrong),
            message=f"Fargate has no task with cpu = {service.cpu} and memory = {service.memory}; "
            f"for {service.name}, {_cure(service, nearest_size(cpu, memory))}",
        )


def _in_units(number: int, *, most: int) -> int:
    """What somebody means who writes vCPUs or GiB."""
    return number * 1024 if 0 < number <= most else number


def _cure(service: Service, nearest: Share) -> str:
    if nearest.cpu < service.cpu or nearest.memory < service.memory:
        return f"the largest is cpu = {nearest.cpu} and memory = {nearest.memory}"
    new_cpu, new_memory = f"cpu = {nearest.cpu}", f"memory = {nearest.memory}"
    if nearest.cpu == service.cpu:
        return f"write {new_memory}"
    new = new_cpu if nearest.memory == service.memory else f"{new_cpu} and {new_memory}"
    smaller = f", or memory = {FARGATE_SIZES[service.cpu][-1]}" if service.cpu in FARGATE_SIZES else ""
    return f"write {new}{smaller}"
