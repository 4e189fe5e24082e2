"""How a call gets to a node: the one route of each virtual router, with its timers and its retries."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.appmesh_route import (
    AppmeshRouteSpecGrpcRouteActionWeightedTarget,
    AppmeshRouteSpecHttp2RouteActionWeightedTarget,
    AppmeshRouteSpecHttpRouteActionWeightedTarget,
    AppmeshRouteSpecTcpRouteActionWeightedTarget,
)

from catalog.meshes.app_mesh.timers import one_try
from stacks.mesh.app_mesh.destinations import Destination
from stacks.mesh.app_mesh.timers import duration, timeouts

_TARGETS = {
    "http": AppmeshRouteSpecHttpRouteActionWeightedTarget,
    "http2": AppmeshRouteSpecHttp2RouteActionWeightedTarget,
    "grpc": AppmeshRouteSpecGrpcRouteActionWeightedTarget,
    "tcp": AppmeshRouteSpecTcpRouteActionWeightedTarget,
}
_TCP_EVENTS = frozenset({"connection-error"})
_HTTP_EVENTS = frozenset({"client-error", "gateway-error", "server-error", "stream-error"})
_GRPC_EVENTS = frozenset({"cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"})


def route(destination: Destination, *, node: str) -> dict[str, Any]:
    """The specification of a route that sends everything to one node."""
    protocol, port = destination.protocol, destination.port
    body: dict[str, Any] = {
        "action": {"weighted_target": [_TARGETS[protocol](virtual_node=node, weight=100, port=port)]},
        "timeout": timeouts(protocol, request=destination.timeout, idle=destination.idle_timeout),
    }
    if protocol != "tcp":
        body["retry_policy"] = _retry_policy(destination)
        # With gRPC the API asks for a match too, and an empty one takes everything.
        body["match"] = {} if protocol == "grpc" else {"prefix": "/"}
    return {f"{protocol}_route": body}


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
