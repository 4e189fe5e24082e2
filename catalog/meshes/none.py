"""No mesh: services find each other by Cloud Map's DNS names and talk directly."""

from __future__ import annotations

from catalog.meshes.base import MeshTraits, no, nothing_counts, yes

NONE = MeshTraits(
    title="none",
    protocols=frozenset(),
    needs_dns=lambda service: True,
    parity={
        "tls": no("nothing stands between services that could encrypt"),
        "auth": no("security groups alone say who may call whom"),
        "sign_requests": no("nothing reads signatures"),
        "timeout": nothing_counts("nothing between services counts time, callers have to"),
        "idle_timeout": nothing_counts("nothing between services counts silence"),
        "idle_timeout_of_tcp": nothing_counts("nothing between services counts silence"),
        "retries": no("nothing sends a request again, callers have to"),
        "no_retries": yes("nothing sends a request again"),
        "versions": no("callers connect to whichever task they find; only a load balancer tells versions apart"),
        "pool": no("nothing counts connections"),
        "outlier": no("only ECS takes out a task, when its own check fails"),
        "probes": no("ECS only knows the container's own check"),
        "probes_of_grpc": no("ECS only knows the container's own check"),
        "access_logs": no("nothing sees requests"),
        "traced_proxies": yes("there is no proxy to trace, services send all there is"),
        "tcp": yes("any protocol, directly"),
        "envoy": no("there is no proxy"),
        "gateway": no("there are no proxies to let requests in"),
    },
)
