"""Health checks that AWS accepts and that can succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.analysis.timeouts import LONGEST_GRACE
from catalog.diagnostics import Finding
from catalog.frame import Container, Place, ServiceWorkload, containers_of
from catalog.meshes import mesh_of
from catalog.model import Service
from catalog.model.types import spelled_duration
from catalog.model.workload import Health
from catalog.rules import rule

_BOUNDS = {"interval": (5, 300), "timeout": (2, 60)}
"""Seconds that meshes and ECS accept; load balancers take no less (mesh API reference, HealthCheckPolicy; ECS API
reference, HealthCheck; ELBv2 API reference, CreateTargetGroup)."""
_METHOD = re.compile(r"/\w+(\.\w+)*/\w+")
"""`/package.service/method`."""


@rule(Container)
def probe_out_of_range(container: Container, at: Place) -> Iterator[Finding]:
    """Probes keep within what AWS accepts."""
    for key, (least, most) in _BOUNDS.items():
        value = getattr(container.health, key)
        if not least <= value <= most:
            bounds = f'write "{least}s" to {spelled_duration(most)}'
            yield at("health", key).error(f"{spelled_duration(value)} is out of range; {bounds}")


@rule(Container)
def probe_timeout_beyond_interval(container: Container, at: Place) -> Iterator[Finding]:
    """A probe ends before the next begins (ELBv2: "Health check interval must be greater than the timeout")."""
    health, place = container.health, at("health")
    in_bounds = all(least <= getattr(health, key) <= most for key, (least, most) in _BOUNDS.items())
    if in_bounds and health.timeout >= health.interval:
        wrong, other = ("timeout", "interval") if place("timeout").is_set else ("interval", "timeout")
        than = "is not shorter than the" if wrong == "timeout" else "is not longer than the"
        yield place(wrong).error(
            f"{spelled_duration(getattr(health, wrong))} {than} {other} "
            f"{spelled_duration(getattr(health, other))} of {at.name} ({place(other).location}); "
            f"{_apart(health.timeout, health.interval, wrong)}"
        )


def _apart(timeout: float, interval: float, wrong: str) -> str:
    if wrong == "timeout" and interval > 2:
        return f"write at most {spelled_duration(interval - 1)}"
    return f"write at least {spelled_duration(timeout + 1)}"


@rule(ServiceWorkload)
def probe_path_without_port(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """A path is probed on the service's port."""
    place = at("health", "path")
    if service.health.path is not None and service.port is None and place.is_set_here:
        message = "there is no port to probe; add port, or write health.command"
        yield place.error(message)


@rule(ServiceWorkload)
def probe_path_over_tcp(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """A TCP probe only connects (mesh API reference, HealthCheckPolicy.path)."""
    place = at("health", "path")
    if service.health.path is not None and service.is_tcp and service.port is not None and place.is_set_here:
        message = "a tcp port is probed by connecting to it; remove it"
        yield place.error(message)


@rule(Container)
def empty_health_command(container: Container, at: Place) -> Iterator[Finding]:
    """A check runs something (ECS: a health check command has at least two items)."""
    command = container.health.command
    if command is not None and not any(part.strip() for part in command[1:]):
        yield at("health", "command").error('is empty; write one like "curl -f http://localhost/", or remove it')


@rule(Container)
def grace_beyond_ecs(container: Container, at: Place) -> Iterator[Finding]:
    """ECS counts the seconds of a start in 31 bits (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
    if container.health.grace > LONGEST_GRACE:
        longest = f"{LONGEST_GRACE // 3600}h"
        yield at("health", "grace").error(f'is longer than ECS can wait for a start; write at most "{longest}"')


@rule(ServiceWorkload)
def unused_grace(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """ECS looks at a task through its own check, through load balancers and through a mesh, at nothing else (ECS
    developer guide, "Determine Amazon ECS task health")."""
    place = at("health", "grace")
    longer = service.health.grace > Health().grace and place.is_set_here
    watched = service.public is not None or mesh_of(at.deployment).starts_watched(service)
    if longer and service.health.command is None and not watched:
        yield place.notice(
            f"ECS takes a task of {service.name} as soon as it runs, so that a rollout replaces the old "
            "one before the new one has started; write health.command, with which ECS waits"
        )


@rule(ServiceWorkload)
def probe_path_is_no_grpc_method(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """A load balancer probes gRPC by a method (ELBv2 API reference, CreateTargetGroup.HealthCheckPath)."""
    path = service.health.path
    if service.protocol == "grpc" and service.public and path is not None and not _METHOD.fullmatch(path):
        yield at("health", "path").error(
            f'"{path}" is not a method, by which a load balancer probes grpc; write one like '
            '"/grpc.health.v1.Health/Check", or remove it'
        )


@rule(Service)
def probe_times_without_probe(service: Service, at: Place) -> Iterator[Finding]:
    """Times are those of the container's own check, or of probes by a balancer or a mesh."""
    parity = mesh_of(at.deployment).parity
    probes = parity["probes_of_grpc" if service.protocol == "grpc" else "probes"].carried
    for container, place in containers_of(service, at):
        is_own = place.path == at.path
        probed = is_own and service.port is not None and (service.public is not None or probes)
        if container.health.command is not None or probed:
            continue
        # Of a service, grace is also how long its first deployment may take.
        for key in ("interval", "timeout") if is_own else ("interval", "timeout", "grace"):
            here = place("health", key)
            if here.is_set_here:
                yield here.notice("nothing is probed; write command beside it, or remove it")
