"""Probes that AWS accepts and that can succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.durations import spelled_duration
from catalog.meshes import mesh_of
from catalog.model import Deployment
from catalog.model.workload import Health
from catalog.problems import Finding, Path
from catalog.rules.each import containers
from catalog.startup import LONGEST_GRACE
from catalog.written import Written

_BOUNDS = {"interval": (5, 300), "timeout": (2, 60)}
"""Seconds that App Mesh and ECS accept; load balancers take no less (App Mesh API reference, HealthCheckPolicy; ECS API
reference, HealthCheck; ELBv2 API reference, CreateTargetGroup)."""
_METHOD = re.compile(r"/\w+(\.\w+)*/\w+")
"""`/package.service/method`."""


def probe_out_of_bounds(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Probes keep within what AWS accepts."""
    for place, container in containers(deployment.services):
        for key, (least, most) in _BOUNDS.items():
            value = getattr(container.health, key)
            if not least <= value <= most:
                bounds = f'write "{least}s" to {spelled_duration(most)}'
                yield Finding(
                    place=(*place, "health", key), message=f"{spelled_duration(value)} is out of range; {bounds}"
                )


def probe_longer_than_interval(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A probe ends before the next begins (ELBv2: "Health check interval must be greater than the timeout")."""
    for owner, container in containers(deployment.services):
        health = container.health
        in_bounds = all(least <= getattr(health, key) <= most for key, (least, most) in _BOUNDS.items())
        if in_bounds and health.timeout >= health.interval:
            place: Path = (*owner, "health")
            wrong, other = ("timeout", "interval") if written.written(*place, "timeout") else ("interval", "timeout")
            than = "is not shorter than the" if wrong == "timeout" else "is not longer than the"
            yield Finding(
                place=(*place, wrong),
                message=f"{spelled_duration(getattr(health, wrong))} {than} {other} "
                f"{spelled_duration(getattr(health, other))} of {owner[-1]} ({written.where(*place, other)}); "
                f"{_apart(health.timeout, health.interval, wrong)}",
                about=((*place, other),),
            )


def _apart(timeout: float, interval: float, wrong: str) -> str:
    if wrong == "timeout" and interval > 2:
        return f"write at most {spelled_duration(interval - 1)}"
    return f"write at least {spelled_duration(timeout + 1)}"


def path_without_port(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A path is probed on the service's port."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "health", "path")
        if service.health.path is not None and service.port is None and written.own(*place):
            message = "there is no port to probe; add port, or write health.command"
            yield Finding(place=place, message=message, about=((*place[:2], "port"),))


def path_over_tcp(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A TCP probe only connects (App Mesh API reference, HealthCheckPolicy.path)."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "health", "path")
        if service.health.path is not None and service.is_tcp and service.port is not None and written.own(*place):
            message = "a tcp port is probed by connecting to it; remove it"
            yield Finding(place=place, message=message, about=((*place[:2], "protocol"),))


def empty_command(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A check runs something (ECS: a health check command has at least two items)."""
    for place, container in containers(deployment.services):
        command = container.health.command
        if command is not None and not any(part.strip() for part in command[1:]):
            yield Finding(
                place=(*place, "health", "command"),
                message='is empty; write one like "curl -f http://localhost/", or remove it',
            )


def grace_beyond_ecs(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """ECS counts the seconds of a start in 31 bits (ECS API reference, CreateService.healthCheckGracePeriodSeconds)."""
    for place, container in containers(deployment.services):
        if container.health.grace > LONGEST_GRACE:
            longest = f"{LONGEST_GRACE // 3600}h"
            yield Finding(
                place=(*place, "health", "grace"),
                message=f'is longer than ECS can wait for a start; write at most "{longest}"',
            )


def grace_for_nobody(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """ECS looks at a task through its own check, through load balancers and through VPC Lattice, at nothing else (ECS
    developer guide, "Determine Amazon ECS task health")."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "health", "grace")
        longer = service.health.grace > Health().grace and written.own(*place)
        watched = service.public is not None or mesh_of(deployment).starts_watched(service)
        if longer and service.health.command is None and not watched:
            yield Finding(
                place=place,
                message=f"ECS takes a task of {service.name} as soon as it runs, so that a rollout replaces the old "
                "one before the new one has started; write health.command, with which ECS waits",
                level="notice",
                about=((*place[:3], "command"), (*place[:2], "public")),
            )


def method_of_grpc(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A load balancer probes gRPC by a method (ELBv2 API reference, CreateTargetGroup.HealthCheckPath)."""
    for service in deployment.services.values():
        path = service.health.path
        if service.protocol == "grpc" and service.public and path is not None and not _METHOD.fullmatch(path):
            yield Finding(
                place=("services", service.name, "health", "path"),
                message=f'"{path}" is not a method, by which a load balancer probes grpc; write one like '
                '"/grpc.health.v1.Health/Check", or remove it',
                about=(("services", service.name, "protocol"), ("services", service.name, "public")),
            )
