"""Tasks on EC2 capacity: whether they fit, and can be replaced."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.capacity import Room, known_types, placement, rollout, room_of, size_of
from catalog.model import Deployment, Service
from catalog.model.capacity import FARGATE
from catalog.problems import Finding, Path, did_you_mean, listed
from catalog.written import Written

_CPU = (128, 196608)
"""Of a task that is not on Fargate (ECS API reference, RegisterTaskDefinition.cpu)."""
_MEMORY = 256
"""MiB in which a container has room beside a proxy."""


def unknown_capacity(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Tasks run on Fargate, or on instances that the catalog describes."""
    known = [*FARGATE, *deployment.catalog.capacity]
    for service in deployment.services.values():
        if service.capacity not in known:
            close = did_you_mean(service.capacity, known)
            cure = f'did you mean "{close}"?' if close else f'add [capacity.{service.capacity}], or write "fargate"'
            yield Finding(
                place=("services", service.name, "capacity"),
                message=f'unknown capacity "{service.capacity}"; {cure}',
                about=(("capacity", service.capacity),),
            )


def not_on_fargate(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Fargate has no GPUs, and ignores the size of shared memory (ECS developer guide, "Task definition differences for
    Fargate")."""
    for service in deployment.services.values():
        for key, what in (("gpus", "has no GPUs"), ("shm_mib", "cannot size shared memory")):
            if service.on_fargate and getattr(service, key):
                yield Finding(
                    place=("services", service.name, key),
                    message=f"Fargate {what}; write the name of a [capacity] as capacity, or remove it",
                    about=(("services", service.name, "capacity"),),
                )


def size_of_task(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Off Fargate a task may have any size within bounds (ECS API reference, RegisterTaskDefinition)."""
    least, most = _CPU
    for service in deployment.services.values():
        place: Path = ("services", service.name)
        if service.on_fargate:
            continue
        if not least <= service.cpu <= most:
            message = f"cpu = {service.cpu} is out of range; write {least} to {most} units, 1024 for one vCPU"
            yield Finding(place=(*place, "cpu"), message=message)
        if service.memory < _MEMORY:
            message = f"memory = {service.memory} is too little; write at least {_MEMORY} MiB"
            yield Finding(place=(*place, "memory"), message=message)
        elif service.shm_mib >= service.memory:
            yield Finding(
                place=(*place, "shm_mib"),
                message=f"shared memory comes out of memory = {service.memory} ({written.where(*place, 'memory')}); "
                "write less, or more there",
                about=((*place, "memory"),),
            )


def storage_of_instance(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Only Fargate gives a task a disk of its own (ECS API reference, EphemeralStorage)."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "storage")
        if deployment.capacity_of(service) is not None and written.own(*place):
            yield Finding(
                place=place,
                message="tasks on instances share their disk; remove it, and write "
                f"capacity.{service.capacity}.disk_gib",
                about=(("services", service.name, "capacity"),),
            )


def other_architecture(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An image runs on the processor that it is built for."""
    for service in deployment.services.values():
        capacity = deployment.capacity_of(service)
        types = known_types(capacity) if capacity else []
        architectures = {type_.architecture for type_ in types}
        if len(architectures) == 1 and service.architecture not in architectures:
            there: Path = ("capacity", service.capacity, "instance_types")
            yield Finding(
                place=("services", service.name, "architecture"),
                message=f'{service.name} is for "{service.architecture}", but {types[0].name} '
                f'({written.where(*there)}) is "{types[0].architecture}"; write that here, or another type there',
                about=(there, ("services", service.name, "capacity")),
            )


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
        placed = placement(deployment.catalog, name)
        if placed is None or placed.needed <= capacity.max:
            continue
        services = [service for service in deployment.services.values() if service.capacity == name]
        of = [f"{service.name} (replicas = {service.replicas})" for service in services if service.replicas]
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
                *(("services", service.name, key) for service in services for key in ("replicas", "cpu", "memory")),
            ),
        )


def no_room_beside(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A rollout that stops no task first needs room for one more; where the catalog says nothing of it, one stops."""
    for name, capacity in deployment.used_capacity.items():
        placed = placement(deployment.catalog, name)
        if placed is None or placed.needed > capacity.max:
            continue
        for service in deployment.services.values():
            needed = placed.beside.get(service.name, 0) if service.capacity == name else 0
            if needed > capacity.max:
                yield from _full(service, written, most=capacity.max, needed=needed, type_name=placed.type_name)


def _full(service: Service, written: Written, *, most: int, needed: int, type_name: str) -> Iterator[Finding]:
    place: Path = ("services", service.name, "deploy")
    there: Path = ("capacity", service.capacity, "max")
    said = written.written(*place, "min") or written.written(*place, "max")
    way = rollout(service.deploy, service.replicas)
    if said and (way.moves(beside=False) or not way.may_add):
        return
    instances = f"the {most} {type_name}" if most > 1 else f"the one {type_name}"
    full = f"{instances} of max ({written.where(*there)}) {'have' if most > 1 else 'has'} no room for a new task of "
    full += f"{service.name} beside the old"
    more = f"write capacity.{service.capacity}.max = {needed} to have both"
    if said:
        yield Finding(
            place=place,
            message=f"{full}, and of these none may stop (min = {service.deploy.min}): no rollout could ever end; "
            f"{more}, or deploy = {{ min = 0, max = 100 }} to stop them first",
            about=(there, ("services", service.name, "replicas"), ("services", service.name, "capacity")),
        )
        return
    interrupted = ", and nothing answers meanwhile" if service.replicas == 1 else ""
    percentages = f"min = {service.deploy.min}, max = {service.deploy.max}"
    yield Finding(
        place=("services", service.name, "capacity"),
        message=f"{full}, so a rollout stops tasks first ({percentages}){interrupted}; {more}, or "
        f"deploy = {{ {percentages} }} to say that it is meant",
        level="notice",
        about=(there,),
    )
