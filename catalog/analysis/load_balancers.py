"""Load balancers of ingresses: idle timeouts, draining, which services require a login, and the priorities of listener
rules.

A listener rule's priority follows from the rule itself, the most specific first, and never from the number of rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from catalog.analysis.timeouts import LONGEST_STOP, Hop, Timer
from catalog.model import Deployment, Service
from catalog.model.ingress import Login
from catalog.model.types import LAST_PRIORITY

SHORTEST_ALB_IDLE, LONGEST_ALB_IDLE = 60, 4000
"""Seconds; the default, and the limit (ELBv2 API reference, LoadBalancerAttribute idle_timeout.timeout_seconds)."""
LONGEST_DRAINING = 3600
"""Seconds; ELBv2 API reference, TargetGroupAttribute deregistration_delay.timeout_seconds."""
_MARGIN = 5
SHORTEST_NLB_IDLE, LONGEST_NLB_IDLE = 60, 6000
"""Seconds (ELBv2 API reference, ListenerAttribute tcp.idle_timeout.seconds)."""
IDLE_OF_TLS = 350
"""Seconds; fixed for TLS listeners (NLB guide, "Connection idle timeout")."""
DEEPEST = 7
"""Paths with more segments than this get the same priority range."""
SLOTS = LAST_PRIORITY // (2 * (DEEPEST + 1))
"""The number of priorities for equally specific rules."""
MATCHES = 100
"""The number of priorities for version matches. No mesh allows more priorities for its rules."""


def load_balancer_idle(deployment: Deployment, ingress: str) -> int:
    """The idle timeout of an ingress's load balancer, in seconds.

    It is the longest idle timeout of the services behind it, because a connection is idle until a response that isn't
    streamed is complete. For an externally managed load balancer it is the minimum that works.
    """
    shortest = 1 if is_externally_managed(deployment, ingress) else SHORTEST_ALB_IDLE
    longest = max((service.idle_timeout for service in deployment.public_services(ingress)), default=0)
    return int(min(max(longest, shortest), LONGEST_ALB_IDLE))


def target_idle(deployment: Deployment, service: Service) -> float:
    """The idle timeout of a service's listener, in seconds: its own, but longer than that of the load balancer before
    it.

    If a target closes first, the load balancer sometimes sends a request on a connection that was just closed, and
    returns 502 (ELB user guide, "HTTP 502: Bad gateway").
    """
    ingress = deployment.ingress_of(service)
    if ingress is None:
        return service.idle_timeout
    before = LONGEST_ALB_IDLE if is_externally_managed(deployment, ingress) else load_balancer_idle(deployment, ingress)
    return max(service.idle_timeout, float(before + _MARGIN))


def is_externally_managed(deployment: Deployment, ingress: str) -> bool:
    """Whether an ingress is an existing listener, so that its load balancer can't be configured here."""
    settings = deployment.catalog.ingress.get(ingress)
    return settings is not None and settings.listener_arn is not None


def names_without_record(deployment: Deployment, ingress: str) -> tuple[str, ...]:
    """The host names of an ingress that require a DNS record which Terraform doesn't create: without a zone, its domain
    and the hosts of the services behind it."""
    settings = deployment.catalog.ingress[ingress]
    if settings.listener_arn is not None or settings.zone_id is not None:
        return ()
    hosts = {service.public.host if service.public else None for service in deployment.public_services(ingress)}
    served = {settings.domain if host is None else host for host in hosts}
    return tuple(sorted({name.lower() for name in served if name is not None}))


def deregistration_delay(service: Service) -> int:
    """Seconds for which a task can finish its responses before ECS stops it: as long as callers wait for a response."""
    return int(min(service.timeout, LONGEST_DRAINING))


def load_balancer_timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The timers of an ingress's load balancer and target group, before any mesh."""
    if hop.ingress is None or deployment.catalog.ingress[hop.ingress].gateway:
        return
    service = hop.callee
    yield Timer(
        at="load balancer",
        limits="idle timeout",
        seconds=load_balancer_idle(deployment, hop.ingress),
        requested=service.idle_timeout,
        key="idle_timeout",
        reason=f"a load balancer's idle timeout is at most {LONGEST_ALB_IDLE} s",
    )
    yield Timer(
        at="target group",
        limits="draining",
        seconds=deregistration_delay(service),
        requested=service.timeout,
        key="timeout",
        reason=f"a target group drains for at most {LONGEST_DRAINING} s",
    )


