"""Task sizes: Fargate's, how containers share a task, and how tasks fit the instances of a [capacity]."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    32768: (61440, 122880, 249856),
}
"""CPU units, and the MiB of memory that go with them (ECS developer guide, "Task definition differences for Fargate",
"Task CPU and memory")."""


@dataclass(frozen=True)
class Share:
    """A container's part of its task, or a whole task: CPU units and MiB of memory."""

    cpu: int
    memory: int


def nearest_size(cpu: int, memory: int) -> Share:
    """The smallest Fargate task with at least this CPU and memory, or else the largest."""
    for units, memories in FARGATE_SIZES.items():
        if units >= cpu and memories[-1] >= memory:
            return Share(units, next(mib for mib in memories if mib >= memory))
    largest = max(FARGATE_SIZES)
    return Share(largest, FARGATE_SIZES[largest][-1])


def service_share(cpu: int, memory: int, *beside: Share) -> Share:
    """The share of a task that other containers leave for its service."""
    return Share(cpu - sum(share.cpu for share in beside), memory - sum(share.memory for share in beside))


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """The steps that a service's rollout can take."""

    can_stop: bool
    """Whether a task may stop before a new one runs."""
    may_add: bool
    """Whether more tasks may run than the service requests."""

    def moves(self, *, beside: bool) -> bool:
        """Whether the rollout can proceed; `beside` says whether one more task fits."""
        return self.can_stop or (self.may_add and beside)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The instances that the tasks on a capacity need, for the instance type of which they need the most."""

    type_name: str
    capacity: InstanceCapacity
    needed: int
    """Instances for all tasks that the services request."""
    beside: dict[str, int]
    """Instances for these tasks and one more task of a service during its rollout, by the service's name."""


def size_of(workload: Workload) -> TaskSize:
    """The size of a service's task, including sidecars."""
    return TaskSize(gpus=workload.gpus, memory=workload.memory, cpu=workload.cpu)


def rollout(deploy: Deploy, replicas: int) -> Rollout:
    """The rollout steps that a service's percentages allow (ECS API reference, DeploymentConfiguration: the minimum is
    rounded up, the maximum down)."""
    return Rollout(
        can_stop=math.ceil(replicas * deploy.min / 100) < replicas,
        may_add=math.floor(replicas * deploy.max / 100) > replicas,
    )


def rollout_waves(deployment: Deployment, workload: Workload) -> int:
    """The number of steps in which a rollout replaces all tasks of a service: in each, ECS starts as many new tasks as
    the maximum and the spare instances allow, and stops as many as the minimum allows."""
    count = max(workload.most_tasks, 1)
    beside = math.floor(count * workload.deploy.max / 100) - count
    if not workload.on_fargate:
        beside = _spare(deployment, workload, most=beside)
    return math.ceil(count / max(1, beside + count - math.ceil(count * workload.deploy.min / 100)))


def _spare(deployment: Deployment, workload: Workload, *, most: int) -> int:
    """The number of additional tasks, up to `most`, for which the instances of a capacity have room while all tasks on
    it run."""
    capacity = deployment.catalog.capacity[workload.capacity]
    services = services_on(deployment, workload.capacity)
    counts = {key: each.most_tasks for key, each in services.items()}
    sizes = {key: size_of(each) for key, each in services.items()}
    offered = [capacity_of(type_) for type_ in known_types(capacity)]
    spare = 0
    while most > spare:
        middle = (spare + most + 1) // 2
        more = {**counts, workload.name: counts.get(workload.name, 0) + middle}
        if all(_needed(sizes, more, each) <= capacity.max for each in offered):
            spare = middle
        else:
            most = middle - 1
    return spare


def stop_first(replicas: int) -> dict[str, int]:
    """The percentages with which one task stops before its successor starts, without additional tasks."""
    return {"min": 100 * (replicas - 1) // replicas, "max": 100}


def known_types(capacity: Capacity) -> list[InstanceType]:
    """The instance types of a capacity, without unknown ones."""
    return [instance_types()[name] for name in capacity.instance_types if name in instance_types()]


def services_on(deployment: Deployment, name: str) -> dict[str, Workload]:
    """The services and versions that run on a capacity, by name."""
    return {key: workload for key, workload in deployment.workloads.items() if workload.capacity == name}


def placement(deployment: Deployment, name: str, *, at_most: bool = False) -> Placement | None:
    """The instances that the tasks on a capacity need; None if a task fits no instance, or all types are unknown."""
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
    """`Placement.beside` for each service. The result depends only on the numbers of a service, so equal ones share
    it."""
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
    """Instances for one more task than fits: autoscaling may use all instances before a rollout."""
    count = max(counts[key], 1)
    while count < most and _needed(sizes, {**counts, key: count + 1}, capacity) <= largest:
        count += 1
    return _needed(sizes, {**counts, key: count + 1}, capacity)


def _needed(sizes: dict[str, TaskSize], counts: dict[str, int], capacity: InstanceCapacity) -> int:
    return instances_needed([(sizes[key], count) for key, count in counts.items() if count], capacity)


def fullest_instance(deployment: Deployment, name: str, *, weights: Mapping[str, int]) -> dict[str, int]:
    """The tasks on the instance of a capacity on which the sum of their `weights` is largest, by the service's name:
    those with the largest weight first, as many as fit."""
    services = services_on(deployment, name)
    found: list[dict[str, int]] = [{}]
    for type_ in known_types(deployment.catalog.capacity[name]):
        left, tasks = capacity_of(type_), {}
        for key in sorted(weights, key=lambda key: (-weights[key], key)):
            size = size_of(services[key])
            if size.cpu <= 0 or size.memory <= 0:
                continue
            tasks[key] = min(left.holds(size), max(services[key].most_tasks, 1))
            left = left.without(size, tasks[key])
        found.append(tasks)
    return max(found, key=lambda tasks: sum(weights[key] * count for key, count in tasks.items()))


def chosen_deploys(deployment: Deployment) -> dict[str, Deploy]:
    """The deployment settings of services that set neither `min` nor `max`, and whose new tasks wouldn't fit beside the
    old ones."""
    chosen: dict[str, Deploy] = {}
    for name, capacity in deployment.catalog.capacity.items():
        placed = placement(deployment, name)
        if placed is None:
            continue
        for key, workload in services_on(deployment, name).items():
            configured = {"min", "max"} & workload.deploy.model_fields_set
            if configured or placed.beside.get(key, 0) <= capacity.max:
                continue
            # A rollout that works with the fewest tasks works with more.
            fewest = max(workload.fewest_tasks, 1)
            if not rollout(workload.deploy, fewest).moves(beside=False):
                chosen[key] = workload.deploy.model_copy(update=stop_first(fewest))
    return chosen
