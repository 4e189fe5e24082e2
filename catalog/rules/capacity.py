"""EC2 capacity, and the cluster that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.instance_types import InstanceType, instance_types
from catalog.analysis.packing import known_types
from catalog.diagnostics import Finding, did_you_mean, listed, or_list, plural, toml_key
from catalog.frame import Place, Siblings
from catalog.model import Deployment, Service, Workload
from catalog.model.network import zones_of
from catalog.model.platform import RESERVED, Capacity
from catalog.rules import rule
from catalog.task.sidecars import has_exec

_KEPT = ("aws", "ecs", "fargate")
"""Reserved prefixes of capacity providers (ECS API reference, CreateCapacityProvider)."""


@rule(Siblings)
def unused_capacity(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Capacity that no service uses is a mistake, or a leftover of a service that moved. In one of several
    environments, it matters only if its instances cost money."""
    deployment = siblings.deployment
    elsewhere = {name for other in siblings.all for name in other.used_capacity}
    for name, capacity in deployment.catalog.capacity.items():
        if name in deployment.used_capacity:
            continue
        place = at("capacity", name)
        # A single environment may be selected, so that the others aren't known.
        if name not in elsewhere and (deployment.environment is None or len(siblings.all) > 1):
            yield place.notice(
                f'no service uses it. Write capacity = "{name}" in a service, or remove it after an apply without '
                "such a service."
            )
            continue
        for key in ("min", "warm"):
            if getattr(capacity, key):
                yield place(key).notice(
                    f"no service uses these instances in {deployment.environment}, and they cost money. "
                    f"Write capacity.{toml_key(name)}.{key} = 0 in [environments.{deployment.environment}]."
                )


