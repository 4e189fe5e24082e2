"""Tasks: their size, their sidecars and their rollout."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator

from catalog.analysis.packing import FARGATE_SIZES, Share, nearest_size, service_share
from catalog.analysis.timeouts import LONGEST_STOP, SHORTEST_STOP
from catalog.diagnostics import Finding, did_you_mean, spelled
from catalog.frame import Container, Place
from catalog.meshes import mesh_of
from catalog.model import Workload
from catalog.model.container import Sidecar
from catalog.model.types import spelled_duration
from catalog.rules import rule
from catalog.task import addition_of, share
from catalog.task.document_sizes import definition_length
from catalog.task.storage import MODEL
from catalog.task.telemetry import COLLECTOR_PORTS, LOG_ROUTER_PORTS

_CONTAINERS = 10
"""Container definitions of a task (ECS developer guide, "Amazon ECS service quotas")."""
_LEAST = Share(128, 128)
"""What we leave a service at least: less starts too slowly to be meant."""
_TASK_DEFINITION = 64 * 1024
"""Bytes (ECS developer guide, "Amazon ECS service quotas": Task definition size limit, 64 KiB, not adjustable)."""


@rule(Sidecar)
def sidecar_name_taken(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """Containers of a task have different names (ECS API reference, ContainerDefinition.name)."""
    if at.name == at.workload.aws_key:
        yield at.error(f"the service's own container is called {at.name}; write another name")
    elif at.name in mesh_of(at.deployment).containers:
        yield at.error(f'"{at.name}" is the name of the proxy in the same task; write another')


@rule(Workload)
def too_many_containers(workload: Workload, at: Place) -> Iterator[Finding]:
    """A task definition has ten containers (ECS developer guide, "Amazon ECS service quotas")."""
    count = 1 + len(addition_of(at.deployment, workload).containers) + len(mesh_of(at.deployment).containers)
    if count > _CONTAINERS and workload.sidecars:
        yield at("sidecars").error(
            f"with what the catalog adds, a task of {workload.name} has {count} containers, and at most "
            f"{_CONTAINERS} are possible; remove {count - _CONTAINERS}"
        )


@rule(Workload)
def no_room_for_sidecars(workload: Workload, at: Place) -> Iterator[Finding]:
    """Containers share what their task has (ECS API reference, RegisterTaskDefinition, `cpu` and `memory`)."""
    beside = [share(container) for container in addition_of(at.deployment, workload).containers]
    if not beside:
        return
    proxy = mesh_of(at.deployment).proxy_share(workload.cpu, workload.memory)
    rest = service_share(workload.cpu, workload.memory, proxy, *beside)
    for key, unit in (("cpu", "CPU units"), ("memory", "MiB")):
        left, least, whole = getattr(rest, key), getattr(_LEAST, key), getattr(workload, key)
        if left < least:
            yield at(key).error(
                f"the containers beside {workload.name} take {whole - left} of {whole} {unit}, and it needs "
                f"{least} itself; write a larger {key}, or let them take less"
            )


@rule(Sidecar)
def sidecar_without_health_command(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """ECS can't wait for an essential container to end (ECS API reference, ContainerDependency.condition)."""
    if sidecar.start == "before" and sidecar.essential and sidecar.health.command is None:
        yield at("start").notice(
            f"{at.workload.name} waits only until {at.name} has started; add health.command, with which it "
            "waits until that is well, or essential = false if it ends by itself"
        )


