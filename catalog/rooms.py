"""What an instance has for tasks, and how many instances tasks fill: arithmetic, with nothing asked of AWS."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.instances import InstanceType

RESERVED_MEMORY = 256
"""MiB that the agent keeps from tasks, for itself and the system (ECS developer guide, "Reserving Amazon ECS Linux
container instance memory", whose example this is): stacks/container_instances.py tells it so."""
_UNSEEN_MEMORY = 0.075
"""Share of an instance's memory that its kernel never shows. AWS names no number; this is Karpenter's
(`vm-memory-overhead-percent`), which is on the safe side for all types."""
_UNITS = 1024
"""CPU units of a vCPU (ECS API reference, RegisterTaskDefinition.cpu)."""


@dataclass(frozen=True, order=True, kw_only=True)
class Size:
    """What a task takes. Larger ones are harder to place, by GPUs first."""

    gpus: int = 0
    memory: int
    cpu: int


@dataclass(frozen=True, kw_only=True)
class Room:
    """What an instance has for tasks."""

    cpu: int
    memory: int
    gpus: int
    tasks: int
    """How many it can give a network interface: each task has one of its own, and the instance one (ECS developer
    guide, "Task networking"; without trunking, which is a setting of the account)."""

    def holds(self, size: Size) -> int:
        """How many tasks of a size fit."""
        counts = [self.tasks, self.cpu // size.cpu, self.memory // size.memory]
        return min([*counts, self.gpus // size.gpus] if size.gpus else counts)

    def without(self, size: Size, count: int) -> Room:
        return Room(
            cpu=self.cpu - count * size.cpu,
            memory=self.memory - count * size.memory,
            gpus=self.gpus - count * size.gpus,
            tasks=self.tasks - count,
        )

    def lacks(self, size: Size) -> tuple[str, ...]:
        """Why not even one fits, as `memory = 14899`; nothing where one does."""
        short = {
            "gpus": (self.gpus, size.gpus),
            "cpu": (self.cpu, size.cpu),
            "memory": (self.memory, size.memory),
        }
        return tuple(f"{what} = {has}" for what, (has, wanted) in short.items() if has < wanted)


def room_of(type_: InstanceType) -> Room:
    """What tasks find on an instance of a type."""
    return Room(
        cpu=type_.vcpu * _UNITS,
        memory=max(0, math.floor(type_.memory * (1 - _UNSEEN_MEMORY)) - RESERVED_MEMORY),
        gpus=type_.gpus,
        tasks=type_.interfaces - 1,
    )


def instances_needed(tasks: Iterable[tuple[Size, int]], room: Room) -> int:
    """How many equal instances hold tasks, each size so many times: the largest first, each where there is room.

    ECS places as tasks come, by memory: never better than this, now and then worse. Every size must fit alone.
    """
    # Sizes and not services: a catalog has few of these, and this is asked for each of its services.
    sizes: Counter[Size] = Counter()
    for size, count in tasks:
        sizes[size] += count
    opened: list[tuple[Room, int]] = []
    for size, count in sorted(sizes.items(), reverse=True):
        filled: list[tuple[Room, int]] = []
        for left, instances in opened:
            filled += _spread(size, count, left, instances)
            count -= min(count, left.holds(size) * instances)
        if count:
            filled += _spread(size, count, room, math.ceil(count / room.holds(size)))
        opened = filled
    return sum(instances for _, instances in opened)


def _spread(size: Size, count: int, left: Room, instances: int) -> list[tuple[Room, int]]:
    """Equal instances after they took what they hold of `count` tasks: full ones, one in between, and the rest."""
    each = left.holds(size)
    if not each or not count:
        return [(left, instances)]
    full = min(instances, count // each)
    rest = count - full * each if full < instances else 0
    parts = [(left.without(size, each), full), (left.without(size, rest), 1 if rest else 0)]
    parts.append((left, instances - full - (1 if rest else 0)))
    return [(room, number) for room, number in parts if number]
