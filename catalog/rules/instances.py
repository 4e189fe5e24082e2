"""What a service may ask of Fargate, and of instances."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.capacity import known_types
from catalog.model import Deployment
from catalog.model.capacity import FARGATE
from catalog.problems import Finding, Path, did_you_mean
from catalog.provenance import Provenance

_CPU = (128, 196608)
"""Of a task that is not on Fargate (ECS API reference, RegisterTaskDefinition.cpu)."""
_MEMORY = 256
"""MiB in which a container has room beside a proxy."""
_SPOT_NOTICE = 120
"""Seconds."""


def unknown_capacity(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Tasks run on Fargate, or on instances that the catalog describes."""
    known = [*FARGATE, *deployment.catalog.capacity]
    for service in deployment.services.values():
        if service.capacity not in known:
            close = did_you_mean(service.capacity, known)
            cure = f'did you mean "{close}"?' if close else f'add [capacity.{service.capacity}], or write "fargate"'
            yield Finding(
                place=("services", service.name, "capacity"),
                message=f'unknown capacity "{service.capacity}"; {cure}',
            )


def not_on_fargate(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Fargate has no GPUs, and ignores the size of shared memory (ECS developer guide, "Task definition differences for
    Fargate")."""
    for service in deployment.services.values():
        for key, what in (("gpus", "has no GPUs"), ("shm_mib", "cannot size shared memory")):
            if service.on_fargate and getattr(service, key):
                yield Finding(
                    place=("services", service.name, key),
                    message=f"Fargate {what}; write the name of a [capacity] as capacity, or remove it",
                )


def size_of_task(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
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
                message=f"shared memory comes out of memory = {service.memory} ({written.location(*place, 'memory')}); "
                "write less, or more there",
            )


def storage_of_instance(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Only Fargate gives a task a disk of its own (ECS API reference, EphemeralStorage)."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "storage")
        if deployment.capacity_of(service) is not None and written.is_set_here(*place):
            yield Finding(
                place=place,
                message="tasks on instances share their disk; remove it, and write "
                f"capacity.{service.capacity}.disk_gib",
            )


def other_architecture(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
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
                f'({written.location(*there)}) is "{types[0].architecture}"; write that here, or another type there',
            )


def longer_than_spot(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """AWS takes a Spot instance back two minutes after it has said so (EC2 User Guide, "Spot Instance interruption
    notices")."""
    for service in deployment.services.values():
        capacity = deployment.capacity_of(service)
        if capacity is not None and capacity.spot and service.stop_timeout > _SPOT_NOTICE:
            yield Finding(
                place=("services", service.name, "stop_timeout"),
                message=f"an instance of capacity.{service.capacity} may be gone {_SPOT_NOTICE} seconds after AWS asks "
                f"for it back (spot, {written.location('capacity', service.capacity, 'spot')}), whatever is said here; "
                'write "2m" or less, or do without spot',
                level="notice",
            )
