"""Timeouts and retries along every chain of calls."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.load_balancers import LONGEST_ALB_IDLE
from catalog.diagnostics import Finding
from catalog.frame import Place
from catalog.meshes.hops import hops_into, timers_of
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import spelled_duration
from catalog.rules import rule

_GRPC_EVENTS = ("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable")
"""mesh API reference, GrpcRetryPolicy.grpcRetryEvents."""
_ON_TIMEOUT = ("gateway-error", "server-error")
"""Events that a try cut off by its own timer is (504; mesh API reference, HttpRetryPolicy.httpRetryEvents)."""
_LONG = 60
"""Seconds from which on an answer is surely generated, not looked up."""


@rule(Service)
def timeout_below_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A caller with a shorter timeout than its callee cuts off responses (mesh user guide: the timeout counts at every
    hop)."""
    if at.deployment.catalog.services[service.name].timeout is None:
        return
    callees = [callee for callee in at.deployment.callees_of(service) if not callee.is_tcp and callee.port is not None]
    slowest = max(callees, key=lambda callee: callee.timeout, default=None)
    if slowest is None or slowest.timeout <= service.timeout:
        return
    reason = _where_from(at.deployment, slowest)
    place = at.catalog("services", reason.name, "timeout")
    behind = "" if reason is slowest else f" because of {reason.name}"
    yield at("timeout").error(
        f"{service.name} waits {spelled_duration(service.timeout)}, but its callee {slowest.name} has "
        f"{spelled_duration(slowest.timeout)}{behind} ({place.location}); write "
        f"{'at least ' if slowest.timeout != UNLIMITED else ''}"
        f"{spelled_duration(slowest.timeout)} here, or less there"
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


@rule(Service)
def zero_timeout(service: Service, at: Place) -> Iterator[Finding]:
    """To a mesh a timeout of zero is none at all (mesh user guide, "Routes"): whoever means that says so."""
    keys = at.deployment.catalog.services[service.name]
    for path, value in (
        (("timeout",), keys.timeout),
        (("idle_timeout",), keys.idle_timeout),
        (("retries", "per_try"), keys.retries.per_try),
    ):
        if value == 0:
            message = '"0s" is no time; write "none" for no limit, or a time'
            yield at(*path).error(message)


@rule(Service)
def idle_timeout_below_timeout(service: Service, at: Place) -> Iterator[Finding]:
    """An answer that is not streamed is silent for its whole length (proxies: stream_idle_timeout). Said only where
    something counts the silence that the catalog sets."""
    place = at("idle_timeout")
    if service.is_tcp or not 0 < service.idle_timeout < service.timeout or not place.is_set:
        return
    counted = [
        timer.seconds
        for hop in hops_into(at.deployment, service)
        for timer in timers_of(at.deployment, hop)
        if timer.limits == "silence" and timer.key == "idle_timeout"
    ]
    silence = min(counted, default=UNLIMITED)
    if silence < service.timeout:
        yield place.notice(
            f"cuts {service.name} off after {spelled_duration(silence)} of silence, "
            f"though an answer may take {spelled_duration(service.timeout)}; leave it out, unless it streams"
        )


@rule(Service)
def timeout_beyond_load_balancer(service: Service, at: Place) -> Iterator[Finding]:
    """A load balancer closes a connection that is silent for 4000 seconds, whatever is said."""
    if service.public is None or service.idle_timeout <= LONGEST_ALB_IDLE:
        return
    key = next((key for key in ("idle_timeout", "timeout") if at(key).is_set), "public")
    yield at(key).notice(
        f"its load balancer cuts off whatever is silent for {LONGEST_ALB_IDLE} seconds, although "
        f"{service.name} may take {spelled_duration(service.idle_timeout)}; stream long answers, or poll for them"
    )


@rule(Service)
def request_timeout_of_tcp(service: Service, at: Place) -> Iterator[Finding]:
    """TCP knows no requests, so that only silence can be timed (mesh API reference, TcpTimeout)."""
    place = at("timeout")
    if service.is_tcp and place.is_set_here and service.timeout != UNLIMITED:
        message = "tcp knows no answers whose time could be limited; write idle_timeout instead"
        yield place.notice(message)


@rule(Service)
def retries_of_tcp(service: Service, at: Place) -> Iterator[Finding]:
    """A request in a TCP stream cannot be told from the next, hence not be sent again."""
    if not service.retries.attempts:
        return
    place = at("retries")
    if not service.is_tcp:
        return
    if place.is_set_here:
        message = "nothing can be tried again over tcp; remove it"
        yield place.error(message)
    elif place.is_set:
        message = "does not hold for services that speak tcp"
        yield place.notice(message)


@rule(Service)
def retries_beyond_timeout(service: Service, at: Place) -> Iterator[Finding]:
    """All tries fit into the timeout (mesh user guide, "Routes": at least the retry timeout times the retries)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    retries = service.retries
    if service.is_tcp or not retries.per_try or retries.per_try == UNLIMITED:
        return
    if retries.per_try * retries.attempts > service.timeout:
        longest = int(service.timeout // retries.attempts)
        where = at("timeout").location
        fix = f"write at most {spelled_duration(longest)}" if longest else "lower attempts"
        yield place("per_try").error(
            f"{retries.attempts} × {spelled_duration(retries.per_try)[1:-1]} do not fit into the timeout "
            f"{spelled_duration(service.timeout)} of {service.name} ({where}); {fix}"
        )


@rule(Service)
def grpc_event_of_another_protocol(service: Service, at: Place) -> Iterator[Finding]:
    """Only gRPC has gRPC's status codes (mesh API reference, HttpRetryPolicy and GrpcRetryPolicy)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    if service.protocol not in ("http", "http2") or not place("on").is_set_here:
        return
    for index, event in enumerate(service.retries.on):
        if event in _GRPC_EVENTS:
            yield place("on", index).error(
                f'"{event}" is known to grpc only, {service.name} speaks {service.protocol}; '
                'write "connection-error", "gateway-error", "server-error", "client-error" or "stream-error"'
            )


@rule(Service)
def no_retry_event(service: Service, at: Place) -> Iterator[Finding]:
    """Retries name at least one event (mesh API reference, HttpRetryPolicy: at least one of the lists)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    events = [e for e in service.retries.on if service.protocol == "grpc" or e not in _GRPC_EVENTS]
    if not service.is_tcp and not events and (not service.retries.on or not place("on").is_set_here):
        yield place("on").error(f'names nothing for which {service.protocol} is tried again; add "connection-error"')


@rule(Service)
def retries_without_attempts(service: Service, at: Place) -> Iterator[Finding]:
    """`on` and `per_try` without `attempts` change nothing."""
    place = at("retries")
    if service.retries.attempts or place("attempts").is_set:
        return
    for key in ("on", "per_try"):
        if place(key).is_set:
            message = "nothing is tried again as long as attempts is 0; add attempts = 1, or remove it"
            yield place(key).notice(message)


@rule(Service)
def retry_of_slow_response(service: Service, at: Place) -> Iterator[Finding]:
    """A proxy's timer of one try runs until the answer starts, so that a slow start is one more request (proxy, router
    filter: per try timeout)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    retries = service.retries
    per_try = retries.per_try if retries.per_try is not None else service.timeout / retries.attempts
    events = [event for event in retries.on if event in _ON_TIMEOUT]
    if service.is_tcp or not events or not 0 < per_try < service.timeout or service.timeout < _LONG:
        return
    yield place("on").notice(
        f"an answer of {service.name} that takes longer than {per_try:g}s to begin is asked for again, and "
        f'generated again; leave out "{events[0]}", or write per_try = {spelled_duration(service.timeout)} and '
        "attempts = 1"
    )
