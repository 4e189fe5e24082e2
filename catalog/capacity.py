"""Whether tasks fit the instances that a catalog gives them: arithmetic, with nothing asked of AWS."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.instances import InstanceType, instance_types
from catalog.model.capacity import Capacity
from catalog.model.catalog import Catalog
from catalog.model.service import Deploy, ServiceKeys

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


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """How a service's tasks can be replaced."""

    can_stop: bool
    """Whether some may stop before new ones run."""
    may_add: bool
    """Whether more may run than the service asks for."""

    def moves(self, *, beside: bool) -> bool:
        """Whether it can take a step; `beside`: whether there is room for one more task."""
        return self.can_stop or (self.may_add and beside)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What the tasks on a capacity need, on the type of which they need most instances."""

    type_name: str
    room: Room
    needed: int
    """Instances for all tasks that the services ask for."""
    beside: dict[str, int]
    """Instances for all of these and, while it rolls out, one more task of a service, by its name."""


def room_of(type_: InstanceType) -> Room:
    """What tasks find on an instance of a type."""
    return Room(
        cpu=type_.vcpu * _UNITS,
        memory=max(0, math.floor(type_.memory * (1 - _UNSEEN_MEMORY)) - RESERVED_MEMORY),
        gpus=type_.gpus,
        tasks=type_.interfaces - 1,
    )


def size_of(service: ServiceKeys) -> Size:
    """What a task of a service takes, sidecars included."""
    return Size(gpus=service.gpus, memory=service.memory, cpu=service.cpu)


def instances_needed(tasks: Iterable[tuple[Size, int]], room: Room) -> int:
    """How many equal instances hold tasks, each size so many times: the largest first, each where there is room.

    ECS places as tasks come, by memory: never better than this, now and then worse. Every size must fit alone.
    """
    opened: list[tuple[Room, int]] = []
    for size, count in sorted(tasks, reverse=True):
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


def rollout(deploy: Deploy, replicas: int) -> Rollout:
    """What a service's percentages allow (ECS API reference, DeploymentConfiguration: the minimum is rounded up, the
    maximum down)."""
    return Rollout(
        can_stop=math.ceil(replicas * deploy.min / 100) < replicas,
        may_add=math.floor(replicas * deploy.max / 100) > replicas,
    )


def stop_first(replicas: int) -> dict[str, int]:
    """The percentages with which one task stops before its successor starts, and no more run than before."""
    return {"min": 100 * (replicas - 1) // replicas, "max": 100}


def known_types(capacity: Capacity) -> list[InstanceType]:
    """The instance types of a capacity, without those that there are not."""
    return [instance_types()[name] for name in capacity.instance_types if name in instance_types()]


def services_on(catalog: Catalog, name: str) -> dict[str, ServiceKeys]:
    """The services that run on a capacity, by name."""
    return {key: service for key, service in sorted(catalog.services.items()) if service.capacity == name}


def placement(catalog: Catalog, name: str) -> Placement | None:
    """What the tasks on a capacity need; None where one does not fit a type at all, or nothing is known of it."""
    services = services_on(catalog, name)
    sizes = {key: size_of(service) for key, service in services.items()}
    rooms = {type_.name: room_of(type_) for type_ in known_types(catalog.capacity[name])}
    possible = all(size.cpu > 0 and size.memory > 0 for size in sizes.values())
    if not (rooms and possible and all(room.holds(size) for room in rooms.values() for size in sizes.values())):
        return None
    counts = {key: service.replicas for key, service in services.items()}
    found = [
        Placement(
            type_name=type_name,
            room=room,
            needed=_needed(sizes, counts, room),
            beside={key: _needed(sizes, {**counts, key: count + 1}, room) for key, count in counts.items() if count},
        )
        for type_name, room in rooms.items()
    ]
    return max(found, key=lambda each: each.needed)


def _needed(sizes: dict[str, Size], counts: dict[str, int], room: Room) -> int:
    return instances_needed([(sizes[key], count) for key, count in counts.items() if count], room)


def chosen_deploys(catalog: Catalog) -> dict[str, Deploy]:
    """Of services that say nothing of `min` and `max`, and whose rollout would find no room beside the old tasks: how
    they are replaced instead."""
    chosen: dict[str, Deploy] = {}
    for name, capacity in catalog.capacity.items():
        placed = placement(catalog, name)
        if placed is None:
            continue
        for key, service in services_on(catalog, name).items():
            said = {"min", "max"} & service.deploy.model_fields_set
            if said or not service.replicas or placed.beside[key] <= capacity.max:
                continue
            if not rollout(service.deploy, service.replicas).moves(beside=False):
                chosen[key] = service.deploy.model_copy(update=stop_first(service.replicas))
    return chosen