@rule(Deployment)
def reserved_provider_prefix(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS reserves the prefixes of its capacity providers (ECS API reference, CreateCapacityProvider)."""
    for name in deployment.catalog.capacity:
        kept = next((word for word in _KEPT if name.startswith(word)), None)
        if kept and name not in RESERVED:
            message = f'"{name}" begins with "{kept}", which AWS reserves. Use another name.'
            yield at("capacity", name).error(message)
    own = deployment.catalog.catalog.name
    kept = next((word for word in _KEPT if own.startswith(word)), None)
    if kept and deployment.catalog.capacity and own.partition("-")[0] not in RESERVED:
        yield at("catalog", "name").error(
            f'"{own}" begins with "{kept}", a prefix that AWS reserves, and names of capacity providers begin with it. '
            "Use another name."
        )


@rule(Capacity)
def unknown_instance_type(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """The catalog counts with known sizes, of types that the ECS-optimized image supports (ECS developer guide, "Amazon
    ECS-optimized Linux AMIs")."""
    known = instance_types()
    for index, type_ in enumerate(capacity.instance_types):
        place = at("instance_types", index)
        if type_ not in known:
            close = _closest(type_, known)
            fix = f'; did you mean "{close}"?' if close else '. Use a type such as "m7i.large" or "g5.xlarge".'
            yield place.error(f'instance type "{type_}" isn\'t supported{fix}')
        elif type_ in capacity.instance_types[:index]:
            yield place.error(f'"{type_}" is listed twice. Remove one.')


def _closest(type_: str, known: dict[str, InstanceType]) -> str | None:
    """The type with the closest spelling, of the same family if that is known."""
    family = type_.partition(".")[0] + "."
    return did_you_mean(type_, [name for name in known if name.startswith(family)] or list(known))


@rule(Capacity)
def mixed_instance_types(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """All instances start from one image, which supports one architecture, with or without GPUs (ECS developer guide,
    "Amazon ECS-optimized Linux AMIs")."""
    place = at("instance_types")
    types = known_types(capacity)
    by_architecture = {type_.architecture: type_.name for type_ in reversed(types)}
    with_gpus = {bool(type_.gpus): type_.name for type_ in reversed(types)}
    if len(by_architecture) > 1:
        message = f"{by_architecture['x86_64']} is x86_64 and {by_architecture['arm64']} is arm64, but all instances "
        yield place.error(message + "start from one image. Use one [capacity] for each.")
    elif len(with_gpus) > 1:
        message = (
            f"{with_gpus[True]} has GPUs and {with_gpus[False]} has none, but all instances start from one image. "
        )
        yield place.error(message + "Use one [capacity] for each.")
    elif "arm64" in by_architecture and True in with_gpus:
        yield place.error(
            f"{with_gpus[True]} has GPUs and is arm64, for which AWS has no ECS-optimized image of Amazon Linux 2023. "
            'Use a type with x86_64, such as "g4dn.xlarge".'
        )


@rule(Capacity)
def min_above_max(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """An Auto Scaling group has a minimum, which is at most its maximum (Auto Scaling API reference,
    CreateAutoScalingGroup)."""
    where = at("max").location
    for key, value in (("min", capacity.min), ("warm", capacity.warm)):
        if value > capacity.max:
            yield at(key).error(
                f"{key} = {value} exceeds max = {capacity.max} ({where}). Use at most {capacity.max}, or a larger max."
            )


@rule(Capacity)
def warm_pool_of_spot(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """AWS refuses warm Spot Instances: "You can't add a warm pool to an Auto Scaling group that requests Spot
    Instances" (EC2 Auto Scaling User Guide, "Warm pools", "Limitations")."""
    if capacity.spot and capacity.warm:
        yield at("warm").error("isn't supported for Spot Instances. Remove warm, or spot.")


@rule(Capacity)
def unknown_zone(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """Instances start in the private subnets of the network, which has one in each zone."""
    place = at("zones")
    if capacity.zones is None:
        return
    if at.deployment.uses_existing_network:
        message = (
            "isn't supported for an existing network, whose zones aren't known. Remove it, or list fewer "
            "private_subnet_ids."
        )
        yield place.error(message)
        return
    zones = zones_of(at.deployment.catalog.network)
    known = {word: zone.letter for zone in zones for word in filter(None, (zone.letter, zone.name))}
    for index, zone in enumerate(capacity.zones):
        if zone not in known:
            where = at.catalog("network", "zones").location
            message = f'"{zone}" isn\'t a zone of the network ({where}). Use {or_list(known)}.'
            yield place(index).error(message)
        elif known[zone] in [known.get(other) for other in capacity.zones[:index]]:
            yield place(index).error(f'"{zone}" is listed twice. Remove one.')


@rule(Deployment)
def unused_gpus(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A container sees only the GPUs that it requests (ECS developer guide, "GPU workloads")."""
    for name, capacity in deployment.used_capacity.items():
        services = [service for service in deployment.workloads.values() if service.capacity == name]
        if any(type_.gpus for type_ in known_types(capacity)) and not any(service.gpus for service in services):
            yield at("capacity", name, "instance_types").notice(
                f"no service uses the GPUs of these instances. Write gpus = 1 in {listed([s.name for s in services])}, "
                "or use types without GPUs."
            )


@rule(Deployment)
def settings_of_existing_cluster(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Container Insights and the logs of ECS Exec are settings of a cluster (ECS API reference, UpdateCluster)."""
    for key, instead in (("insights", ""), ("exec", " and write exec = true in services")):
        place = at("cluster", key)
        if deployment.catalog.cluster.arn is not None and place.is_set:
            message = (
                f"can't be set for an existing cluster (arn, {at('cluster', 'arn').location}). Remove it{instead}, or "
                "remove arn."
            )
            yield place.error(message)


@rule(Capacity)
def capacity_for_existing_cluster(capacity: Capacity, at: Place) -> Iterator[Finding]:
    """PutClusterCapacityProviders replaces all capacity providers of a cluster (ECS API reference), those of an
    existing cluster's owner included."""
    if at.deployment.catalog.cluster.arn is not None:
        yield at.error(
            f"isn't supported in an existing cluster (cluster.arn, {at.catalog('cluster', 'arn').location}), whose "
            'capacity providers Terraform must not replace. Use capacity = "fargate" in its services, or remove '
            "cluster.arn."
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
            f"{deployment.cluster_name} must have the capacity {plural('provider', len(used))} {listed(used)}, and "
            "Terraform changes no existing cluster. Run aws ecs put-cluster-capacity-providers before you apply."
        )


def _provider(workload: Workload) -> str:
    """The capacity provider of a Fargate capacity: FARGATE_SPOT for fargate-spot."""
    return workload.capacity.upper().replace("-", "_")


@rule(Service)
def insights_of_existing_cluster(service: Service, at: Place) -> Iterator[Finding]:
    """RunningTaskCount is a metric of Container Insights (CloudWatch user guide, "Amazon ECS Container Insights
    metrics")."""
    if at.deployment.catalog.cluster.arn is None:
        return
    if service.scale is not None and service.scale.backlog is not None:
        yield at("scale", "backlog").notice(
            f"requires Container Insights, which counts the tasks. Enable it for the cluster "
            f"{at.deployment.cluster_name}."
        )


@rule(Deployment)
def exec_in_existing_cluster(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A cluster sets the destination of session logs, and the task role requires permission to write there (ECS
    developer guide, "Monitor Amazon ECS containers with ECS Exec")."""
    opened = sorted({each.key for each in deployment.workloads.values() if has_exec(deployment, each)})
    if deployment.catalog.cluster.arn is not None and opened:
        yield at("services", opened[0], "exec").notice(
            f"the cluster {deployment.cluster_name} configures the logging of sessions. If it logs them to a log "
            f"group or a bucket, allow {listed(opened)} to write there, with access.statements."
        )
