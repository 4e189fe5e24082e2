"""Health checks: values that AWS accepts, and checks that can succeed."""

from __future__ import annotations

import json
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
"""Seconds that meshes, ECS and load balancers accept (mesh API reference, HealthCheckPolicy; ECS API reference,
HealthCheck; ELBv2 API reference, CreateTargetGroup)."""
_METHOD = re.compile(r"/\w+(\.\w+)*/\w+")
"""`/package.service/method`."""


@rule(Container)
def probe_out_of_range(container: Container, at: Place) -> Iterator[Finding]:
    """AWS limits the interval and the timeout of a health check (mesh API reference, HealthCheckPolicy; ECS API
    reference, HealthCheck)."""
    for key, (least, most) in _BOUNDS.items():
        value = getattr(container.health, key)
        if not least <= value <= most:
            bounds = f'Use "{least}s" to {spelled_duration(most)}'
            yield at("health", key).error(f"{spelled_duration(value)} is out of range. {bounds}.")


@rule(Container)
def probe_timeout_beyond_interval(container: Container, at: Place) -> Iterator[Finding]:
    """A health check's timeout must be shorter than its interval (ELBv2: "Health check interval must be greater than
    the timeout")."""
    health, place = container.health, at("health")
    in_bounds = all(least <= getattr(health, key) <= most for key, (least, most) in _BOUNDS.items())
    if in_bounds and health.timeout >= health.interval:
        wrong, other = ("timeout", "interval") if place("timeout").is_set else ("interval", "timeout")
        comparison = "must be shorter" if wrong == "timeout" else "must be longer"
        yield place(wrong).error(
            f"{spelled_duration(getattr(health, wrong))} {comparison} than the {other} "
            f"{spelled_duration(getattr(health, other))} of {at.name} ({place(other).location}). "
            f"{_valid_time(health.timeout, health.interval, wrong)}."
        )


def _valid_time(timeout: float, interval: float, wrong: str) -> str:
    if wrong == "timeout" and interval > 2:
        return f"Use at most {spelled_duration(interval - 1)}"
    return f"Use at least {spelled_duration(timeout + 1)}"


@rule(ServiceWorkload)
def probe_path_without_port(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """Load balancers and meshes request `health.path` on the service's port."""
    place = at("health", "path")
    if service.health.path is not None and service.port is None and place.is_set_here:
        instead = "remove it" if service.health.command else "use health.command instead"
        yield place.error(f"requires a port to probe. Add port, or {instead}.")


@rule(ServiceWorkload)
def probe_path_over_tcp(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """A TCP health check only opens a connection (mesh API reference, HealthCheckPolicy.path)."""
    place = at("health", "path")
    if service.health.path is not None and service.is_tcp and service.port is not None and place.is_set_here:
        message = 'has no effect with protocol = "tcp", whose probes only open a connection. Remove path.'
        yield place.error(message)


@rule(Container)
def invalid_health_command(container: Container, at: Place) -> Iterator[Finding]:
    """ECS requires CMD and arguments, or CMD-SHELL and one string (ECS API reference, HealthCheck.command)."""
    command, place = container.health.command, at("health", "command")
    if command is None:
        return
    marker, *rest = command
    if marker == "NONE":
        yield place.error(
            "\"NONE\" isn't supported. Remove command: without it, ECS runs no check, not even the image's HEALTHCHECK."
        )
    elif not any(part.strip() for part in rest):
        yield place.error('is empty. Write a command such as "curl -f http://localhost/", or remove it.')
    elif marker == "CMD-SHELL" and len(rest) > 1:
        joined = json.dumps(" ".join(rest), ensure_ascii=False)
        yield place.error(
            f'"CMD-SHELL" must be followed by one string, not {len(rest)}. Write command = ["CMD-SHELL", {joined}].'
        )


@rule(Container)
def grace_beyond_ecs(container: Container, at: Place) -> Iterator[Finding]:
    """ECS limits the grace period to 2,147,483,647 seconds (ECS API reference,
    CreateService.healthCheckGracePeriodSeconds)."""
    if container.health.grace > LONGEST_GRACE:
        longest = f"{LONGEST_GRACE // 3600}h"
        yield at("health", "grace").error(f'exceeds the longest grace period that ECS allows. Use at most "{longest}".')


@rule(ServiceWorkload)
def unused_grace(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """ECS knows a task's health from the container's check, load balancers and the mesh only (ECS developer guide,
    "Determine Amazon ECS task health")."""
    place = at("health", "grace")
    longer = service.health.grace > Health().grace and place.is_set_here
    watched = service.public is not None or mesh_of(at.deployment).starts_watched(at.deployment, service)
    if longer and service.health.command is None and not watched:
        yield place.notice(
            f"has no effect without a health check: ECS considers a task of {service.name} healthy as soon as it runs, "
            "and stops the old one. Add health.command so that ECS waits."
        )


@rule(ServiceWorkload)
def probe_path_is_no_grpc_method(service: ServiceWorkload, at: Place) -> Iterator[Finding]:
    """A load balancer's health check of gRPC calls a method (ELBv2 API reference,
    CreateTargetGroup.HealthCheckPath)."""
    path = service.health.path
    if service.protocol == "grpc" and service.public and path is not None and not _METHOD.fullmatch(path):
        yield at("health", "path").error(
            f'must be a gRPC method, not "{path}", because a load balancer probes grpc by calling one. Write a path '
            'such as "/grpc.health.v1.Health/Check", or remove it.'
        )


@rule(Service)
def probe_times_without_probe(service: Service, at: Place) -> Iterator[Finding]:
    """Intervals and timeouts apply to the container's check and to probes by a load balancer or a mesh."""
    parity = mesh_of(at.deployment).parity
    probes = parity["probes_of_grpc" if service.protocol == "grpc" else "probes"].supported
    for container, place in containers_of(service, at):
        is_own = place.path == at.path
        probed = is_own and service.port is not None and (service.public is not None or probes)
        if container.health.command is not None or probed:
            continue
        # A service's grace also limits how long Terraform waits for its deployment.
        for key in ("interval", "timeout") if is_own else ("interval", "timeout", "grace"):
            here = place("health", key)
            if here.is_set_here:
                yield here.notice("has no effect without a health check. Add health.command, or remove it.")
