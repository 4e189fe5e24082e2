"""Tasks on EC2 capacity: whether they fit together, and can be replaced."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.capacity import known_types, placement, rollout, services_on, size_of
from catalog.model import Deployment, Workload
from catalog.problems import Finding, Path, listed
from catalog.rooms import Room, room_of
from catalog.written import Written


def does_not_fit(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A task that no instance can hold waits forever (ECS developer guide, "Task placement")."""
    for service in deployment.services.values():
        capacity = deployment.capacity_of(service)
        for type_ in known_types(capacity) if capacity else ():
            room, size = room_of(type_), size_of(service)
            lacks = room.lacks(size)
            if not lacks:
                continue
            key = lacks[0].partition(" ")[0]
            yield Finding(
                place=("services", service.name, key),
                message=f"a task of {service.name} takes {key} = {getattr(size, key)}, and {type_.name} "
                f"({written.where('capacity', service.capacity, 'instance_types')}) has room for {_spelled(room)}; "
                "write less, or a larger type",
                about=(("services", service.name, "capacity"), ("capacity", service.capacity, "instance_types")),
            )
            break


def _spelled(room: Room) -> str:
    return listed([f"cpu = {room.cpu}", f"memory = {room.memory}", f"gpus = {room.gpus}"])


def too_few_instances(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """All replicas find a place within `max`, on whichever of the types AWS starts."""
    for name, capacity in deployment.used_capacity.items():
        placed = placement(deployment, name)
        if placed is None or placed.needed <= capacity.max:
            continue
        services = services_on(deployment, name).values()
        of = [f"{service.title} ({_count(service)})" for service in services if service.first_tasks]
        room = (
            f"{_spelled(placed.room)}, and for {placed.room.tasks} task{'s' if placed.room.tasks != 1 else ''} in all"
        )
        yield Finding(
            place=("capacity", name, "max"),
            message=f"{listed(of)} {'needs' if len(of) == 1 else 'need'} {placed.needed} of {placed.type_name}, which "
            f"has room for {room}; write max = {placed.needed} or more, or fewer "
            "replicas",
            about=(
                ("capacity", name, "instance_types"),
                *(("services", service.key, key) for service in services for key in ("replicas", "cpu", "memory")),
            ),
        )


def too_few_at_most(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """What is scaled beyond its instances waits (ECS developer guide, "Task placement")."""
    for name, capacity in deployment.used_capacity.items():
        first, most = placement(deployment, name), placement(deployment, name, at_most=True)
        if first is None or most is None or first.needed > capacity.max or most.needed <= capacity.max:
            continue
        scaled = [service for service in services_on(deployment, name).values() if service.scale]
        yield Finding(
            place=("capacity", name, "max"),
            message=f"when {_at_most(scaled)}, all tasks need {most.needed} of {most.type_name}, and what finds no "
            f"room waits; write max = {most.needed}, or less there",
            level="notice",
            about=tuple(("services", service.key, "scale") for service in scaled),
        )


def _at_most(services: list[Workload]) -> str:
    verb = "has its" if len(services) == 1 else "have their"
    return f"{listed([service.title for service in services])} {verb} most tasks"


def no_room_beside(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A rollout that stops no task first needs room for one more; where the catalog says nothing of it, one stops."""
    for name, capacity in deployment.used_capacity.items():
        placed = placement(deployment, name)
        if placed is None or placed.needed > capacity.max:
            continue
        for workload, needed in placed.beside.items():
            if needed > capacity.max:
                full = deployment.workloads[workload]
                yield from _full(full, written, most=capacity.max, needed=needed, type_name=placed.type_name)


def _count(workload: Workload) -> str:
    return f"scale.min = {workload.first_tasks}" if workload.scale else f"replicas = {workload.replicas}"


def _full(service: Workload, written: Written, *, most: int, needed: int, type_name: str) -> Iterator[Finding]:
    at = service.place
    place: Path = (*at, "deploy")
    there: Path = ("capacity", service.capacity, "max")
    said_at = (place, ("services", service.key, "deploy"))
    is_written = any(written.written(*where, key) for where in said_at for key in ("min", "max"))
    way = rollout(service.deploy, max(service.fewest_tasks, 1))
    if is_written and (way.moves(beside=False) or not way.may_add):
        return
    instances = f"the {most} {type_name}" if most > 1 else f"the one {type_name}"
    full = f"{instances} of max ({written.where(*there)}) {'have' if most > 1 else 'has'} no room for a new task of "
    full += f"{service.title} beside the old"
    more = f"write capacity.{service.capacity}.max = {needed} to have both"
    if is_written:
        yield Finding(
            place=place,
            message=f"{full}, and of these none may stop (min = {service.deploy.min}): no rollout could ever end; "
            f"{more}, or deploy = {{ min = 0, max = 100 }} to stop them first",
            about=(there, (*at, "replicas"), (*at, "capacity")),
        )
        return
    interrupted = ", and nothing answers meanwhile" if max(service.fewest_tasks, 1) == 1 else ""
    percentages = f"min = {service.deploy.min}, max = {service.deploy.max}"
    yield Finding(
        place=(*at, "capacity") if written.written(*at, "capacity") else at,
        message=f"{full}, so a rollout stops tasks first ({percentages}){interrupted}; {more}, or "
        f"deploy = {{ {percentages} }} to say that it is meant",
        level="notice",
        about=(there,),
    )
