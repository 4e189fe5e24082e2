"""What App Mesh counts: at the caller's proxy, on the route and at the callee's proxy."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.balancer import idle_behind_balancer
from catalog.model import Deployment, Service
from catalog.timers import Hop, Timer


def answer_at_listener(deployment: Deployment, service: Service) -> float:
    """Seconds for a whole answer at a service's proxy.

    The longest request timeout of a conversation has to stand on the source node, the destination node and the route
    (App Mesh API reference, HttpTimeout), so a caller's listener bears its callees' too.
    """
    return max([service.timeout, *(c.timeout for c in deployment.callees_of(service) if not c.is_tcp)])


def idle_at_listener(deployment: Deployment, service: Service) -> float:
    """Seconds of silence at a service's proxy: more than a load balancer before it bears."""
    return idle_behind_balancer(deployment, service)


def one_try(*, per_try: float | None, attempts: int, timeout: float) -> float:
    """Seconds on the route for one try, until its answer starts."""
    return per_try or timeout / max(attempts, 1)


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The timers of a call through proxies. A load balancer's goes through the callee's alone."""
    caller, service = hop.caller, hop.callee
    if caller is not None:
        if caller.port is not None and not caller.is_tcp and not service.is_tcp:
            yield _answer(deployment, caller, asked=service.timeout)
        yield from _of_the_route(service)
    if hop.ingress is not None and deployment.catalog.ingress[hop.ingress].gateway:
        # The gateway's proxy sends requests on as a caller's does.
        yield from _of_the_route(service)
    if caller is not None or hop.ingress is not None:
        if not service.is_tcp:
            yield _answer(deployment, service, asked=service.timeout)
        yield Timer(
            at=f"proxy of {service.name}",
            limits="silence",
            seconds=idle_at_listener(deployment, service),
            asked=service.idle_timeout,
            key="idle_timeout",
        )


def _answer(deployment: Deployment, service: Service, *, asked: float) -> Timer:
    seconds = answer_at_listener(deployment, service)
    return Timer(at=f"proxy of {service.name}", limits="whole answer", seconds=seconds, asked=asked, key="timeout")


def _of_the_route(service: Service) -> Iterator[Timer]:
    at = f"route to {service.name}"
    if not service.is_tcp:
        retries = service.retries
        yield Timer(at=at, limits="whole answer", seconds=service.timeout, asked=service.timeout, key="timeout")
        yield Timer(
            at=at,
            limits="one try",
            seconds=one_try(per_try=retries.per_try, attempts=retries.attempts, timeout=service.timeout),
            asked=service.timeout,
            key="retries.per_try",
            reason="the timeout in as many parts as there are retries.attempts"
            if retries.per_try is None
            else "as its retries.per_try says",
        )
    yield Timer(at=at, limits="silence", seconds=service.idle_timeout, asked=service.idle_timeout, key="idle_timeout")
