"""The proxy of Service Connect: the services that it serves, its share of a task, and its timers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog import names
from catalog.analysis import naming
from catalog.analysis.load_balancers import target_idle
from catalog.analysis.packing import Share
from catalog.analysis.timeouts import Hop, Timer
from catalog.model import UNLIMITED, Deployment, Service

TCP_IDLE = 3600.0
"""The idle timeout of tcp connections, in seconds. ECS allows other values, but the Terraform provider can't set them
(ECS API reference, TimeoutConfiguration.idleTimeoutSeconds; hashicorp/terraform-provider-aws issue 38432)."""


def serves(deployment: Deployment, service: Service) -> bool:
    """Whether a service's proxy receives its calls. With TLS, the proxy accepts only encrypted calls on that port, and
    it isn't tested that a load balancer, which isn't a client of Service Connect, can connect to it."""
    return service.port is not None and not (service.public is not None and deployment.catalog.mesh.tls is not None)


def discovery_name(deployment: Deployment, service: Service) -> str:
    """The name of a service in the namespace, at most 64 characters (ECS API reference,
    ServiceConnectService.discoveryName). In an existing namespace it includes the deployment's id, because the
    namespace may have other services, and entries of the same service while the mesh is being switched."""
    if deployment.catalog.discovery.namespace_id is None:
        return service.aws_name
    return names.shortened(naming.owned(deployment, service), 64)


def proxy_share(cpu: int, memory: int) -> Share:
    """The proxy's share of a task: a quarter of the CPU and an eighth of the memory, within bounds.

    AWS recommends 256 CPU units and at least 64 MiB (ECS developer guide, "Service Connect"). The task definition
    doesn't declare this share: the proxy uses what the containers leave.
    """
    return Share(min(256, cpu // 4), max(64, min(256, memory // 8)))


def response_seconds(service: Service) -> int:
    """The response timeout that ECS gets, in seconds."""
    return _whole(service.timeout)


def idle_seconds(deployment: Deployment, service: Service) -> int:
    """The idle timeout that ECS gets, in seconds."""
    return _whole(target_idle(deployment, service))


def _whole(duration: float) -> int:
    """Whole seconds; 0 for no limit."""
    return 0 if duration == UNLIMITED else max(1, math.ceil(duration))


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The timers of the callee's proxy."""
    service = hop.callee
    if (hop.caller is None and hop.ingress is None) or not serves(deployment, service):
        return
    at = f"proxy of {service.name}"
    if service.is_tcp:
        yield Timer(
            at=at,
            limits="idle timeout",
            seconds=TCP_IDLE,
            requested=service.idle_timeout,
            reason="a tcp connection is closed after an idle hour, and the Terraform provider can't change that",
        )
        return
    response, idle = response_seconds(service), idle_seconds(deployment, service)
    yield Timer(at=at, limits="response", seconds=response or UNLIMITED, requested=service.timeout, key="timeout")
    yield Timer(
        at=at,
        limits="idle timeout",
        seconds=idle or UNLIMITED,
        requested=service.idle_timeout,
        key="idle_timeout",
    )
