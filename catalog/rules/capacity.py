"""EC2 capacity: instance types that exist and go together, in zones that the network has."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.capacity import known_types
from catalog.instances import InstanceType, instance_types
from catalog.model import Deployment
from catalog.model.catalog import RESERVED
from catalog.problems import Finding, Path, did_you_mean, listed, or_list
from catalog.subnets import zones_of
from catalog.provenance import Provenance

_KEPT = ("aws", "ecs", "fargate")
"""What no name of a capacity provider begins with (ECS API reference, CreateCapacityProvider)."""


def unused(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What nobody runs on is a service forgotten, or left behind by one that moved away."""
    for name in sorted(deployment.catalog.capacity.keys() - deployment.used_capacity.keys()):
        message = f'no service runs on it; write capacity = "{name}" in one, or, after an apply without, remove it'
        yield Finding(place=("capacity", name), message=message, level="notice")


def reserved_beginning(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """AWS keeps the beginnings of its own capacity providers (ECS API reference, CreateCapacityProvider)."""
    for name in deployment.catalog.capacity:
        kept = next((word for word in _KEPT if name.startswith(word)), None)
        if kept and name not in RESERVED:
            message = f'"{name}" begins with "{kept}", which AWS keeps for itself; write another name'
            yield Finding(place=("capacity", name), message=message)
    own = deployment.catalog.catalog.name
    kept = next((word for word in _KEPT if own.startswith(word)), None)
    if kept and deployment.catalog.capacity and own.partition("-")[0] not in RESERVED:
        yield Finding(
            place=("catalog", "name"),
            message=f'"{own}" begins with "{kept}", and so would the names of capacity providers, where AWS keeps that '
            "for itself; write another name",
        )


def unknown_type(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Only types of which the size is known can be counted with, and only those that ECS's image runs on."""
    known = instance_types() if deployment.catalog.capacity else {}
    for name, capacity in deployment.catalog.capacity.items():
        for index, type_ in enumerate(capacity.instance_types):
            place: Path = ("capacity", name, "instance_types", index)
            if type_ not in known:
                close = _closest(type_, known)
                cure = f'did you mean "{close}"?' if close else 'write one like "g5.xlarge"'
                yield Finding(place=place, message=f'no instance type "{type_}" is known that can run tasks; {cure}')
            elif type_ in capacity.instance_types[:index]:
                yield Finding(place=place, message=f'"{type_}" is listed twice; remove one')


def _closest(type_: str, known: dict[str, InstanceType]) -> str | None:
    """The type of the same family that comes closest, or of all of them."""
    family = type_.partition(".")[0] + "."
    return did_you_mean(type_, [name for name in known if name.startswith(family)] or list(known))


def types_apart(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """All instances start from one image, which is made for one architecture, and for GPUs or without (ECS developer
    guide, "Amazon ECS-optimized Linux AMIs")."""
    for name, capacity in deployment.catalog.capacity.items():
        place: Path = ("capacity", name, "instance_types")
        types = known_types(capacity)
        by_architecture = {type_.architecture: type_.name for type_ in reversed(types)}
        with_gpus = {bool(type_.gpus): type_.name for type_ in reversed(types)}
        if len(by_architecture) > 1:
            message = f"{by_architecture['x86_64']} is x86_64 and {by_architecture['arm64']} is arm64, but all start "
            yield Finding(place=place, message=message + "from one image; make a [capacity] of each")
        elif len(with_gpus) > 1:
            message = f"{with_gpus[True]} has GPUs and {with_gpus[False]} has none, but all start from one image; "
            yield Finding(place=place, message=message + "make a [capacity] of each")
        elif "arm64" in by_architecture and True in with_gpus:
            yield Finding(
                place=place,
                message=f"{with_gpus[True]} has GPUs and is arm64, for which AWS makes no ECS-optimized image (Amazon "
                "Linux 2023); write a type with x86_64, as in g4dn.xlarge",
            )


def least_above_most(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A group has a size between two bounds (Auto Scaling API reference, CreateAutoScalingGroup)."""
    for name, capacity in deployment.catalog.capacity.items():
        where = written.location("capacity", name, "max")
        for key, value in (("min", capacity.min), ("warm", capacity.warm)):
            if value > capacity.max:
                yield Finding(
                    place=("capacity", name, key),
                    message=f"{key} = {value} is more than max = {capacity.max} ({where}); raise max, or write less",
                )


def warm_spot(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """AWS refuses it: "You can't add a warm pool to an Auto Scaling group that requests Spot Instances" (EC2 Auto
    Scaling User Guide, "Warm pools", "Limitations")."""
    for name, capacity in deployment.catalog.capacity.items():
        if capacity.spot and capacity.warm:
            yield Finding(
                place=("capacity", name, "warm"),
                message="AWS keeps no Spot instances warm; remove it, or spot",
            )


def unknown_zone(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Instances start in subnets of the network, one in each of its zones."""
    for name, capacity in deployment.catalog.capacity.items():
        place: Path = ("capacity", name, "zones")
        if capacity.zones is None:
            continue
        if deployment.uses_existing_network:
            message = "of a network that exists the zones are not known; remove it, or list fewer private_subnet_ids"
            yield Finding(place=place, message=message)
            continue
        zones = zones_of(deployment.catalog.network)
        known = {word: zone.letter for zone in zones for word in filter(None, (zone.letter, zone.name))}
        for index, zone in enumerate(capacity.zones):
            if zone not in known:
                where = written.location("network", "zones")
                message = f'"{zone}" is not a zone of the network ({where}); write {or_list(known)}'
                yield Finding(place=(*place, index), message=message)
            elif known[zone] in [known.get(other) for other in capacity.zones[:index]]:
                yield Finding(place=(*place, index), message=f'"{zone}" is listed twice; remove one')


def without_gpus(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A container sees the GPUs that it asks for (ECS developer guide, "GPU workloads"), whatever its instance has."""
    for name, capacity in deployment.used_capacity.items():
        services = [service for service in deployment.workloads.values() if service.capacity == name]
        if any(type_.gpus for type_ in known_types(capacity)) and not any(service.gpus for service in services):
            yield Finding(
                place=("capacity", name, "instance_types"),
                message=f"the GPUs are there for nobody: {listed([service.name for service in services])} without "
                "gpus; write gpus = 1 there, or types that have none",
                level="notice",
            )
