"""EC2 instance types: resources of each as EC2 describes them, the part that tasks can use, and the number of instances
that a set of tasks requires.

`python -m tools.aws_data` writes catalog/data/instance_types.json.
"""

from __future__ import annotations

import functools
import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "instance_types.json"
RESERVED_MEMORY = 256
"""MiB that the agent reserves for itself and the system (ECS developer guide, "Reserving Amazon ECS Linux container
instance memory", whose example this is). stacks/cluster/__init__.py configures it."""
_UNSEEN_MEMORY = 0.075
"""Share of an instance's memory that the operating system doesn't see. AWS documents no number. This is Karpenter's
default (`vm-memory-overhead-percent`), which is high enough for all types."""
_UNITS = 1024
"""CPU units of a vCPU (ECS API reference, RegisterTaskDefinition.cpu)."""


@dataclass(frozen=True, kw_only=True)
class InstanceType:
    """Resources of an instance type."""

    name: str
    vcpu: int
    memory: int
    """MiB, including the part that the kernel uses."""
    gpus: int
    architecture: str
    interfaces: int
    """Network interfaces, including the instance's primary one."""


@functools.cache
def instance_types() -> dict[str, InstanceType]:
    """All supported instance types by name."""
    return {
        name: InstanceType(
            name=name, vcpu=vcpu, memory=memory, gpus=gpus, architecture=architecture, interfaces=interfaces
        )
        for name, (vcpu, memory, gpus, architecture, interfaces) in json.loads(FILE.read_text()).items()
    }


@dataclass(frozen=True, order=True, kw_only=True)
class TaskSize:
    """Resources that a task requires. Sizes sort by how hard they are to place, GPUs first."""

    gpus: int = 0
    memory: int
    cpu: int


@dataclass(frozen=True, kw_only=True)
class InstanceCapacity:
    """Resources of an instance that tasks can use."""

    cpu: int
    memory: int
    gpus: int
    tasks: int
    """Largest number of tasks: each requires a network interface, and so does the instance (ECS developer guide, "Task
    networking"; without trunking, which is a setting of the account)."""

    def holds(self, size: TaskSize) -> int:
        """Number of tasks of a size that fit."""
        counts = [self.tasks, self.cpu // size.cpu, self.memory // size.memory]
        return min([*counts, self.gpus // size.gpus] if size.gpus else counts)

    def without(self, size: TaskSize, count: int) -> InstanceCapacity:
        return InstanceCapacity(
            cpu=self.cpu - count * size.cpu,
            memory=self.memory - count * size.memory,
            gpus=self.gpus - count * size.gpus,
            tasks=self.tasks - count,
        )

    def lacks(self, size: TaskSize) -> tuple[str, ...]:
        """Resources that don't suffice for one task, such as `memory = 14899`. Empty if one fits."""
        short = {
            "gpus": (self.gpus, size.gpus),
            "cpu": (self.cpu, size.cpu),
            "memory": (self.memory, size.memory),
        }
        return tuple(f"{name} = {has}" for name, (has, required) in short.items() if has < required)


def capacity_of(type_: InstanceType) -> InstanceCapacity:
    """Resources that tasks can use on an instance of a type."""
    return InstanceCapacity(
        cpu=type_.vcpu * _UNITS,
        memory=max(0, math.floor(type_.memory * (1 - _UNSEEN_MEMORY)) - RESERVED_MEMORY),
        gpus=type_.gpus,
        tasks=type_.interfaces - 1,
    )


def instances_needed(tasks: Iterable[tuple[TaskSize, int]], capacity: InstanceCapacity) -> int:
    """Number of equal instances that fit tasks, given as sizes with counts. Places the largest first, on the first
    instance that fits.

    ECS places tasks as they start, by memory, which may require more instances. Each size must fit on an empty
    instance.
    """
    # Counts by size, because a catalog has far fewer sizes than services, and this runs once for each service.
    sizes: Counter[TaskSize] = Counter()
    for size, count in tasks:
        sizes[size] += count
    opened: list[tuple[InstanceCapacity, int]] = []
    for size, count in sorted(sizes.items(), reverse=True):
        filled: list[tuple[InstanceCapacity, int]] = []
        for left, instances in opened:
            filled += _spread(size, count, left, instances)
            count -= min(count, left.holds(size) * instances)
        if count:
            filled += _spread(size, count, capacity, math.ceil(count / capacity.holds(size)))
        opened = filled
    return sum(instances for _, instances in opened)


def _spread(size: TaskSize, count: int, left: InstanceCapacity, instances: int) -> list[tuple[InstanceCapacity, int]]:
    """Splits equal instances that get `count` tasks into full ones, a partly filled one and empty ones."""
    each = left.holds(size)
    if not each or not count:
        return [(left, instances)]
    full = min(instances, count // each)
    rest = count - full * each if full < instances else 0
    parts = [(left.without(size, each), full), (left.without(size, rest), 1 if rest else 0)]
    parts.append((left, instances - full - (1 if rest else 0)))
    return [(capacity, number) for capacity, number in parts if number]
