"""AWS App Mesh: every task has an Envoy proxy. Its permissions, resource types and traits."""

from __future__ import annotations

from catalog import names
from catalog.analysis.images import ECR_ENDPOINTS
from catalog.analysis.permissions import Permission
from catalog.analysis.resource_types import ResourceType
from catalog.meshes import base
from catalog.meshes.app_mesh import gateway, ports, rules
from catalog.meshes.app_mesh.envoy import CONTAINER, envoy_image, envoy_share, timers
from catalog.meshes.base import MeshTraits, no, yes

STREAM = Permission(
    actions=("appmesh:StreamAggregatedResources",),
    holder="task role of a service or a virtual gateway",
    why="Envoy gets the configuration of its own virtual node",
    no_operations=("appmesh:StreamAggregatedResources",),
    page='App Mesh User Guide, "Envoy Proxy authorization"',
)
EXPORT_CERTIFICATE = Permission(
    actions=("acm:ExportCertificate",),
    holder="service's task role",
    why="with `mesh.tls`: Envoy gets its own certificate and private key",
    page='App Mesh User Guide, "Transport Layer Security"',
)
READ_AUTHORITY = Permission(
    actions=("acm-pca:GetCertificateAuthorityCertificate",),
    holder="task role of a caller or virtual gateway",
    why="with `mesh.tls`: Envoy gets the CA certificate that it trusts",
    page='App Mesh User Guide, "Transport Layer Security"',
)
PERMISSIONS = (STREAM, EXPORT_CERTIFICATE, READ_AUTHORITY)

_IN_THE_MESH = "{mesh_name}/{name}"

RESOURCE_TYPES = {
    "aws_acm_certificate": ResourceType(),
    "aws_appmesh_gateway_route": ResourceType(
        moves_with_service=True, import_id="{mesh_name}/{virtual_gateway_name}/{name}"
    ),
    "aws_appmesh_route": ResourceType(moves_with_service=True, import_id="{mesh_name}/{virtual_router_name}/{name}"),
    "aws_appmesh_virtual_node": ResourceType(moves_with_service=True, import_id=_IN_THE_MESH),
    "aws_appmesh_virtual_router": ResourceType(moves_with_service=True, import_id=_IN_THE_MESH),
    "aws_appmesh_virtual_service": ResourceType(moves_with_service=True, import_id=_IN_THE_MESH),
}

_MANAGEMENT = "appmesh-envoy-management"

APP_MESH = MeshTraits(
    title="App Mesh",
    ended=rules.ENDED,
    resource_prefix="aws_appmesh_",
    first_resource=f"aws_appmesh_mesh.{names.shared('mesh')}",
    migration_page="docs/migrating-from-app-mesh.md",
    protocols=frozenset({"http", "http2", "grpc", "tcp"}),
    needs_dns=lambda service: True,
    containers=frozenset({CONTAINER}),
    images=lambda deployment: (envoy_image(deployment),),
    image_keys=("envoy",),
    proxy_share=envoy_share,
    rules=(rules.rule, ports.rule, gateway.rule, base.private_ca_rule),
    permissions=PERMISSIONS,
    resource_types=RESOURCE_TYPES,
    timers=timers,
    # Envoy's image is in ECR too. TLS needs no other endpoint: Envoy gets certificates from its management service.
    endpoints=(*ECR_ENDPOINTS, _MANAGEMENT),
    own_prefix_in_china=frozenset({_MANAGEMENT}),
    parity={
        "tls": yes("with certificates of a private CA, at every proxy"),
        "auth": no("any caller with a certificate is allowed"),
        "sign_requests": no("proxies don't verify signatures"),
        "timeout": yes("at the caller's proxy, the route and the callee's proxy"),
        "idle_timeout": yes("at the route and the callee's proxy"),
        "idle_timeout_of_tcp": yes("at the route and the callee's proxy"),
        "retries": yes("on the chosen events, at the caller's proxy"),
        "no_retries": yes("set explicitly, because App Mesh retries by default"),
        "versions": yes("by traffic weights in the routes of the caller's proxy"),
        "pool": yes("at the callee's proxy"),
        "outlier": yes("at the caller's proxy"),
        "probes": yes("from every caller's proxy"),
        "probes_of_grpc": yes("with gRPC's health service, regardless of the path"),
        "ready_tasks": yes("the caller's proxy checks a new task first"),
        "access_logs": yes("from every proxy, in the service's log group"),
        "traced_proxies": yes("every proxy sends traces"),
        "tcp": yes("distinguished by port"),
        "envoy": yes("in every task"),
        "gateway": yes("Envoy proxies behind a Network Load Balancer"),
    },
)
