"""EC2 capacity, and the cluster that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.instance_types import InstanceType, instance_types
from catalog.analysis.packing import known_types
from catalog.diagnostics import Finding, did_you_mean, listed, or_list, plural
from catalog.frame import Place
from catalog.model import Deployment, Service, Workload
from catalog.model.network import zones_of
from catalog.model.platform import RESERVED, Capacity
from catalog.rules import rule
from catalog.task.sidecars import has_exec

_KEPT = ("aws", "ecs", "fargate")
"""What no name of a capacity provider begins with (ECS API reference, CreateCapacityProvider)."""


@rule(Capacity)
def unused_capacity(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """Capacity that no service uses was forgotten, or left behind by a service that moved away."""
    if at.name not in at.deployment.used_capacity:
        yield at.notice(
            f'no service runs on it; write capacity = "{at.name}" in one, or, after an apply without, remove it'
        )


@rule(Deployment)
def reserved_provider_prefix(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS keeps the beginnings of its own capacity providers (ECS API reference, CreateCapacityProvider)."""
    for name in deployment.catalog.capacity:
        kept = next((word for word in _KEPT if name.startswith(word)), None)
        if kept and name not in RESERVED:
            message = f'"{name}" begins with "{kept}", which AWS keeps for itself; write another name'
            yield at("capacity", name).error(message)
    own = deployment.catalog.catalog.name
    kept = next((word for word in _KEPT if own.startswith(word)), None)
    if kept and deployment.catalog.capacity and own.partition("-")[0] not in RESERVED:
        yield at("catalog", "name").error(
            f'"{own}" begins with "{kept}", and so would the names of capacity providers, where AWS keeps that '
            "for itself; write another name"
        )


