"""Tasks: size, sidecars, logs, ECS Exec and rollout."""

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
from catalog.task.sidecars import has_exec
from catalog.task.storage import MODEL
from catalog.task.telemetry import COLLECTOR_PORTS, LOG_ROUTER_PORTS

_CONTAINERS = 10
"""Container definitions of a task (ECS developer guide, "Amazon ECS service quotas")."""
_LEAST = Share(128, 128)
"""Smallest share of the service's container. It rarely starts with less."""
_TASK_DEFINITION = 64 * 1024
"""Bytes (ECS developer guide, "Amazon ECS service quotas": Task definition size limit, 64 KiB, not adjustable)."""


@rule(Sidecar)
def sidecar_name_taken(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """Containers of a task have different names (ECS API reference, ContainerDefinition.name)."""
    if at.name == at.workload.aws_key:
        yield at.error("is also the name of the service's container. Use another name.")
    elif at.name in mesh_of(at.deployment).containers:
        yield at.error(f'"{at.name}" is also the name of the proxy in the same task. Use another name.')


@rule(Workload)
def too_many_containers(workload: Workload, at: Place) -> Iterator[Finding]:
    """A task definition allows ten containers (ECS developer guide, "Amazon ECS service quotas")."""
    count = 1 + len(addition_of(at.deployment, workload).containers) + len(mesh_of(at.deployment).containers)
    if count > _CONTAINERS and workload.sidecars:
        yield at("sidecars").error(
            f"the task of {workload.name} has {count} containers, including those that the catalog adds, and ECS "
            f"allows at most {_CONTAINERS}. Remove {count - _CONTAINERS}."
        )


@rule(Workload)
def no_room_for_sidecars(workload: Workload, at: Place) -> Iterator[Finding]:
    """Containers share their task's CPU and memory (ECS API reference, RegisterTaskDefinition, `cpu` and `memory`)."""
    beside = [share(container) for container in addition_of(at.deployment, workload).containers]
    if not beside or workload.memory < _LEAST.memory:
        return  # another rule reports a task without room for a container
    proxy = mesh_of(at.deployment).proxy_share(workload.cpu, workload.memory)
    rest = service_share(workload.cpu, workload.memory, proxy, *beside)
    for key, unit in (("cpu", "CPU units"), ("memory", "MiB")):
        left, least, whole = getattr(rest, key), getattr(_LEAST, key), getattr(workload, key)
        if left < least:
            yield at(key).error(
                f"sidecars use {whole - left} of {whole} {unit}, and {workload.name} requires at least {least}. "
                f"Use a larger {key}, or smaller sidecars."
            )


@rule(Sidecar)
def sidecar_without_health_command(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """ECS can't wait for an essential container to exit (ECS API reference, ContainerDependency.condition)."""
    if sidecar.start == "before" and sidecar.essential and sidecar.health.command is None:
        yield at("start").notice(
            f"{at.workload.name} waits only until {at.name} has started. Add health.command so that it waits until "
            f"{at.name} is healthy, or essential = false if {at.name} exits when it's done."
        )


@rule(Sidecar)
def unknown_volume(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """Containers mount volumes of their task (ECS API reference, MountPoint.sourceVolume)."""
    workload = at.workload
    known = workload.volumes.keys() | ({MODEL} if workload.model is not None else set())
    for volume in sorted(sidecar.volumes.keys() - known):
        close = did_you_mean(volume, sorted(workload.volumes))
        fix = f'; did you mean "{close}"?' if close else f". Add it to {spelled(workload.place)}.volumes."
        yield at("volumes", volume).error(f'volume "{volume}" of {workload.name} doesn\'t exist{fix}')


@rule(Sidecar)
def duplicate_sidecar_mount(sidecar: Sidecar, at: Place) -> Iterator[Finding]:
    """ECS refuses two mount points with one path, and Docker refuses to mount over "/"."""
    seen: dict[str, str] = {}
    for volume, path in sorted(sidecar.volumes.items()):
        place, normal = at("volumes", volume), posixpath.normpath(path)
        other = seen.setdefault(normal, volume)
        if normal in ("/", "//"):
            yield place.error('must not be "/", which would hide the image. Use a folder such as "/tmp".')
        elif other != volume:
            there = at("volumes", other).location
            yield place.error(f'"{path}" is also the path of volume {other} ({there}). Use another path.')


@rule(Workload)
def port_taken(workload: Workload, at: Place) -> Iterator[Finding]:
    """The containers of a task share its ports (ECS developer guide, "Task networking")."""
    for ports, what, enabled in _listening(workload, at):
        if workload.port in ports:
            yield at("port").error(
                f"{workload.port} is used by the {what} in the same task ({enabled.location}). Let the service listen "
                "on another port."
            )


def _listening(workload: Workload, at: Place) -> Iterator[tuple[tuple[int, ...], str, Place]]:
    if at.deployment.catalog.mesh.tracing:
        yield COLLECTOR_PORTS, "trace collector", at.catalog("mesh", "tracing")
    if workload.logs.router is not None:
        yield LOG_ROUTER_PORTS, "log router", at("logs", "router")


@rule(Workload)
def unknown_fargate_size(workload: Workload, at: Place) -> Iterator[Finding]:
    """Fargate supports certain pairs of CPU and memory (ECS developer guide, "Task definition differences for
    Fargate")."""
    if not workload.on_fargate or workload.memory in FARGATE_SIZES.get(workload.cpu, ()):
        return
    if workload.gpus:
        return  # `not_on_fargate` reports it: on instances, the size may be right
    wrong = "cpu" if workload.cpu not in FARGATE_SIZES or not at("memory").is_set else "memory"
    cpu, memory = _in_units(workload.cpu, most=32), _in_units(workload.memory, most=244)
    yield at(wrong).error(
        f"Fargate doesn't support cpu = {workload.cpu} with memory = {workload.memory} ({workload.name}). "
        f"{_nearest(workload, nearest_size(cpu, memory))}."
    )


def _in_units(number: int, *, most: int) -> int:
    """Converts vCPUs or GiB to units and MiB: small numbers are those."""
    return number * 1024 if 0 < number <= most else number


def _nearest(workload: Workload, nearest: Share) -> str:
    if nearest.cpu < workload.cpu or nearest.memory < workload.memory:
        return f"Use at most cpu = {nearest.cpu} and memory = {nearest.memory}"
    new_cpu, new_memory = f"cpu = {nearest.cpu}", f"memory = {nearest.memory}"
    if nearest.cpu == workload.cpu:
        return f"Use {new_memory}"
    new = new_cpu if nearest.memory == workload.memory else f"{new_cpu} and {new_memory}"
    smaller = f", or memory = {FARGATE_SIZES[workload.cpu][-1]}" if workload.cpu in FARGATE_SIZES else ""
    return f"Use {new}{smaller}"


@rule(Workload)
def rollout_cannot_progress(workload: Workload, at: Place) -> Iterator[Finding]:
    """A rollout must be able to start or stop a task first (ECS API reference, DeploymentConfiguration: ECS rounds the
    minimum up and the maximum down)."""
    # The fewest tasks are the hardest case. A service that scales to zero still has one at times.
    replicas = max(workload.fewest_tasks, 1) if workload.scale else workload.replicas
    deploy = workload.deploy
    stays, may_run = math.ceil(replicas * deploy.min / 100), math.floor(replicas * deploy.max / 100)
    if replicas == 0 or stays < replicas or may_run > replicas:
        return
    tasks = "1 task" if replicas == 1 else f"{replicas} tasks"
    tasks = f"at least {tasks}" if workload.scale else tasks
    needed = math.ceil(100 * (replicas + 1) / replicas)
    fix = f"Use max = {needed}{' or more' if needed < 200 else ''}"
    yield at("deploy").error(
        f"{workload.name} has {tasks}, and a rollout can neither stop one (min = {deploy.min}) nor add one "
        f"(max = {deploy.max}). {fix}, or a lower min."
    )


@rule(Container)
def stop_timeout_out_of_range(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.stopTimeout)."""
    least, most, stop = SHORTEST_STOP, LONGEST_STOP, container.stop_timeout
    if at.workload.on_fargate and stop is not None and not least <= stop <= most:
        yield at("stop_timeout").error(
            f'{spelled_duration(stop)} is out of range on Fargate. Use "{least}s" to "{most}s".'
        )


@rule(Workload)
def task_definition_too_large(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS limits a task definition to 64 KiB, all of its containers included (ECS developer guide, "Amazon ECS service
    quotas")."""
    size = definition_length(at.deployment, workload)
    if size > _TASK_DEFINITION:
        yield at.error(
            f"the task definition may have {size / 1024:.0f} KiB, and ECS allows at most {_TASK_DEFINITION // 1024} "
            "KiB. Move long strings (environment, command) to the image or to a bucket."
        )


@rule(Workload)
def exec_with_read_only_root(workload: Workload, at: Place) -> Iterator[Finding]:
    """The agent of ECS Exec writes to the container's file system (ECS developer guide, "Monitor Amazon ECS containers
    with ECS Exec", considerations)."""
    if not has_exec(at.deployment, workload) or not workload.readonly_root:
        return
    enabled = at.catalog("cluster", "exec") if workload.exec is None else at("exec")
    yield at("readonly_root").error(
        f"conflicts with ECS Exec ({enabled.location}), which requires a writable root file system. Remove it, "
        "or write exec = false beside it."
    )


@rule(Workload)
def router_without_output(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS turns the options into an output of Fluent Bit. Without one, all logs are lost (ECS developer guide, "Send
    Amazon ECS logs to an AWS service or AWS Partner")."""
    router = workload.logs.router
    if router is None:
        return
    place = at("logs", "router")
    named = any(key.lower() == "name" for key in router.options)
    if (router.options or router.secrets) and not named:
        message = (
            'options requires Name, the output plugin of Fluent Bit. Add Name = "cloudwatch_logs", or another one.'
        )
    elif not named and router.config is None:
        message = 'requires an output plugin of Fluent Bit. Write options = { Name = "cloudwatch_logs" }, or config.'
    else:
        return
    yield place.error(message)


@rule(Workload)
def duplicate_router_option(workload: Workload, at: Place) -> Iterator[Finding]:
    """An option of the log router has one value (ECS API reference, LogConfiguration, `options` and
    `secretOptions`)."""
    router = workload.logs.router
    for name in sorted(router.secrets.keys() & router.options.keys()) if router is not None else ():
        place = at("logs", "router")
        other = place("options", name)
        message = f"is also in options ({other.location}). Remove one of them."
        yield place("secrets", name).error(message)
