"""Task sizes: Fargate's, how containers share a task, and how tasks fit the instances of a [capacity]."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catalog.analysis.instance_types import (
    InstanceCapacity,
    InstanceType,
    TaskSize,
    capacity_of,
    instance_types,
    instances_needed,
)
from catalog.model.deployment import Deployment
from catalog.model.platform import Capacity
from catalog.model.workload import Deploy, Workload


def _steps(first: int, last: int, step: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1, step))


FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: _steps(1024, 4096, 1024),
    1024: _steps(2048, 8192, 1024),
    2048: _steps(4096, 16384, 1024),
    4096: _steps(8192, 30720, 1024),
    8192: _steps(16384, 61440, 4096),
    16384: _steps(32768, 122880, 8192),
}
"""CPU units, and the MiB of memory that go with them (ECS API reference, RegisterTaskDefinition, `cpu`)."""


@dataclass(frozen=True)
class Share:
    """A container's part of its task, or a whole task: CPU units and MiB of memory."""

    cpu: int
    memory: int


def nearest_size(cpu: int, memory: int) -> Share:
    """The smallest Fargate task that holds this much; the largest there is where none does."""
    for units, memories in FARGATE_SIZES.items():
        if units >= cpu and memories[-1] >= memory:
            return Share(units, next(mib for mib in memories if mib >= memory))
    largest = max(FARGATE_SIZES)
    return Share(largest, FARGATE_SIZES[largest][-1])


def service_share(cpu: int, memory: int, *beside: Share) -> Share:
    """What is left of a task for its service, beside other containers."""
    return Share(cpu - sum(share.cpu for share in beside), memory - sum(share.memory for share in beside))


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
    capacity: InstanceCapacity
    needed: int
    """Instances for all tasks that the services ask for."""
    beside: dict[str, int]
    """Instances for all of these and, while it rolls out, one more task of a service than it ever has room for at once,
    by its name."""


def size_of(workload: Workload) -> TaskSize:
    """What a task of a service takes, sidecars included."""
    return TaskSize(gpus=workload.gpus, memory=workload.memory, cpu=workload.cpu)


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


def services_on(deployment: Deployment, name: str) -> dict[str, Workload]:
    """The services, and other versions of them, that run on a capacity, by name."""
    return {key: workload for key, workload in deployment.workloads.items() if workload.capacity == name}


def placement(deployment: Deployment, name: str, *, at_most: bool = False) -> Placement | None:
    """What the tasks on a capacity need; None where one does not fit a type at all, or nothing is known of it."""
    services = services_on(deployment, name)
    sizes = {key: size_of(workload) for key, workload in services.items()}
    capacities = {type_.name: capacity_of(type_) for type_ in known_types(deployment.catalog.capacity[name])}
    possible = all(size.cpu > 0 and size.memory > 0 for size in sizes.values())
    if not (
        capacities
        and possible
        and all(capacity.holds(size) for capacity in capacities.values() for size in sizes.values())
    ):
        return None
    counts = {key: workload.most_tasks if at_most else workload.first_tasks for key, workload in services.items()}
    largest = deployment.catalog.capacity[name].max
    found = [
        Placement(
            type_name=type_name,
            capacity=capacity,
            needed=_needed(sizes, counts, capacity),
            beside=_all_beside(services, sizes, counts, capacity, largest=largest),
        )
        for type_name, capacity in capacities.items()
    ]
    return max(found, key=lambda each: each.needed)


def _all_beside(
    services: dict[str, Workload],
    sizes: dict[str, TaskSize],
    counts: dict[str, int],
    capacity: InstanceCapacity,
    *,
    largest: int,
) -> dict[str, int]:
    """For each service: what it comes to depends on its numbers alone, which many share."""
    known: dict[tuple[TaskSize, int, int], int] = {}
    for key, workload in services.items():
        alike = (sizes[key], counts[key], workload.most_tasks)
        if workload.most_tasks and alike not in known:
            known[alike] = _beside(key, sizes, counts, capacity, most=workload.most_tasks, largest=largest)
    return {
        key: known[sizes[key], counts[key], workload.most_tasks]
        for key, workload in services.items()
        if workload.most_tasks
    }


def _beside(
    key: str, sizes: dict[str, TaskSize], counts: dict[str, int], capacity: InstanceCapacity, *, most: int, largest: int
) -> int:
    """Instances for one more task of a service beside as many as there is room for: what scales may fill them all."""
    count = max(counts[key], 1)
    while count < most and _needed(sizes, {**counts, key: count + 1}, capacity) <= largest:
        count += 1
    return _needed(sizes, {**counts, key: count + 1}, capacity)


def _needed(sizes: dict[str, TaskSize], counts: dict[str, int], capacity: InstanceCapacity) -> int:
    return instances_needed([(sizes[key], count) for key, count in counts.items() if count], capacity)


def chosen_deploys(deployment: Deployment) -> dict[str, Deploy]:
    """Of services that say nothing of `min` and `max`, and whose rollout would find no room beside the old tasks: how
    they are replaced instead."""
    chosen: dict[str, Deploy] = {}
    for name, capacity in deployment.catalog.capacity.items():
        placed = placement(deployment, name)
        if placed is None:
            continue
        for key, workload in services_on(deployment, name).items():
            said = {"min", "max"} & workload.deploy.model_fields_set
            if said or placed.beside.get(key, 0) <= capacity.max:
                continue
            # What can move with so few can with more.
            fewest = max(workload.fewest_tasks, 1)
            if not rollout(workload.deploy, fewest).moves(beside=False):
                chosen[key] = workload.deploy.model_copy(update=stop_first(fewest))
    return chosen
