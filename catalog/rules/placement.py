"""Tasks on Fargate and on instances: whether they fit, and whether a rollout can replace them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catalog.analysis.instance_types import InstanceCapacity, capacity_of
from catalog.analysis.packing import fullest_instance, known_types, placement, rollout, services_on, size_of
from catalog.diagnostics import Finding, did_you_mean, listed, plural, toml_value
from catalog.frame import Place
from catalog.model import Deployment, Service, Workload
from catalog.model.platform import FARGATE
from catalog.reading.references import in_environment
from catalog.rules import rule
from catalog.task.storage import IMAGE_GIB

_CPU = (128, 196608)
"""CPU units of a task on instances (ECS API reference, RegisterTaskDefinition.cpu)."""
_MEMORY = 256
"""Smallest memory in MiB that fits a container and a proxy."""
_GIB_AT_MOST = 64
"""A memory that was probably meant in GiB."""
_SPOT_NOTICE = 120
"""Seconds (EC2 User Guide, "Spot Instance interruption notices")."""


@rule(Workload)
def unknown_capacity(workload: Workload, at: Place) -> Iterator[Finding]:
    """Tasks run on Fargate, or on a [capacity] of the catalog."""
    known = [*FARGATE, *at.deployment.catalog.capacity]
    if workload.capacity not in known:
        close = "fargate-spot" if workload.capacity == "spot" else did_you_mean(workload.capacity, known)
        fix = f'; did you mean "{close}"?' if close else f'. Add [capacity.{workload.capacity}], or use "fargate".'
        if by := at.catalog("capacity", workload.capacity).removed_by:
            fix = f", which was removed by {by}. {in_environment(by, at('capacity').path, toml_value(FARGATE[0]))}"
        yield at("capacity").error(f'unknown capacity "{workload.capacity}"{fix}')


@rule(Workload)
def not_on_fargate(workload: Workload, at: Place) -> Iterator[Finding]:
    """Fargate doesn't support GPUs, nor a size of shared memory (ECS developer guide, "Task definition differences for
    Fargate")."""
    for key in ("gpus", "shared_memory_mib"):
        if workload.on_fargate and getattr(workload, key):
            fix = _on_instances(at.deployment, gpus=workload.gpus > 0)
            if fix.startswith("Write") and at("capacity").is_set:
                fix = f"{fix[:-1]}, or {key} = 0."
            yield at(key).error(f"isn't supported on Fargate. {fix}")


def _on_instances(deployment: Deployment, *, gpus: bool) -> str:
    """The advice to run on instances, with the catalog's only [capacity] that fits."""
    catalog = deployment.catalog
    if catalog.cluster.arn is not None:
        return "Remove it."
    fitting = [
        name
        for name, capacity in catalog.capacity.items()
        if not gpus or any(type_.gpus for type_ in known_types(capacity))
    ]
    new, types = ("gpu", '["g5.xlarge"]') if gpus else ("instances", '["m7i.large"]')
    if not fitting and new not in catalog.capacity:
        table = f"capacity.{new} = {{ instance_types = {types}, max = 1 }}"
        return f'Add {table} at the top of the file, and write capacity = "{new}" here.'
    if len(fitting) == 1:
        return f"Write capacity = {toml_value(fitting[0])}."
    return "Set capacity to the name of a [capacity]" + (" with GPUs" if gpus else "") + ", or remove it."


@rule(Workload)
def task_size_out_of_range(workload: Workload, at: Place) -> Iterator[Finding]:
    """On instances, a task can have any size within bounds (ECS API reference, RegisterTaskDefinition)."""
    least, most = _CPU
    if workload.on_fargate:
        return
    if not least <= workload.cpu <= most:
        message = f"cpu = {workload.cpu} is out of range. Use {least} to {most} units; 1024 are one vCPU."
        yield at("cpu").error(message)
    if workload.memory < _MEMORY:
        message = f"memory = {workload.memory} is too little. Use at least {_MEMORY} MiB."
        if workload.memory <= _GIB_AT_MOST:
            message = f"is in MiB. Write memory = {workload.memory * 1024} for {workload.memory} GiB."
        yield at("memory").error(message)
    elif workload.shared_memory_mib >= workload.memory:
        yield at("shared_memory_mib").error(
            f"must be less than memory = {workload.memory} ({at('memory').location}), which includes it. "
            "Use a smaller value, or more memory."
        )


@rule(Service)
def storage_on_instances(service: Service, at: Place) -> Iterator[Finding]:
    """Only tasks on Fargate have their own disk (ECS API reference, EphemeralStorage)."""
    place = at("storage")
    if at.deployment.capacity_of(service) is not None and place.is_set_here:
        yield place.error(
            f"isn't supported on instances, whose tasks share a disk. Use capacity.{service.capacity}.disk_gib instead."
        )


@rule(Workload)
def architecture_mismatch(workload: Workload, at: Place) -> Iterator[Finding]:
    """An image runs on the processor architecture that it's built for."""
    capacity = at.deployment.capacity_of(workload)
    types = known_types(capacity) if capacity else []
    architectures = {type_.architecture for type_ in types}
    if len(architectures) == 1 and workload.architecture not in architectures:
        there = at.catalog("capacity", workload.capacity, "instance_types")
        yield at("architecture").error(
            f'{workload.name} is for "{workload.architecture}", but {types[0].name} ({there.location}) is '
            f'"{types[0].architecture}". Use architecture = "{types[0].architecture}", or another instance type.'
        )


