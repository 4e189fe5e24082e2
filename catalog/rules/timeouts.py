"""Timeouts and retries along each chain of calls."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.load_balancers import LONGEST_ALB_IDLE
from catalog.diagnostics import Finding
from catalog.frame import Place
from catalog.meshes.hops import hops_into, timers_of
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import spelled_duration
from catalog.resolve import DEFAULT_TIMEOUT
from catalog.rules import rule

_GRPC_EVENTS = ("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable")
"""mesh API reference, GrpcRetryPolicy.grpcRetryEvents."""
_ON_TIMEOUT = ("gateway-error", "server-error")
"""Events that include an attempt's timeout (504; mesh API reference, HttpRetryPolicy.httpRetryEvents)."""
_LONG = 60
"""Seconds from which a response is considered expensive to generate."""


@rule(Service)
def timeout_below_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A caller with a shorter timeout than its callee cuts off responses (mesh user guide: the timeout applies at each
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
        f"{spelled_duration(service.timeout)} of {service.name} is shorter than {spelled_duration(slowest.timeout)} of "
        f"its callee {slowest.name}{behind} ({place.location}). Use "
        f"{'at least ' if slowest.timeout != UNLIMITED else ''}"
        f"{spelled_duration(slowest.timeout)} here, or a shorter one there."
    )


_MODELS = ("vllm", "text-generation", "tgi", "ollama", "sglang", "llama.cpp", "llama-cpp", "tritonserver", "lmdeploy")
"""Words in the names of images that generate text."""


@rule(Service)
def default_timeout_of_a_model(service: Service, at: Place) -> Iterator[Finding]:
    """A model sends the last token of an answer after minutes, and proxies end a request after its timeout."""
    image = service.image.lower()
    if service.port is None or service.is_tcp or service.timeout > DEFAULT_TIMEOUT:
        return
    if (service.gpus or any(word in image for word in _MODELS)) and not at("timeout").is_set:
        what = "uses GPUs" if service.gpus else "seems to serve a model"
        fix = 'Add timeout = "10m".' if service.profile else 'Add profile = "inference" or timeout = "10m".'
        yield at.notice(
            f"{what}, and has the default timeout, {spelled_duration(DEFAULT_TIMEOUT)}, after which answers are cut "
            f"off. {fix}"
        )


def _where_from(deployment: Deployment, service: Service) -> Service:
    """The service that sets the timeout which another one derives from its callees."""
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
    """Meshes treat a timeout of zero as no timeout (mesh user guide, "Routes"), for which the catalog has "none"."""
    keys = at.deployment.catalog.services[service.name]
    for path, value in (
        (("timeout",), keys.timeout),
        (("idle_timeout",), keys.idle_timeout),
        (("retries", "per_try"), keys.retries.per_try),
    ):
        if value == 0:
            message = 'must be at least 1s. Use "none" for no limit.'
            yield at(*path).error(message)


@rule(Service)
def idle_timeout_below_timeout(service: Service, at: Place) -> Iterator[Finding]:
    """A connection is idle until a response that isn't streamed arrives (proxies: stream_idle_timeout). Reported only
    if a timer uses the catalog's idle timeout."""
    place = at("idle_timeout")
    if service.is_tcp or not 0 < service.idle_timeout < service.timeout or not place.is_set:
        return
    counted = [
        timer.seconds
        for hop in hops_into(at.deployment, service)
        for timer in timers_of(at.deployment, hop)
        if timer.limits == "idle timeout" and timer.key == "idle_timeout"
    ]
    idle = min(counted, default=UNLIMITED)
    if idle < service.timeout:
        yield place.notice(
            f"closes connections of {service.name} that are idle for {spelled_duration(idle)}, although a response may "
            f"take {spelled_duration(service.timeout)}. Remove it, unless {service.name} streams its responses."
        )


@rule(Service)
def timeout_beyond_load_balancer(service: Service, at: Place) -> Iterator[Finding]:
    """A load balancer closes connections that are idle for 4000 seconds (ELBv2 API reference,
    LoadBalancerAttribute)."""
    if service.public is None or service.idle_timeout <= LONGEST_ALB_IDLE:
        return
    key = next((key for key in ("idle_timeout", "timeout") if at(key).is_set), "public")
    yield at(key).notice(
        f"the load balancer closes connections that are idle for {LONGEST_ALB_IDLE} seconds, although "
        f"{service.name} allows {spelled_duration(service.idle_timeout)}. Stream long responses, or poll for them."
    )


