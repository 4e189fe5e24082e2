"""Destinations of calls, and the routes to them with their timers and retries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.appmesh_route import (
    AppmeshRouteSpecGrpcRouteActionWeightedTarget,
    AppmeshRouteSpecGrpcRouteMatchMetadata,
    AppmeshRouteSpecHttp2RouteActionWeightedTarget,
    AppmeshRouteSpecHttp2RouteMatchHeader,
    AppmeshRouteSpecHttp2RouteMatchHeaderMatch,
    AppmeshRouteSpecHttpRouteActionWeightedTarget,
    AppmeshRouteSpecHttpRouteMatchHeader,
    AppmeshRouteSpecHttpRouteMatchHeaderMatch,
    AppmeshRouteSpecTcpRouteActionWeightedTarget,
)

from catalog import names
from catalog.analysis.load_balancers import match_priority
from catalog.meshes.app_mesh.envoy import one_try
from catalog.model import UNLIMITED, Deployment, External, Service
from catalog.model.service import Match, Retries

FOREVER = 365 * 24 * 3600
"""Seconds that mean no limit. App Mesh uses 0 for that, but the provider (5.100) omits a 0 from its requests, and the
effect of a duration without a value isn't documented."""


def duration(seconds: float) -> dict[str, Any]:
    """Whole seconds; parts of a second are cut to milliseconds."""
    if seconds == UNLIMITED:
        return {"unit": "s", "value": FOREVER}
    if seconds.is_integer():
        return {"unit": "s", "value": int(seconds)}
    return {"unit": "ms", "value": int(seconds * 1000)}


def timeouts(protocol: str, *, request: float, idle: float) -> dict[str, Any]:
    """The timers of a listener or a route. They are always set, because the default request timeout is 15 seconds."""
    if protocol == "tcp":
        return {"idle": duration(idle)}
    return {"per_request": duration(request), "idle": duration(idle)}


@dataclass(frozen=True, kw_only=True)
class Destination:
    """One virtual service, with its timers and retries."""

    address: str
    """The name of its resources in Terraform."""
    name: str
    """The name of its resources in App Mesh."""
    host: str
    """The host name that callers use. App Mesh distinguishes requests by it, and DNS must resolve it."""
    port: int
    protocol: str
    timeout: float
    idle_timeout: float
    retries: Retries


def service_destination(service: Service, *, deployment: Deployment) -> Destination:
    """The destination of a service with a port."""
    assert service.port is not None
    return Destination(
        address=service.name,
        name=service.aws_name,
        host=deployment.host_of(service.name),
        port=service.port,
        protocol=service.protocol,
        timeout=service.timeout,
        idle_timeout=service.idle_timeout,
        retries=service.retries,
    )


def external_destination(name: str, external: External) -> Destination:
    """The destination of an external that services call through their proxies, without timeouts and retries: the
    catalog doesn't configure them for externals."""
    return Destination(
        address=names.shared("external", name),
        name=f"external_{name}",
        host=external.host,
        port=external.port,
        protocol=external.protocol,
        timeout=UNLIMITED,
        idle_timeout=UNLIMITED,
        retries=Retries(),
    )


_TARGETS = {
    "http": AppmeshRouteSpecHttpRouteActionWeightedTarget,
    "http2": AppmeshRouteSpecHttp2RouteActionWeightedTarget,
    "grpc": AppmeshRouteSpecGrpcRouteActionWeightedTarget,
    "tcp": AppmeshRouteSpecTcpRouteActionWeightedTarget,
}
_HEADERS: dict[str, tuple[type[Any], type[Any]]] = {
    "http": (AppmeshRouteSpecHttpRouteMatchHeader, AppmeshRouteSpecHttpRouteMatchHeaderMatch),
    "http2": (AppmeshRouteSpecHttp2RouteMatchHeader, AppmeshRouteSpecHttp2RouteMatchHeaderMatch),
}
_TCP_EVENTS = frozenset({"connection-error"})
_HTTP_EVENTS = frozenset({"client-error", "gateway-error", "server-error", "stream-error"})
_GRPC_EVENTS = frozenset({"cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"})


def route(destination: Destination, *, weights: Mapping[str, int], version: Service | None = None) -> dict[str, Any]:
    """The specification of a route to nodes by their weights: for all requests, or for a version's match."""
    protocol, port = destination.protocol, destination.port
    body: dict[str, Any] = {
        "action": {
            "weighted_target": [
                _TARGETS[protocol](virtual_node=node, weight=weight, port=port) for node, weight in weights.items()
            ]
        },
        "timeout": timeouts(protocol, request=destination.timeout, idle=destination.idle_timeout),
    }
    if protocol != "tcp":
        body["retry_policy"] = _retry_policy(destination)
        # With gRPC, the API also requires a match, and an empty one matches everything.
        body["match"] = {} if protocol == "grpc" else {"prefix": "/"}
    if version is None or version.match is None:
        return {f"{protocol}_route": body}
    body["match"] = _matching(version.match, protocol=protocol)
    return {f"{protocol}_route": body, "priority": match_priority(version)}


def _matching(match: Match, *, protocol: str) -> dict[str, Any]:
    if protocol == "grpc":
        service, _, method = match.path.strip("/").partition("/")
        metadata = [
            AppmeshRouteSpecGrpcRouteMatchMetadata(name=name, match={"exact": value})
            for name, value in sorted(match.headers.items())
        ]
        said: dict[str, Any] = {
            "service_name": service or None,
            "method_name": method or None,
            "metadata": metadata or None,
        }
        return {key: value for key, value in said.items() if value is not None}
    header, exact = _HEADERS[protocol]
    headers = [header(name=name, match=exact(exact=value)) for name, value in sorted(match.headers.items())]
    return {"prefix": match.path, **({"header": headers} if headers else {})}


def _retry_policy(destination: Destination) -> dict[str, Any]:
    """The retry policy. It is always set, because App Mesh adds two retries by default (App Mesh User Guide, "Envoy
    defaults set by App Mesh"). The API wants the time for one try and at least one event, even where nothing is tried
    again."""
    retries = destination.retries
    events = set(retries.on)
    policy: dict[str, Any] = {
        "max_retries": retries.attempts,
        "per_retry_timeout": duration(
            one_try(per_try=retries.per_try, attempts=retries.attempts, timeout=destination.timeout)
        ),
        "tcp_retry_events": sorted(events & _TCP_EVENTS),
        "http_retry_events": sorted(events & _HTTP_EVENTS),
    }
    if destination.protocol == "grpc":
        policy["grpc_retry_events"] = sorted(events & _GRPC_EVENTS)
    if not any(policy[key] for key in policy if key.endswith("_events")):
        policy["tcp_retry_events"] = sorted(_TCP_EVENTS)
    return {key: value for key, value in policy.items() if value != []}
