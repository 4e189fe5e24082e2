"""What a virtual node says about the one port of its service: protocol, health, timers, limits, certificate."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.appmesh_virtual_node import (
    AppmeshVirtualNodeSpecListener,
    AppmeshVirtualNodeSpecListenerConnectionPool,
    AppmeshVirtualNodeSpecListenerConnectionPoolHttp,
    AppmeshVirtualNodeSpecListenerConnectionPoolHttp2,
    AppmeshVirtualNodeSpecListenerConnectionPoolTcp,
)

from catalog.meshes.app_mesh.timers import answer_at_listener, idle_at_listener
from catalog.model import Deployment, Service
from catalog.model.service import Outlier, Pool
from stacks.mesh.app_mesh.destinations import Destination
from stacks.mesh.app_mesh.timers import duration, timeouts
from stacks.part import Ref


def of_service(service: Service, *, deployment: Deployment, certificate: Ref | None) -> AppmeshVirtualNodeSpecListener:
    """The listener of a service with a port."""
    request, idle = answer_at_listener(deployment, service), idle_at_listener(deployment, service)
    timers = timeouts(service.protocol, request=request, idle=idle)
    return AppmeshVirtualNodeSpecListener(
        port_mapping={"port": service.port, "protocol": service.protocol},
        health_check=_health_check(service),
        timeout={service.protocol: timers},
        outlier_detection=_outlier_detection(service.outlier) if service.outlier else None,
        connection_pool=_connection_pool(service.protocol, service.pool) if service.pool else None,
        tls={"mode": "STRICT", "certificate": {"acm": {"certificate_arn": certificate.arn}}} if certificate else None,
    )


def of_external(destination: Destination) -> AppmeshVirtualNodeSpecListener:
    """The listener that stands for something outside. Nobody probes it: its health is not the mesh's business."""
    protocol = destination.protocol
    timers = timeouts(protocol, request=destination.timeout, idle=destination.idle_timeout)
    return AppmeshVirtualNodeSpecListener(
        port_mapping={"port": destination.port, "protocol": protocol}, timeout={protocol: timers}
    )


def _health_check(service: Service) -> dict[str, Any]:
    """The probe of every caller's proxy. Interval and timeout are kept within App Mesh's bounds (API reference,
    HealthCheckPolicy)."""
    # Without a path the catalog promises a try at the port only. A gRPC service that has no health service, which the
    # probe for gRPC asks for, would otherwise never be well.
    protocol = service.protocol if service.health.path is not None else "tcp"
    return {
        "protocol": protocol,
        "path": service.health.path if protocol in ("http", "http2") else None,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
        "interval_millis": int(min(max(service.health.interval, 5), 300) * 1000),
        "timeout_millis": int(min(max(service.health.timeout, 2), 60) * 1000),
    }


def _outlier_detection(outlier: Outlier) -> dict[str, Any]:
    return {
        "max_server_errors": outlier.errors,
        "interval": duration(outlier.interval),
        "base_ejection_duration": duration(outlier.eject),
        "max_ejection_percent": outlier.max_percent,
    }


def _connection_pool(protocol: str, pool: Pool) -> AppmeshVirtualNodeSpecListenerConnectionPool | None:
    """The limits that App Mesh has for a protocol: connections for http and tcp, requests for http2 and grpc."""
    if pool.connections is not None and protocol == "http":
        http = AppmeshVirtualNodeSpecListenerConnectionPoolHttp(
            max_connections=pool.connections, max_pending_requests=pool.pending
        )
        return AppmeshVirtualNodeSpecListenerConnectionPool(http=[http])
    if pool.connections is not None and protocol == "tcp":
        tcp = AppmeshVirtualNodeSpecListenerConnectionPoolTcp(max_connections=pool.connections)
        return AppmeshVirtualNodeSpecListenerConnectionPool(tcp=[tcp])
    if pool.requests is not None and protocol == "http2":
        http2 = AppmeshVirtualNodeSpecListenerConnectionPoolHttp2(max_requests=pool.requests)
        return AppmeshVirtualNodeSpecListenerConnectionPool(http2=[http2])
    if pool.requests is not None and protocol == "grpc":
        return AppmeshVirtualNodeSpecListenerConnectionPool(grpc={"max_requests": pool.requests})
    return None
