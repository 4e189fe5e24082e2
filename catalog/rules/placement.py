"""Tasks on Fargate and on instances: whether they fit, and can be replaced."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.instance_types import InstanceCapacity, capacity_of
from catalog.analysis.packing import known_types, placement, rollout, services_on, size_of
from catalog.diagnostics import Finding, did_you_mean, listed, plural
from catalog.frame import Place
from catalog.model import Deployment, Service, Workload
from catalog.model.platform import FARGATE
from catalog.rules import rule

_CPU = (128, 196608)
"""Of a task that is not on Fargate (ECS API reference, RegisterTaskDefinition.cpu)."""
_MEMORY = 256
"""MiB in which a container has room beside a proxy."""
_SPOT_NOTICE = 120
"""Seconds."""


@rule(Workload)
def unknown_capacity(workload: Workload, at: Place) -> Iterator[Finding]:
    """Tasks run on Fargate, or on instances that the catalog describes."""
    known = [*FARGATE, *at.deployment.catalog.capacity]
    if workload.capacity not in known:
        close = did_you_mean(workload.capacity, known)
        fix = f'did you mean "{close}"?' if close else f'add [capacity.{workload.capacity}], or write "fargate"'
        yield at("capacity").error(f'unknown capacity "{workload.capacity}"; {fix}')


@rule(Workload)
def not_on_fargate(workload: Workload, at: Place) -> Iterator[Finding]:
    """Fargate has no GPUs, and ignores the size of shared memory (ECS developer guide, "Task definition differences for
    Fargate")."""
    for key, what in (("gpus", "has no GPUs"), ("shared_memory_mib", "cannot size shared memory")):
        if workload.on_fargate and getattr(workload, key):
            yield at(key).error(f"Fargate {what}; write the name of a [capacity] as capacity, or remove it")


@rule(Workload)
def task_size_out_of_range(workload: Workload, at: Place) -> Iterator[Finding]:
    """Off Fargate a task may have any size within bounds (ECS API reference, RegisterTaskDefinition)."""
    least, most = _CPU
    if workload.on_fargate:
        return
    if not least <= workload.cpu <= most:
        message = f"cpu = {workload.cpu} is out of range; write {least} to {most} units, 1024 for one vCPU"
        yield at("cpu").error(message)
    if workload.memory < _MEMORY:
        message = f"memory = {workload.memory} is too little; write at least {_MEMORY} MiB"
        yield at("memory").error(message)
    elif workload.shared_memory_mib >= workload.memory:
        yield at("shared_memory_mib").error(
            f"shared memory comes out of memory = {workload.memory} ({at('memory').location}); "
            "write less, or more there"
        )


@rule(Service)
def storage_on_instances(service: Service, at: Place) -> Iterator[Finding]:
    """Only Fargate gives a task a disk of its own (ECS API reference, EphemeralStorage)."""
    place = at("storage")
    if at.deployment.capacity_of(service) is not None and place.is_set_here:
        yield place.error(
            f"tasks on instances share their disk; remove it, and write capacity.{service.capacity}.disk_gib"
        )


@rule(Workload)
def architecture_mismatch(workload: Workload, at: Place) -> Iterator[Finding]:
    """An image runs on the processor that it is built for."""
    capacity = at.deployment.capacity_of(workload)
    types = known_types(capacity) if capacity else []
    architectures = {type_.architecture for type_ in types}
    if len(architectures) == 1 and workload.architecture not in architectures:
        there = at.catalog("capacity", workload.capacity, "instance_types")
        yield at("architecture").error(
            f'{workload.name} is for "{workload.architecture}", but {types[0].name} '
            f'({there.location}) is "{types[0].architecture}"; write that here, or another type there'
        )


@rule(Workload)
def stop_timeout_beyond_spot_notice(workload: Workload, at: Place) -> Iterator[Finding]:
    """AWS takes a Spot instance back two minutes after it has said so (EC2 User Guide, "Spot Instance interruption
    notices")."""
    capacity = at.deployment.capacity_of(workload)
    if capacity is not None and capacity.spot and workload.stop_timeout > _SPOT_NOTICE:
        yield at("stop_timeout").notice(
            f"an instance of capacity.{workload.capacity} may be gone {_SPOT_NOTICE} seconds after AWS asks "
            f"for it back (spot, {at.catalog('capacity', workload.capacity, 'spot').location}), whatever is said here; "
            'write "2m" or less, or do without spot'
        )


@rule(Workload)
def task_exceeds_instance(workload: Workload, at: Place) -> Iterator[Finding]:
    """A task that no instance can hold waits forever (ECS developer guide, "Task placement")."""
    capacity = at.deployment.capacity_of(workload)
    for type_ in known_types(capacity) if capacity else ():
        offered, size = capacity_of(type_), size_of(workload)
        lacks = offered.lacks(size)
        if not lacks:
            continue
        key = lacks[0].partition(" ")[0]
        types = at.catalog("capacity", workload.capacity, "instance_types")
        yield at(key).error(
            f"a task of {workload.name} takes {key} = {getattr(size, key)}, and {type_.name} "
            f"({types.location}) has room for {_spelled(offered)}; "
            "write less, or a larger type"
        )
        return


def _spelled(capacity: InstanceCapacity) -> str:
    return listed([f"cpu = {capacity.cpu}", f"memory = {capacity.memory}", f"gpus = {capacity.gpus}"])


@rule(Deployment)
def too_few_instances(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """All replicas find a place within `max`, on whichever of the types AWS starts."""
    for name, capacity in deployment.used_capacity.items():
        placed = placement(deployment, name)
        if placed is None or placed.needed <= capacity.max:
            continue
        services = services_on(deployment, name).values()
        of = [f"{service.title} ({_count(service)})" for service in services if service.first_tasks]
        tasks = placed.capacity.tasks
        offered = f"{_spelled(placed.capacity)}, and for {tasks} {plural('task', tasks)} in all"
        yield at("capacity", name, "max").error(
            f"{listed(of)} {'needs' if len(of) == 1 else 'need'} {placed.needed} of {placed.type_name}, which "
            f"has room for {offered}; write max = {placed.needed} or more, or fewer "
            "replicas"
        )


@rule(Deployment)
def too_few_instances_when_scaled(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Tasks that are scaled beyond their instances wait (ECS developer guide, "Task placement")."""
    for name, capacity in deployment.used_capacity.items():
        first, most = placement(deployment, name), placement(deployment, name, at_most=True)
        if first is None or most is None or first.needed > capacity.max or most.needed <= capacity.max:
            continue
        scaled = [service for service in services_on(deployment, name).values() if service.scale]
        yield at("capacity", name, "max").notice(
            f"when {_at_most(scaled)}, all tasks need {most.needed} of {most.type_name}, and what finds no "
            f"room waits; write max = {most.needed}, or less there"
        )


def _at_most(workloads: list[Workload]) -> str:
    verb = "has its" if len(workloads) == 1 else "have their"
    return f"{listed([workload.title for workload in workloads])} {verb} most tasks"


@rule(Deployment)
def rollout_capacity(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A rollout that stops no task first needs room for one more; where the catalog says nothing of it, one stops."""
    for name, capacity in deployment.used_capacity.items():
        placed = placement(deployment, name)
        if placed is None or placed.needed > capacity.max:
            continue
        for name_of_workload, needed in placed.beside.items():
            if needed > capacity.max:
                workload = deployment.workloads[name_of_workload]
                yield from _full(workload, at(*workload.place), needed=needed, type_name=placed.type_name)


def _count(workload: Workload) -> str:
    return f"scale.min = {workload.first_tasks}" if workload.scale else f"replicas = {workload.replicas}"


def _full(workload: Workload, at: Place, *, needed: int, type_name: str) -> Iterator[Finding]:
    there = at.catalog("capacity", workload.capacity, "max")
    most = at.deployment.catalog.capacity[workload.capacity].max
    set_at = (at("deploy"), at.catalog(*workload.table, "deploy"))
    is_set = any(place(key).is_set for place in set_at for key in ("min", "max"))
    way = rollout(workload.deploy, max(workload.fewest_tasks, 1))
    if is_set and (way.moves(beside=False) or not way.may_add):
        return
    instances = f"the {most} {type_name}" if most > 1 else f"the one {type_name}"
    full = f"{instances} of max ({there.location}) {'have' if most > 1 else 'has'} no room for a new task of "
    full += f"{workload.title} beside the old"
    more = f"write capacity.{workload.capacity}.max = {needed} to have both"
    if is_set:
        yield at("deploy").error(
            f"{full}, and of these none may stop (min = {workload.deploy.min}): no rollout could ever end; "
            f"{more}, or deploy = {{ min = 0, max = 100 }} to stop them first"
        )
        return
    interrupted = ", and nothing answers meanwhile" if max(workload.fewest_tasks, 1) == 1 else ""
    percentages = f"min = {workload.deploy.min}, max = {workload.deploy.max}"
    yield (at("capacity") if at("capacity").is_set else at).notice(
        f"{full}, so a rollout stops tasks first ({percentages}){interrupted}; {more}, or "
        f"deploy = {{ {percentages} }} to say that it is meant"
    )
