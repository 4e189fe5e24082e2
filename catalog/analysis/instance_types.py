"""EC2 instance types: what each has by EC2's own description, what of that is left for tasks, and how many instances a
number of tasks fills.

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
"""MiB that the agent keeps from tasks, for itself and the system (ECS developer guide, "Reserving Amazon ECS Linux
container instance memory", whose example this is): stacks/cluster/__init__.py tells it so."""
_UNSEEN_MEMORY = 0.075
"""Share of an instance's memory that its kernel never shows. AWS names no number; this is Karpenter's
(`vm-memory-overhead-percent`), which is on the safe side for all types."""
_UNITS = 1024
"""CPU units of a vCPU (ECS API reference, RegisterTaskDefinition.cpu)."""


@dataclass(frozen=True, kw_only=True)
class InstanceType:
    """What an instance type has."""

    name: str
    vcpu: int
    memory: int
    """MiB, before the kernel has taken its part."""
    gpus: int
    architecture: str
    interfaces: int
    """Network interfaces, its own included."""


@functools.cache
def instance_types() -> dict[str, InstanceType]:
    """Every instance type that can run tasks here, by name."""
    return {
        name: InstanceType(
            name=name, vcpu=vcpu, memory=memory, gpus=gpus, architecture=architecture, interfaces=interfaces
        )
        for name, (vcpu, memory, gpus, architecture, interfaces) in json.loads(FILE.read_text()).items()
    }


@dataclass(frozen=True, order=True, kw_only=True)
class TaskSize:
    """What a task takes. Larger ones are harder to place, by GPUs first."""

    gpus: int = 0
    memory: int
    cpu: int


@dataclass(frozen=True, kw_only=True)
class InstanceCapacity:
    """What an instance has for tasks."""

    cpu: int
    memory: int
    gpus: int
    tasks: int
    """How many it can give a network interface: each task has one of its own, and the instance one (ECS developer
    guide, "Task networking"; without trunking, which is a setting of the account)."""

    def holds(self, size: TaskSize) -> int:
        """How many tasks of a size fit."""
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
        """Why not even one fits, as `memory = 14899`; nothing where one does."""
        short = {
            "gpus": (self.gpus, size.gpus),
            "cpu": (self.cpu, size.cpu),
            "memory": (self.memory, size.memory),
        }
        return tuple(f"{what} = {has}" for what, (has, wanted) in short.items() if has < wanted)


def capacity_of(type_: InstanceType) -> InstanceCapacity:
    """What tasks find on an instance of a type."""
    return InstanceCapacity(
        cpu=type_.vcpu * _UNITS,
        memory=max(0, math.floor(type_.memory * (1 - _UNSEEN_MEMORY)) - RESERVED_MEMORY),
        gpus=type_.gpus,
        tasks=type_.interfaces - 1,
    )


def instances_needed(tasks: Iterable[tuple[TaskSize, int]], capacity: InstanceCapacity) -> int:
    """How many equal instances hold tasks, each size so many times: the largest first, each where there is room.

    ECS places as tasks come, by memory: never better than this, now and then worse. Every size must fit alone.
    """
    # Sizes and not services: a catalog has few of these, and this is asked for each of its services.
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
    """Equal instances after they took what they hold of `count` tasks: full ones, one in between, and the rest."""
    each = left.holds(size)
    if not each or not count:
        return [(left, instances)]
    full = min(instances, count // each)
    rest = count - full * each if full < instances else 0
    parts = [(left.without(size, each), full), (left.without(size, rest), 1 if rest else 0)]
    parts.append((left, instances - full - (1 if rest else 0)))
    return [(capacity, number) for capacity, number in parts if number]
