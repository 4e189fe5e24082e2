"""Containers beside a service: as many as a task holds, under names of their own, with room for the service."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from catalog.files import MODEL
from catalog.meshes import mesh_of
from catalog.model import Deployment, Service
from catalog.problems import Finding, Path, did_you_mean
from catalog.sizes import Share, service_share
from catalog.task import addition_of, share
from catalog.task.collector import PORTS as COLLECTOR_PORTS
from catalog.task.log_router import PORTS as ROUTER_PORTS
from catalog.provenance import Provenance

_CONTAINERS = 10
"""Container definitions of a task (ECS developer guide, "Amazon ECS service quotas")."""
_LEAST = Share(128, 128)
"""What we leave a service at least: less starts too slowly to be meant."""


def name_taken(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Containers of a task have different names (ECS API reference, ContainerDefinition.name)."""
    reserved = mesh_of(deployment).containers
    for service in deployment.services.values():
        for name in service.sidecars:
            place: Path = ("services", service.name, "sidecars", name)
            if name == service.aws_key:
                message = f"the service's own container is called {name}; write another name"
                yield Finding(place=place, message=message)
            elif name in reserved:
                message = f'"{name}" is the name of the proxy in the same task; write another'
                yield Finding(place=place, message=message)


def too_many(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A task definition has ten containers (ECS developer guide, "Amazon ECS service quotas")."""
    for service in deployment.services.values():
        count = 1 + len(addition_of(deployment, service).containers) + len(mesh_of(deployment).containers)
        if count > _CONTAINERS and service.sidecars:
            yield Finding(
                place=("services", service.name, "sidecars"),
                message=f"with what the catalog adds, a task of {service.name} has {count} containers, and at most "
                f"{_CONTAINERS} are possible; remove {count - _CONTAINERS}",
            )


def no_room(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Containers share what their task has (ECS API reference, RegisterTaskDefinition, `cpu` and `memory`)."""
    for service in deployment.services.values():
        beside = [share(container) for container in addition_of(deployment, service).containers]
        if not beside:
            continue
        proxy = mesh_of(deployment).proxy_share(service.cpu, service.memory)
        rest = service_share(service.cpu, service.memory, proxy, *beside)
        base: Path = ("services", service.name)
        sidecars = tuple((*base, "sidecars", name, key) for name in service.sidecars for key in ("cpu", "memory"))
        for key, unit in (("cpu", "CPU units"), ("memory", "MiB")):
            left, least, whole = getattr(rest, key), getattr(_LEAST, key), getattr(service, key)
            if left < least:
                yield Finding(
                    place=(*base, key),
                    message=f"the containers beside {service.name} take {whole - left} of {whole} {unit}, and it needs "
                    f"{least} itself; write a larger {key}, or let them take less",
                )


def started_only(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What is essential cannot be waited for until it has ended (ECS API reference, ContainerDependency.condition)."""
    for service in deployment.services.values():
        for name, sidecar in service.sidecars.items():
            if sidecar.start == "before" and sidecar.essential and sidecar.health.command is None:
                yield Finding(
                    place=("services", service.name, "sidecars", name, "start"),
                    message=f"{service.name} waits only until {name} has started; add health.command, with which it "
                    "waits until that is well, or essential = false if it ends by itself",
                    level="notice",
                )


def unknown_volume(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Containers share volumes of their task (ECS API reference, MountPoint.sourceVolume)."""
    for service in deployment.services.values():
        for name, sidecar in service.sidecars.items():
            for volume in sorted(sidecar.volumes.keys() - service.volumes.keys() - _of_the_model(service)):
                place: Path = ("services", service.name, "sidecars", name, "volumes", volume)
                close = did_you_mean(volume, sorted(service.volumes))
                cure = f'did you mean "{close}"?' if close else f"add it to services.{service.name}.volumes"
                message = f'{service.name} has no volume "{volume}"; {cure}'
                yield Finding(place=place, message=message)


def _of_the_model(service: Service) -> set[str]:
    return {MODEL} if service.model is not None else set()


def same_path(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A path shows one volume, and not the root (ECS: duplicate mount points are refused; Docker refuses "/")."""
    for service in deployment.services.values():
        for name, sidecar in service.sidecars.items():
            base: Path = ("services", service.name, "sidecars", name, "volumes")
            seen: dict[str, str] = {}
            for volume, path in sorted(sidecar.volumes.items()):
                normal = posixpath.normpath(path)
                other = seen.setdefault(normal, volume)
                if normal in ("/", "//"):
                    message = 'would hide the whole image; write a folder, as in "/tmp"'
                    yield Finding(place=(*base, volume), message=message)
                elif other != volume:
                    message = f'"{path}" is already the path of volume {other} ({written.location(*base, other)}); '
                    yield Finding(place=(*base, volume), message=message + "write another")


def port_taken(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The containers of a task share its ports."""
    for service in deployment.services.values():
        for asked, ports, what in _listening(deployment, service):
            if service.port in ports:
                yield Finding(
                    place=("services", service.name, "port"),
                    message=f"{service.port} is taken by the {what} in the same task ({written.location(*asked)}); let "
                    "the service listen on another",
                )


def _listening(deployment: Deployment, service: Service) -> Iterator[tuple[Path, tuple[int, ...], str]]:
    if deployment.catalog.mesh.tracing:
        yield ("mesh", "tracing"), COLLECTOR_PORTS, "collector of traces"
    if service.logs.router is not None:
        yield ("services", service.name, "logs", "router"), ROUTER_PORTS, "log router"
