"""A cluster that exists: what is its owner's to say, and what its owner must have seen to."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Workload
from catalog.problems import Finding, Path, listed
from catalog.task.shell import is_open
from catalog.written import Written

_ARN: Path = ("cluster", "arn")


def settings_of_the_cluster(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Container Insights and the logging of sessions are settings of a cluster (ECS API reference, UpdateCluster)."""
    for key, instead in (("insights", ""), ("exec", ", and write exec = true in services")):
        place: Path = ("cluster", key)
        if deployment.catalog.cluster.arn is not None and written.written(*place):
            message = (
                f"belongs to whoever owns the cluster (arn, {written.where(*_ARN)}); leave it out{instead}, "
                "or leave out arn"
            )
            yield Finding(place=place, message=message, about=(_ARN,))


def capacity_for_the_cluster(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A cluster is told all of its capacity providers at once (ECS API reference, PutClusterCapacityProviders): adding
    one writes over what its owner has said."""
    for name in sorted(deployment.catalog.capacity) if deployment.catalog.cluster.arn is not None else ():
        yield Finding(
            place=("capacity", name),
            message=f"its instances would have to join a cluster that is somebody else's (cluster.arn, "
            f"{written.where(*_ARN)}), whose capacity providers its owner sets; run its services on fargate, or leave "
            "out cluster.arn",
            about=(_ARN,),
        )


def providers_of_the_cluster(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """ECS refuses a service whose capacity provider is not associated with the cluster (ECS API reference,
    CapacityProviderStrategyItem.capacityProvider)."""
    if deployment.catalog.cluster.arn is None:
        return
    used = sorted({_provider(service) for service in deployment.workloads.values() if service.on_fargate})
    if used:
        yield Finding(
            place=_ARN,
            message=f"{deployment.cluster_name} must have the capacity provider{'s'[: len(used) - 1]} {listed(used)} "
            "before this is applied: only its owner adds them (aws ecs put-cluster-capacity-providers)",
            level="notice",
        )


def _provider(workload: Workload) -> str:
    """FARGATE_SPOT for fargate-spot."""
    return workload.capacity.upper().replace("-", "_")


def insights_of_the_cluster(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """RunningTaskCount is a metric of Container Insights (CloudWatch user guide, "Amazon ECS Container Insights
    metrics")."""
    if deployment.catalog.cluster.arn is None:
        return
    for service in deployment.services.values():
        if service.scale is not None and service.scale.backlog is not None:
            yield Finding(
                place=("services", service.name, "scale", "backlog"),
                message=f"messages for each task need the number of tasks, which Container Insights counts: "
                f"{deployment.cluster_name} must have it switched on",
                level="notice",
                about=(_ARN,),
            )


def sessions_in_the_cluster(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Where sessions are logged, the cluster says, and the task role needs the right to write there (ECS developer
    guide, "Monitor Amazon ECS containers with ECS Exec")."""
    opened = sorted({each.key for each in deployment.workloads.values() if is_open(deployment, each)})
    if deployment.catalog.cluster.arn is not None and opened:
        yield Finding(
            place=("services", opened[0], "exec"),
            message=f"sessions are logged where {deployment.cluster_name} says; if that is a log group or a bucket, "
            f"give {listed(opened)} the right to write there, by access.statements",
            level="notice",
            about=(_ARN,),
        )
