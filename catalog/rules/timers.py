"""Timeouts that agree with each other, along every chain of calls."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.balancer import LONGEST_IDLE
from catalog.durations import spelled_duration
from catalog.hops import hops_into, timers_of
from catalog.model import UNLIMITED, Deployment, Service
from catalog.problems import Finding, Path
from catalog.provenance import Provenance


def shorter_than_callee(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Whoever waits less than its callee may take, cuts off answers (App Mesh User Guide: the timeout counts at every
    hop)."""
    for service in deployment.services.values():
        if deployment.catalog.services[service.name].timeout is None:
            continue
        callees = [callee for callee in deployment.callees_of(service) if not callee.is_tcp and callee.port is not None]
        slowest = max(callees, key=lambda callee: callee.timeout, default=None)
        if slowest is None or slowest.timeout <= service.timeout:
            continue
        reason = _where_from(deployment, slowest)
        place: Path = ("services", reason.name, "timeout")
        behind = "" if reason is slowest else f" because of {reason.name}"
        yield Finding(
            place=("services", service.name, "timeout"),
            message=f"{service.name} waits {spelled_duration(service.timeout)}, but its callee {slowest.name} has "
            f"{spelled_duration(slowest.timeout)}{behind} ({written.location(*place)}); write "
            f"{'at least ' * (slowest.timeout != UNLIMITED)}{spelled_duration(slowest.timeout)} here, or less there",
        )


def _where_from(deployment: Deployment, service: Service) -> Service:
    """The service whose own timeout another has taken over from its callees."""
    seen = {service.name}
    while deployment.catalog.services[service.name].timeout is None:
        callees = [callee for callee in deployment.callees_of(service) if not callee.is_tcp and callee.name not in seen]
        following = next((callee for callee in callees if callee.timeout == service.timeout), None)
        if following is None:
            break
        service = following
        seen.add(service.name)
    return service


def zero(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """To App Mesh a timeout of zero is none at all (App Mesh User Guide, "Routes"): whoever means that says so."""
    for service in deployment.services.values():
        keys = deployment.catalog.services[service.name]
        for path, value in (
            (("timeout",), keys.timeout),
            (("idle_timeout",), keys.idle_timeout),
            (("retries", "per_try"), keys.retries.per_try),
        ):
            if value == 0:
                message = '"0s" is no time; write "none" for no limit, or a time'
                yield Finding(place=("services", service.name, *path), message=message)


def silence_cut_off(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An answer that is not streamed is silent for its whole length (Envoy: stream_idle_timeout). Said only where
    something counts the silence that the catalog sets."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "idle_timeout")
        if service.is_tcp or not 0 < service.idle_timeout < service.timeout or not written.is_set(*place):
            continue
        counted = [
            timer.seconds
            for hop in hops_into(deployment, service)
            for timer in timers_of(deployment, hop)
            if timer.limits == "silence" and timer.key == "idle_timeout"
        ]
        silence = min(counted, default=UNLIMITED)
        if silence < service.timeout:
            yield Finding(
                place=place,
                message=f"cuts {service.name} off after {spelled_duration(silence)} of silence, "
                f"though an answer may take {spelled_duration(service.timeout)}; leave it out, unless it streams",
                level="notice",
            )


def longer_than_load_balancer(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer closes a connection that is silent for 4000 seconds, whatever is said."""
    for service in deployment.services.values():
        if service.public is None or service.idle_timeout <= LONGEST_IDLE:
            continue
        base: Path = ("services", service.name)
        key = next((key for key in ("idle_timeout", "timeout") if written.is_set(*base, key)), "public")
        yield Finding(
            place=(*base, key),
            message=f"its load balancer cuts off whatever is silent for {LONGEST_IDLE} seconds, although "
            f"{service.name} may take {spelled_duration(service.idle_timeout)}; stream long answers, or poll for them",
            level="notice",
        )


def timeout_of_tcp(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """TCP knows no requests, so that only silence can be timed (App Mesh API reference, TcpTimeout)."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "timeout")
        if service.is_tcp and written.is_set_here(*place) and service.timeout != UNLIMITED:
            message = "tcp knows no answers whose time could be limited; write idle_timeout instead"
            yield Finding(place=place, message=message, level="notice")
