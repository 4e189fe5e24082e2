"""How much a service takes at once, and when one of its tasks is left out."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_KEYS = {
    "http": ("connections", "pending"),
    "http2": ("requests",),
    "grpc": ("requests",),
    "tcp": ("connections",),
}
"""What can be limited for each protocol (App Mesh API reference, VirtualNodeConnectionPool)."""


def pool_of_another_protocol(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Each protocol has limits of its own (App Mesh API reference, VirtualNodeConnectionPool)."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "pool")
        about: tuple[Path, ...] = ((*place[:2], "protocol"),)
        fitting = _KEYS[service.protocol]
        for key in ("connections", "pending", "requests"):
            if key in fitting or service.pool is None or getattr(service.pool, key) is None:
                continue
            if written.is_set_here(*place, key):
                message = f"does not limit a service that speaks {service.protocol}; write {' and '.join(fitting)}"
                yield Finding(place=(*place, key), message=message)
            else:
                message = f"does not hold for services that speak {service.protocol}"
                yield Finding(place=(*place, key), message=message, level="notice")


def pool_without_limit(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A pool says its main limit (App Mesh API reference: maxConnections and maxRequests are required)."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "pool")
        if service.pool is None or not written.is_set_here(*place):
            continue
        main, *others = _KEYS[service.protocol]
        foreign = any(getattr(service.pool, key) is not None for key in ("connections", "pending", "requests"))
        foreign = foreign and not any(getattr(service.pool, key) is not None for key in (main, *others))
        if getattr(service.pool, main) is None and not foreign:
            message = f"has no limit; add {main} = 100"
            if others and getattr(service.pool, others[0]) is not None:
                message = f"{others[0]} only counts beside {main}; add {main} = 100"
            yield Finding(place=place, message=message)


def outlier_in_no_time(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Looking and leaving out take time (Envoy: outlier detection intervals are greater than zero)."""
    for service in deployment.services.values():
        if service.outlier is None:
            continue
        for key in ("interval", "eject"):
            if getattr(service.outlier, key) == 0:
                place: Path = ("services", service.name, "outlier", key)
                yield Finding(place=place, message='"0s" is no time; write at least "1s"')


def limits_without_port(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Nobody calls a service without a port, so that nothing about being called has a meaning."""
    for service in deployment.services.values():
        if service.port is not None:
            continue
        for key in ("protocol", "pool", "outlier", "retries", "idle_timeout"):
            place: Path = ("services", service.name, key)
            if written.is_set_here(*place):
                message = f"nobody can call {service.name}, as it has no port; add port, or remove {key}"
                yield Finding(place=place, message=message, level="notice")