@rule(Capacity)
def unknown_instance_type(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """Only types of which the size is known can be counted with, and only those that ECS's image runs on."""
    known = instance_types()
    for index, type_ in enumerate(capacity.instance_types):
        place = at("instance_types", index)
        if type_ not in known:
            close = _closest(type_, known)
            fix = f'did you mean "{close}"?' if close else 'write one like "g5.xlarge"'
            yield place.error(f'no instance type "{type_}" is known that can run tasks; {fix}')
        elif type_ in capacity.instance_types[:index]:
            yield place.error(f'"{type_}" is listed twice; remove one')


def _closest(type_: str, known: dict[str, InstanceType]) -> str | None:
    """The type of the same family that comes closest, or of all of them."""
    family = type_.partition(".")[0] + "."
    return did_you_mean(type_, [name for name in known if name.startswith(family)] or list(known))


@rule(Capacity)
def mixed_instance_types(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """All instances start from one image, which is made for one architecture, and for GPUs or without (ECS developer
    guide, "Amazon ECS-optimized Linux AMIs")."""
    place = at("instance_types")
    types = known_types(capacity)
    by_architecture = {type_.architecture: type_.name for type_ in reversed(types)}
    with_gpus = {bool(type_.gpus): type_.name for type_ in reversed(types)}
    if len(by_architecture) > 1:
        message = f"{by_architecture['x86_64']} is x86_64 and {by_architecture['arm64']} is arm64, but all start "
        yield place.error(message + "from one image; make a [capacity] of each")
    elif len(with_gpus) > 1:
        message = f"{with_gpus[True]} has GPUs and {with_gpus[False]} has none, but all start from one image; "
        yield place.error(message + "make a [capacity] of each")
    elif "arm64" in by_architecture and True in with_gpus:
        yield place.error(
            f"{with_gpus[True]} has GPUs and is arm64, for which AWS makes no ECS-optimized image (Amazon "
            "Linux 2023); write a type with x86_64, as in g4dn.xlarge"
        )


@rule(Capacity)
def min_above_max(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """A group has a size between two bounds (Auto Scaling API reference, CreateAutoScalingGroup)."""
    where = at("max").location
    for key, value in (("min", capacity.min), ("warm", capacity.warm)):
        if value > capacity.max:
            yield at(key).error(
                f"{key} = {value} is more than max = {capacity.max} ({where}); raise max, or write less"
            )


@rule(Capacity)
def warm_pool_of_spot(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """AWS refuses it: "You can't add a warm pool to an Auto Scaling group that requests Spot Instances" (EC2 Auto
    Scaling User Guide, "Warm pools", "Limitations")."""
    if capacity.spot and capacity.warm:
        yield at("warm").error("AWS keeps no Spot instances warm; remove it, or spot")


@rule(Capacity)
def unknown_zone(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """Instances start in subnets of the network, one in each of its zones."""
    place = at("zones")
    if capacity.zones is None:
        return
    if at.deployment.uses_existing_network:
        message = "of a network that exists the zones are not known; remove it, or list fewer private_subnet_ids"
        yield place.error(message)
        return
    zones = zones_of(at.deployment.catalog.network)
    known = {word: zone.letter for zone in zones for word in filter(None, (zone.letter, zone.name))}
    for index, zone in enumerate(capacity.zones):
        if zone not in known:
            where = at.catalog("network", "zones").location
            message = f'"{zone}" is not a zone of the network ({where}); write {or_list(known)}'
            yield place(index).error(message)
        elif known[zone] in [known.get(other) for other in capacity.zones[:index]]:
            yield place(index).error(f'"{zone}" is listed twice; remove one')


@rule(Deployment)
def unused_gpus(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A container sees the GPUs that it asks for (ECS developer guide, "GPU workloads"), whatever its instance has."""
    for name, capacity in deployment.used_capacity.items():
        services = [service for service in deployment.workloads.values() if service.capacity == name]
        if any(type_.gpus for type_ in known_types(capacity)) and not any(service.gpus for service in services):
            yield at("capacity", name, "instance_types").notice(
                f"the GPUs are there for nobody: {listed([service.name for service in services])} without "
                "gpus; write gpus = 1 there, or types that have none"
            )


@rule(Deployment)
def settings_of_existing_cluster(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Container Insights and the logging of sessions are settings of a cluster (ECS API reference, UpdateCluster)."""
    for key, instead in (("insights", ""), ("exec", ", and write exec = true in services")):
        place = at("cluster", key)
        if deployment.catalog.cluster.arn is not None and place.is_set:
            message = (
                f"belongs to whoever owns the cluster (arn, {at('cluster', 'arn').location}); leave it out{instead}, "
                "or leave out arn"
            )
            yield place.error(message)


@rule(Capacity)
def capacity_for_existing_cluster(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """A cluster is told all of its capacity providers at once (ECS API reference, PutClusterCapacityProviders): adding
    one writes over what its owner has said."""
    if at.deployment.catalog.cluster.arn is not None:
        yield at.error(
            f"its instances would have to join a cluster that is somebody else's (cluster.arn, "
            f"{at.catalog('cluster', 'arn').location}), whose capacity providers its owner sets; run its services on "
            "fargate, or leave out cluster.arn"
        )


@rule(Deployment)
def providers_of_existing_cluster(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS refuses a service whose capacity provider is not associated with the cluster (ECS API reference,
    CapacityProviderStrategyItem.capacityProvider)."""
    if deployment.catalog.cluster.arn is None:
        return
    used = sorted({_provider(service) for service in deployment.workloads.values() if service.on_fargate})
    if used:
        yield at("cluster", "arn").notice(
            f"{deployment.cluster_name} must have the capacity {plural('provider', len(used))} {listed(used)} "
            "before this is applied: only its owner adds them (aws ecs put-cluster-capacity-providers)"
        )


def _provider(workload: Workload) -> str:
    """FARGATE_SPOT for fargate-spot."""
    return workload.capacity.upper().replace("-", "_")


@rule(Service)
def insights_of_existing_cluster(service: Service, at: Place) -> Iterator[Finding]:
    """RunningTaskCount is a metric of Container Insights (CloudWatch user guide, "Amazon ECS Container Insights
    metrics")."""
    if at.deployment.catalog.cluster.arn is None:
        return
    if service.scale is not None and service.scale.backlog is not None:
        yield at("scale", "backlog").notice(
            f"messages for each task need the number of tasks, which Container Insights counts: "
            f"{at.deployment.cluster_name} must have it switched on"
        )


@rule(Deployment)
def exec_in_existing_cluster(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The cluster sets where sessions are logged, and the task role needs permission to write there (ECS developer
    guide, "Monitor Amazon ECS containers with ECS Exec")."""
    opened = sorted({each.key for each in deployment.workloads.values() if has_exec(deployment, each)})
    if deployment.catalog.cluster.arn is not None and opened:
        yield at("services", opened[0], "exec").notice(
            f"sessions are logged where {deployment.cluster_name} says; if that is a log group or a bucket, "
            f"give {listed(opened)} the right to write there, by access.statements"
        )