@rule(Service)
def request_timeout_of_tcp(service: Service, at: Place) -> Iterator[Finding]:
    """TCP supports an idle timeout only (mesh API reference, TcpTimeout)."""
    place = at("timeout")
    if service.is_tcp and place.is_set_here and service.timeout != UNLIMITED:
        message = 'has no effect with protocol = "tcp". Use idle_timeout instead.'
        yield place.notice(message)


@rule(Service)
def retries_of_tcp(service: Service, at: Place) -> Iterator[Finding]:
    """Meshes can't retry requests in a TCP stream (mesh API reference, TcpRoute)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    if not service.is_tcp:
        return
    if place.is_set_here:
        message = 'isn\'t supported with protocol = "tcp". Remove it.'
        yield place.error(message)
    elif place.is_set:
        message = 'has no effect for services with protocol = "tcp"'
        yield place.notice(message)


@rule(Service)
def retries_beyond_timeout(service: Service, at: Place) -> Iterator[Finding]:
    """The timeout must allow all attempts (mesh user guide, "Routes": at least the retry timeout times the retries)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    retries = service.retries
    if service.is_tcp or not retries.per_try or retries.per_try == UNLIMITED:
        return
    if retries.per_try * retries.attempts > service.timeout:
        longest = int(service.timeout // retries.attempts)
        where = at("timeout").location
        fix = f"Use at most {spelled_duration(longest)}" if longest else "Use fewer attempts"
        yield place("per_try").error(
            f"{retries.attempts} × {spelled_duration(retries.per_try)[1:-1]} exceed the timeout "
            f"{spelled_duration(service.timeout)} of {service.name} ({where}). {fix}."
        )


@rule(Service)
def grpc_event_of_another_protocol(service: Service, at: Place) -> Iterator[Finding]:
    """Only grpc supports retries by gRPC status codes (mesh API reference, HttpRetryPolicy and GrpcRetryPolicy)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    if service.protocol not in ("http", "http2") or not place("on").is_set_here:
        return
    for index, event in enumerate(service.retries.on):
        if event in _GRPC_EVENTS:
            yield place("on", index).error(
                f'"{event}" requires protocol = "grpc", and {service.name} has "{service.protocol}". '
                'Use "connection-error", "gateway-error", "server-error", "client-error" or "stream-error".'
            )


@rule(Service)
def no_retry_event(service: Service, at: Place) -> Iterator[Finding]:
    """Retries require at least one event (mesh API reference, HttpRetryPolicy: at least one of the lists)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    events = [e for e in service.retries.on if service.protocol == "grpc" or e not in _GRPC_EVENTS]
    if not service.is_tcp and not events and (not service.retries.on or not place("on").is_set_here):
        yield place("on").error(f'must have an event that {service.protocol} supports. Add "connection-error".')


@rule(Service)
def retries_without_attempts(service: Service, at: Place) -> Iterator[Finding]:
    """`on` and `per_try` have no effect without `attempts`."""
    place = at("retries")
    if service.retries.attempts or place("attempts").is_set:
        return
    for key in ("on", "per_try"):
        if place(key).is_set:
            message = "has no effect while attempts is 0. Add attempts = 1, or remove it."
            yield place(key).notice(message)


@rule(Service)
def retry_of_slow_response(service: Service, at: Place) -> Iterator[Finding]:
    """A proxy's timeout of one attempt runs until the response starts, so that a slow response is requested again
    (proxy, router filter: per try timeout)."""
    if not service.retries.attempts:
        return
    place = at("retries")
    retries = service.retries
    per_try = retries.per_try if retries.per_try is not None else service.timeout / retries.attempts
    events = [event for event in retries.on if event in _ON_TIMEOUT]
    if service.is_tcp or not events or not 0 < per_try < service.timeout or service.timeout < _LONG:
        return
    yield place("on").notice(
        f"a response of {service.name} that takes longer than {per_try:g}s to start is requested and generated again. "
        f'Remove "{events[0]}", or use per_try = {spelled_duration(service.timeout)} and attempts = 1.'
    )