@rule(Sidecar)
def unknown_volume(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """Containers share volumes of their task (ECS API reference, MountPoint.sourceVolume)."""
    workload = at.workload
    known = workload.volumes.keys() | ({MODEL} if workload.model is not None else set())
    for volume in sorted(sidecar.volumes.keys() - known):
        close = did_you_mean(volume, sorted(workload.volumes))
        fix = f'did you mean "{close}"?' if close else f"add it to {spelled(workload.place)}.volumes"
        yield at("volumes", volume).error(f'{workload.name} has no volume "{volume}"; {fix}')


@rule(Sidecar)
def duplicate_sidecar_mount(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """A path shows one volume, and not the root (ECS: duplicate mount points are refused; Docker refuses "/")."""
    seen: dict[str, str] = {}
    for volume, path in sorted(sidecar.volumes.items()):
        place, normal = at("volumes", volume), posixpath.normpath(path)
        other = seen.setdefault(normal, volume)
        if normal in ("/", "//"):
            yield place.error('would hide the whole image; write a folder, as in "/tmp"')
        elif other != volume:
            there = at("volumes", other).location
            yield place.error(f'"{path}" is already the path of volume {other} ({there}); write another')


@rule(Workload)
def port_taken(workload: Workload, at: Place) -> Iterator[Finding]:
    """The containers of a task share its ports."""
    for ports, what, asked in _listening(workload, at):
        if workload.port in ports:
            yield at("port").error(
                f"{workload.port} is taken by the {what} in the same task ({asked.location}); let "
                "the service listen on another"
            )


def _listening(workload: Workload, at: Place) -> Iterator[tuple[tuple[int, ...], str, Place]]:
    if at.deployment.catalog.mesh.tracing:
        yield COLLECTOR_PORTS, "collector of traces", at.catalog("mesh", "tracing")
    if workload.logs.router is not None:
        yield LOG_ROUTER_PORTS, "log router", at("logs", "router")


@rule(Workload)
def unknown_fargate_size(workload: Workload, at: Place) -> Iterator[Finding]:
    """Fargate has CPU and memory in pairs (ECS API reference, RegisterTaskDefinition.cpu)."""
    if not workload.on_fargate or workload.memory in FARGATE_SIZES.get(workload.cpu, ()):
        return
    wrong = "cpu" if workload.cpu not in FARGATE_SIZES or not at("memory").is_set else "memory"
    cpu, memory = _in_units(workload.cpu, most=16), _in_units(workload.memory, most=120)
    yield at(wrong).error(
        f"Fargate has no task with cpu = {workload.cpu} and memory = {workload.memory}; "
        f"for {workload.name}, {_nearest(workload, nearest_size(cpu, memory))}"
    )


def _in_units(number: int, *, most: int) -> int:
    """A number of units, if vCPUs or GiB were meant."""
    return number * 1024 if 0 < number <= most else number


def _nearest(workload: Workload, nearest: Share) -> str:
    if nearest.cpu < workload.cpu or nearest.memory < workload.memory:
        return f"the largest is cpu = {nearest.cpu} and memory = {nearest.memory}"
    new_cpu, new_memory = f"cpu = {nearest.cpu}", f"memory = {nearest.memory}"
    if nearest.cpu == workload.cpu:
        return f"write {new_memory}"
    new = new_cpu if nearest.memory == workload.memory else f"{new_cpu} and {new_memory}"
    smaller = f", or memory = {FARGATE_SIZES[workload.cpu][-1]}" if workload.cpu in FARGATE_SIZES else ""
    return f"write {new}{smaller}"


@rule(Workload)
def rollout_cannot_progress(workload: Workload, at: Place) -> Iterator[Finding]:
    """A rollout starts a task first or stops one first (ECS API reference, DeploymentConfiguration: the minimum is
    rounded up, the maximum down)."""
    # Fewer tasks are harder to move than more; and of a service that is scaled, some run at times.
    replicas = max(workload.fewest_tasks, 1) if workload.scale else workload.replicas
    deploy = workload.deploy
    stays, may_run = math.ceil(replicas * deploy.min / 100), math.floor(replicas * deploy.max / 100)
    if replicas == 0 or stays < replicas or may_run > replicas:
        return
    tasks = "1 task" if replicas == 1 else f"{replicas} tasks"
    tasks = f"{tasks} at least" if workload.scale else tasks
    needed = math.ceil(100 * (replicas + 1) / replicas)
    fix = f"write max = {needed}{' or more' if needed < 200 else ''}"
    yield at("deploy").error(
        f"of the {tasks} of {workload.name}, none may stop (min = {deploy.min}) and none may be added "
        f"(max = {deploy.max}); {fix}, or a lower min"
    )


@rule(Container)
def stop_timeout_out_of_range(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.stopTimeout)."""
    least, most, stop = SHORTEST_STOP, LONGEST_STOP, container.stop_timeout
    if at.workload.on_fargate and stop is not None and not least <= stop <= most:
        yield at("stop_timeout").error(
            f'{spelled_duration(stop)} is out of range on Fargate; write "{least}s" to "{most}s"'
        )


@rule(Workload)
def task_definition_too_large(workload: Workload, at: Place) -> Iterator[Finding]:
    """All of a task's containers are one document."""
    size = definition_length(at.deployment, workload)
    if size > _TASK_DEFINITION:
        yield at.error(
            f"its task definition may have {size / 1024:.0f} KiB, and AWS takes {_TASK_DEFINITION // 1024}; put "
            "long texts (environment, command) into the image, or into a bucket"
        )
