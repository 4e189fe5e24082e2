"""No mesh: services find each other by Cloud Map DNS names and connect directly."""

from __future__ import annotations

from catalog.meshes.base import MeshTraits, check_inside, no, no_timer, yes

NONE = MeshTraits(
    title="none",
    protocols=frozenset(),
    needs_dns=lambda service: True,
    parity={
        "tls": no("services connect directly and unencrypted"),
        "auth": no("callers aren't authenticated, only security groups restrict calls"),
        "sign_requests": no("signatures aren't verified"),
        "timeout": no_timer("no response timer exists, callers set their own"),
        "idle_timeout": no_timer("no idle timer exists between services"),
        "idle_timeout_of_tcp": no_timer("no idle timer exists between services"),
        "retries": no("failed requests aren't retried, callers must retry"),
        "no_retries": yes("requests are never retried"),
        "versions": no("callers connect to any task, only a load balancer can split traffic between versions"),
        "pool": no("connections aren't limited"),
        "outlier": no("only ECS replaces a failing task, if its own health check fails"),
        "probes": no("ECS runs only the container's own check, health.command", instead=check_inside),
        "probes_of_grpc": no("ECS runs only the container's own check, health.command", instead=check_inside),
        "ready_tasks": yes("with health.command, DNS records lead to a task when its check has passed"),
        "access_logs": no("requests between services aren't logged"),
        "traced_proxies": yes("there's no proxy, services send all traces"),
        "tcp": yes("any protocol, directly"),
        "envoy": no("tasks have no proxy"),
        "gateway": no("requests from outside come through an Application Load Balancer"),
    },
)
