"""What is tried again, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.durations import spelled_duration
from catalog.model import UNLIMITED, Deployment, Service
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_GRPC_EVENTS = ("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable")
"""App Mesh API reference, GrpcRetryPolicy.grpcRetryEvents."""
_ON_TIMEOUT = ("gateway-error", "server-error")
"""Events that a try cut off by its own timer is (504; App Mesh API reference, HttpRetryPolicy.httpRetryEvents)."""
_LONG = 60
"""Seconds from which on an answer is surely generated, not looked up."""


def _retried(deployment: Deployment) -> Iterator[tuple[Service, Path]]:
    for service in deployment.services.values():
        if service.retries.attempts:
            yield service, ("services", service.name, "retries")


def retries_of_tcp(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A request in a TCP stream cannot be told from the next, hence not be sent again."""
    for service, place in _retried(deployment):
        if not service.is_tcp:
            continue
        if written.is_set_here(*place):
            message = "nothing can be tried again over tcp; remove it"
            yield Finding(place=place, message=message)
        elif written.is_set(*place):
            message = "does not hold for services that speak tcp"
            yield Finding(place=place, message=message, level="notice")


def longer_than_the_timeout(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """All tries fit into the timeout (App Mesh User Guide, "Routes": at least the retry timeout times the retries)."""
    for service, place in _retried(deployment):
        retries = service.retries
        if service.is_tcp or not retries.per_try or retries.per_try == UNLIMITED:
            continue
        if retries.per_try * retries.attempts > service.timeout:
            longest = int(service.timeout // retries.attempts)
            where = written.location("services", service.name, "timeout")
            cure = f"write at most {spelled_duration(longest)}" if longest else "lower attempts"
            yield Finding(
                place=(*place, "per_try"),
                message=f"{retries.attempts} × {spelled_duration(retries.per_try)[1:-1]} do not fit into the timeout "
                f"{spelled_duration(service.timeout)} of {service.name} ({where}); {cure}",
            )


def event_of_grpc(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Only gRPC has gRPC's status codes (App Mesh API reference, HttpRetryPolicy and GrpcRetryPolicy)."""
    for service, place in _retried(deployment):
        if service.protocol not in ("http", "http2") or not written.is_set_here(*place, "on"):
            continue
        for index, event in enumerate(service.retries.on):
            if event in _GRPC_EVENTS:
                yield Finding(
                    place=(*place, "on", index),
                    message=f'"{event}" is known to grpc only, {service.name} speaks {service.protocol}; '
                    'write "connection-error", "gateway-error", "server-error", "client-error" or "stream-error"',
                )


def no_event(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Retries name at least one event (App Mesh API reference, HttpRetryPolicy: at least one of the lists)."""
    for service, place in _retried(deployment):
        events = [e for e in service.retries.on if service.protocol == "grpc" or e not in _GRPC_EVENTS]
        if not service.is_tcp and not events and (not service.retries.on or not written.is_set_here(*place, "on")):
            yield Finding(
                place=(*place, "on"),
                message=f'names nothing for which {service.protocol} is tried again; add "connection-error"',
            )


def without_attempts(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """`on` and `per_try` without `attempts` change nothing."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "retries")
        if service.retries.attempts or written.is_set(*place, "attempts"):
            continue
        for key in ("on", "per_try"):
            if written.is_set(*place, key):
                message = "nothing is tried again as long as attempts is 0; add attempts = 1, or remove it"
                yield Finding(place=(*place, key), message=message, level="notice")


def generated_again(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A proxy's timer of one try runs until the answer starts, so that a slow start is one more request (Envoy, router
    filter: per try timeout)."""
    for service, place in _retried(deployment):
        retries = service.retries
        per_try = retries.per_try if retries.per_try is not None else service.timeout / retries.attempts
        events = [event for event in retries.on if event in _ON_TIMEOUT]
        if service.is_tcp or not events or not 0 < per_try < service.timeout or service.timeout < _LONG:
            continue
        yield Finding(
            place=(*place, "on"),
            message=f"an answer of {service.name} that takes longer than {per_try:g}s to begin is asked for again, and "
            f'generated again; leave out "{events[0]}", or write per_try = {spelled_duration(service.timeout)} and '
            "attempts = 1",
            level="notice",
        )