@rule(Workload)
def stop_timeout_beyond_spot_notice(workload: Workload, at: Place) -> Iterator[Finding]:
    """AWS reclaims a Spot Instance two minutes after the interruption notice (EC2 User Guide, "Spot Instance
    interruption notices")."""
    capacity = at.deployment.capacity_of(workload)
    if capacity is not None and capacity.spot and workload.stop_timeout > _SPOT_NOTICE:
        yield at("stop_timeout").notice(
            f"exceeds the {_SPOT_NOTICE} seconds after which AWS reclaims a Spot Instance of "
            f"capacity.{workload.capacity} ({at.catalog('capacity', workload.capacity, 'spot').location}). "
            'Use "2m" or less, or remove spot.'
        )


@rule(Workload)
def task_exceeds_instance(workload: Workload, at: Place) -> Iterator[Finding]:
    """A task that exceeds every instance stays PROVISIONING or PENDING (ECS developer guide, "Task placement")."""
    capacity = at.deployment.capacity_of(workload)
    for type_ in known_types(capacity) if capacity else ():
        offered, size = capacity_of(type_), size_of(workload)
        lacks = offered.lacks(size)
        if not lacks:
            continue
        key = lacks[0].partition(" ")[0]
        types = at.catalog("capacity", workload.capacity, "instance_types")
        yield at(key).error(
            f"the task of {workload.name} requires {key} = {getattr(size, key)}, and {type_.name} ({types.location}) "
            f"offers {_spelled(offered)}. Use less, or a larger instance type."
        )
        return


def _spelled(capacity: InstanceCapacity) -> str:
    return listed([f"cpu = {capacity.cpu}", f"memory = {capacity.memory}", f"gpus = {capacity.gpus}"])


@rule(Deployment)
def weights_exceed_disk(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The tasks of an instance share its disk for images and scratch volumes (ECS developer guide, "Use bind mounts").
    During a rollout, the disk has them twice: the agent removes those of a stopped task minutes later."""
    for name, capacity in deployment.used_capacity.items():
        sizes = {
            key: workload.model.size_gib
            for key, workload in services_on(deployment, name).items()
            if workload.model and workload.model.cache == "scratch" and workload.model.size_gib
        }
        tasks = {key: count for key, count in fullest_instance(deployment, name, weights=sizes).items() if count}
        needed = 2 * (IMAGE_GIB + sum(sizes[key] * count for key, count in tasks.items()))
        if tasks and needed > capacity.disk_gib:
            disk = at("capacity", name, "disk_gib")
            yield at(*deployment.workloads[next(iter(tasks))].place, "model", "size_gib").error(
                f"an instance of capacity.{name} has the artifacts of {_counted(deployment, tasks)} and the images on "
                f"its disk, twice during a rollout: {needed} GiB exceed its {capacity.disk_gib} GiB ({disk.location}). "
                f'Use disk_gib = {needed} or more there, or cache = "efs".'
            )


def _counted(deployment: Deployment, tasks: Mapping[str, int]) -> str:
    return listed(
        [f"{count} {plural('task', count)} of {deployment.workloads[key].title}" for key, count in tasks.items()]
    )


@rule(Deployment)
def too_few_instances(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """All replicas must fit on `max` instances, regardless of which of the types AWS starts."""
    for name, capacity in deployment.used_capacity.items():
        placed = placement(deployment, name)
        if placed is None or placed.needed <= capacity.max:
            continue
        services = services_on(deployment, name).values()
        of = [f"{service.title} ({_count(service)})" for service in services if service.first_tasks]
        tasks = placed.capacity.tasks
        offered = f"{_spelled(placed.capacity)}, for at most {tasks} {plural('task', tasks)}"
        yield at("capacity", name, "max").error(
            f"{listed(of)} {'requires' if len(of) == 1 else 'require'} {placed.needed} of {placed.type_name}, "
            f"each of which offers {offered}. Use max = {placed.needed} or more, or fewer replicas."
        )


@rule(Deployment)
def too_few_instances_when_scaled(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Tasks that autoscaling adds beyond the largest number of instances wait (ECS developer guide, "Task
    placement")."""
    for name, capacity in deployment.used_capacity.items():
        first, most = placement(deployment, name), placement(deployment, name, at_most=True)
        if first is None or most is None or first.needed > capacity.max or most.needed <= capacity.max:
            continue
        scaled = [service.title for service in services_on(deployment, name).values() if service.scale]
        verb = "reaches its" if len(scaled) == 1 else "reach their"
        yield at("capacity", name, "max").notice(
            f"all tasks require {most.needed} instances of {most.type_name} when {listed(scaled)} {verb} "
            f"maximum, and tasks that don't fit wait. Use max = {most.needed}, or a smaller scale.max."
        )


@rule(Deployment)
def rollout_capacity(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A rollout that stops no task first requires capacity for one more. If the catalog doesn't set `deploy`, it stops
    one first."""
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
    order = rollout(workload.deploy, max(workload.fewest_tasks, 1))
    if is_set and (order.moves(beside=False) or not order.may_add):
        return
    instances = f"the {most} {type_name}" if most > 1 else f"the one {type_name}"
    full = f"{instances} of max ({there.location}) can't run a new task of {workload.title} beside the old one"
    more = f"Use capacity.{workload.capacity}.max = {needed} to run both"
    if is_set:
        yield at("deploy").error(
            f"{full}, and min = {workload.deploy.min} allows none to stop, so that no rollout can finish. "
            f"{more}, or deploy = {{ min = 0, max = 100 }} to stop the old task first."
        )
        return
    interrupted = " and interrupts the service" if max(workload.fewest_tasks, 1) == 1 else ""
    percentages = f"min = {workload.deploy.min}, max = {workload.deploy.max}"
    yield (at("capacity") if at("capacity").is_set else at).notice(
        f"{full}, so a rollout stops tasks first ({percentages}){interrupted}. {more}, or "
        f"deploy = {{ {percentages} }} to confirm."
    )
