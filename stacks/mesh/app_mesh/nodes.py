"""Virtual nodes: a task's identity in the mesh, its backends, and its listener."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.appmesh_virtual_node import (
    AppmeshVirtualNodeSpecBackend,
    AppmeshVirtualNodeSpecListener,
    AppmeshVirtualNodeSpecListenerConnectionPool,
    AppmeshVirtualNodeSpecListenerConnectionPoolHttp,
    AppmeshVirtualNodeSpecListenerConnectionPoolHttp2,
    AppmeshVirtualNodeSpecListenerConnectionPoolTcp,
)

from catalog.meshes.app_mesh.envoy import bypasses_proxy, idle_at_listener, response_at_listener
from catalog.model import Deployment, Service
from catalog.model.service import Outlier, Pool
from stacks.mesh.app_mesh.routes import Destination, duration, timeouts
from stacks.mesh.base import tls_authority
from stacks.part import Ref


def service_listener(
    service: Service, *, deployment: Deployment, certificate: Ref | None
) -> AppmeshVirtualNodeSpecListener:
    """The listener of a service with a port."""
    request, idle = response_at_listener(deployment, service), idle_at_listener(deployment, service)
    timers = timeouts(service.protocol, request=request, idle=idle)
    return AppmeshVirtualNodeSpecListener(
        port_mapping={"port": service.port, "protocol": service.protocol},
        health_check=_health_check(service),
        timeout={service.protocol: timers},
        outlier_detection=_outlier_detection(service.outlier) if service.outlier else None,
        connection_pool=_connection_pool(service.protocol, service.pool) if service.pool else None,
        tls={"mode": "STRICT", "certificate": {"acm": {"certificate_arn": certificate.arn}}} if certificate else None,
    )


def external_listener(destination: Destination) -> AppmeshVirtualNodeSpecListener:
    """The listener of an external, without health checks: the mesh doesn't manage it."""
    protocol = destination.protocol
    timers = timeouts(protocol, request=destination.timeout, idle=destination.idle_timeout)
    return AppmeshVirtualNodeSpecListener(
        port_mapping={"port": destination.port, "protocol": protocol}, timeout={protocol: timers}
    )


def _health_check(service: Service) -> dict[str, Any]:
    """The health check of every caller's proxy (API reference, HealthCheckPolicy)."""
    # Without a path, the catalog promises only a check of the port. A gRPC service without a health service, which the
    # gRPC check needs, would otherwise never be healthy.
    protocol = service.protocol if service.health.path is not None else "tcp"
    return {
        "protocol": protocol,
        "path": service.health.path if protocol in ("http", "http2") else None,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
        "interval_millis": int(service.health.interval * 1000),
        "timeout_millis": int(service.health.timeout * 1000),
    }


def _outlier_detection(outlier: Outlier) -> dict[str, Any]:
    return {
        "max_server_errors": outlier.errors,
        "interval": duration(outlier.interval),
        "base_ejection_duration": duration(outlier.eject),
        "max_ejection_percent": outlier.max_percent,
    }


def _connection_pool(protocol: str, pool: Pool) -> AppmeshVirtualNodeSpecListenerConnectionPool | None:
    """App Mesh's limits for a protocol: connections for http and tcp, requests for http2 and grpc."""
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


def service_node(
    service: Service,
    *,
    deployment: Deployment,
    listener: AppmeshVirtualNodeSpecListener | None,
    discovery: dict[str, Any] | None,
) -> dict[str, Any]:
    """The specification of a service's node. Without a listener, it only calls and needs no service discovery."""
    logs = deployment.catalog.mesh.access_logs
    return {
        "listener": [listener] if listener else None,
        "service_discovery": {"aws_cloud_map": discovery} if discovery else None,
        "backend": _backends(service, deployment=deployment) or None,
        "logging": {"access_log": {"file": {"path": "/dev/stdout"}}} if logs else None,
    }


def external_node(destination: Destination) -> dict[str, Any]:
    """The specification of an external's node, found by DNS.

    Left to itself App Mesh asks for IPv6 addresses first, where the network has only IPv4 to offer.
    """
    return {
        "listener": [external_listener(destination)],
        "service_discovery": {"dns": {"hostname": destination.host, "ip_preference": "IPv4_ONLY"}},
    }


def _backends(service: Service, *, deployment: Deployment) -> list[AppmeshVirtualNodeSpecBackend]:
    """The virtual services that a service may call, by literal name: references between two services that call
    each other are a cycle in Terraform. App Mesh allows names of virtual services that don't exist yet."""
    authority = tls_authority(deployment)
    policy = client_policy(authority) if authority else None
    backends = [(deployment.host_of(callee.name), policy) for callee in deployment.callees_of(service)]
    backends += [(e.host, None) for e in deployment.externals_of(service).values() if not bypasses_proxy(e)]
    return [
        AppmeshVirtualNodeSpecBackend(virtual_service={"virtual_service_name": host, "client_policy": policy})
        for host, policy in backends
    ]


def client_policy(authority: str) -> dict[str, Any]:
    """Require TLS, with certificates of this CA. App Mesh also verifies the name, which must be the one in Cloud Map
    (App Mesh User Guide, "Transport Layer Security")."""
    return {
        "tls": {
            "enforce": True,
            "validation": {"trust": {"acm": {"certificate_authority_arns": [authority]}}},
        }
    }