def gateway_idle(deployment: Deployment, ingress: str) -> int:
    """The idle timeout of connections to a gateway, in seconds: the longest of the services behind it."""
    if deployment.catalog.ingress[ingress].certificate is not None:
        return IDLE_OF_TLS
    longest = max(service.idle_timeout for service in deployment.public_services(ingress))
    return int(min(max(longest, SHORTEST_NLB_IDLE), LONGEST_NLB_IDLE))


def gateway_draining(deployment: Deployment, ingress: str) -> int:
    """Seconds for which a gateway's task can finish responses before ECS stops it: that of the slowest service behind
    it."""
    return max(deregistration_delay(service) for service in deployment.public_services(ingress))


def network_load_balancer_timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The timers of a gateway, before the service's own proxy."""
    if hop.ingress is None or not deployment.catalog.ingress[hop.ingress].gateway:
        return
    service = hop.callee
    limit = f"a TLS listener's idle timeout is always {IDLE_OF_TLS} s"
    yield Timer(
        at="load balancer",
        limits="idle timeout",
        seconds=gateway_idle(deployment, hop.ingress),
        requested=service.idle_timeout,
        key="idle_timeout",
        reason=limit if deployment.catalog.ingress[hop.ingress].certificate else f"at most {LONGEST_NLB_IDLE} s",
    )
    yield Timer(
        at="target group",
        limits="draining",
        seconds=gateway_draining(deployment, hop.ingress),
        requested=service.timeout,
        key="timeout",
        reason="a target group drains for at most an hour",
    )
    yield Timer(
        at="task of the gateway",
        limits="stop",
        seconds=LONGEST_STOP,
        requested=service.timeout,
        key="timeout",
        reason=f"a task on Fargate gets {LONGEST_STOP} s to stop; it drains before that",
    )


def requires_login(deployment: Deployment, service: Service) -> Login | None:
    """The login that a service's requests require: its ingress's, unless the service turns it off."""
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    return ingress.login if ingress and service.public and service.public.login else None


def priority_range(deployment: Deployment, service: Service) -> tuple[int, int]:
    """The first and the last priority that a public service's rules may have: all, or of a listener that exists those
    that were given to this deployment."""
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    given: tuple[int, int] | None = ingress.priorities if ingress is not None else None
    return given or (1, LAST_PRIORITY)


def priority_of(deployment: Deployment, service: Service) -> int:
    """The priority of a public service's rule: the configured one, or one derived from the rule."""
    assert service.public is not None
    if service.public.priority is not None:
        return service.public.priority
    return _within(priority_range(deployment, service), _rule_priority(service))


def priority_of_match(deployment: Deployment, service: Service, version: Service) -> int:
    """The priority of the rule for a version's match: shortly before that of its service, but not before more specific
    rules. If no priority is left, it is the service's own."""
    last = priority_of(deployment, service)
    assert service.public is not None
    band, own = 1, _rule_priority(service)
    if service.public.priority is None:
        band = own - (own - 1) % SLOTS
    first = max(_within(priority_range(deployment, service), band), last - MATCHES)
    return first + (match_priority(version) - 1) * (last - first) // MATCHES


def _rule_priority(service: Service) -> int:
    assert service.public is not None
    return priority(service.public.host, service.public.path, service.aws_name)


def _within(allowed: tuple[int, int], priority: int) -> int:
    """Maps a priority to a smaller range: the order stays, and two that are close may become equal."""
    first, last = allowed
    return first + (priority - 1) * (last - first + 1) // LAST_PRIORITY


def match_priority(version: Service) -> int:
    """1 to 100, the lowest first: matches with more conditions come first; a hash of the name orders equal ones."""
    assert version.match is not None
    if version.match.priority is not None:
        return version.match.priority
    conditions = len(version.match.headers) + (version.match.path != "/")
    return 1 + (MATCHES // 2) * (conditions < 2) + _slot(version.aws_name, MATCHES // 2)


def _slot(key: str, slots: int) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % slots


def priority(host: str | None, path: str, key: str) -> int:
    """1 to LAST_PRIORITY: rules with a host first, then longer paths before shorter; a hash of `key` orders equal ones.

    It depends only on its own rule, so that a new rule changes no other. Two equal rules can get the same priority.
    """
    segments = min(len([segment for segment in path.split("/") if segment]), DEEPEST)
    band = (DEEPEST + 1) * (host is None) + DEEPEST - segments
    return 1 + band * SLOTS + _slot(key, SLOTS)
