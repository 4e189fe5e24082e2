"""How a call gets to a node: the routes of each virtual router, with their timers and retries."""

from __future__ import annotations

from collections.abc import Mapping
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

from catalog.meshes.app_mesh.timers import one_try
from catalog.model import Service
from catalog.model.service import Match
from catalog.priorities import match_priority
from stacks.mesh.app_mesh.destinations import Destination
from stacks.mesh.app_mesh.timers import duration, timeouts

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
    """The specification of a route to nodes by their weights: for everything, or for what a version matches."""
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
        # With gRPC the API asks for a match too, and an empty one takes everything.
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
    """Always written out, as a route without one gets two retries that nobody asked for (App Mesh User Guide, "Envoy
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
