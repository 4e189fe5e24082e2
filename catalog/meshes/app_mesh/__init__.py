"""AWS App Mesh: an Envoy proxy in every task."""

from __future__ import annotations

from catalog.meshes import private_ca
from catalog.meshes.app_mesh import gateway, ports, rules, tcp
from catalog.meshes.app_mesh.envoy import CONTAINER, envoy_image, envoy_share
from catalog.meshes.app_mesh.resource_types import RESOURCE_TYPES
from catalog.meshes.app_mesh.rights import RIGHTS
from catalog.meshes.app_mesh.timers import timers
from catalog.meshes.base import MeshTraits, no, yes
from catalog.registries import ECR_ENDPOINTS

_MANAGEMENT = "appmesh-envoy-management"

APP_MESH = MeshTraits(
    title="App Mesh",
    ended=True,
    resource_prefix="aws_appmesh_",
    leaving_page="docs/leaving-app-mesh.md",
    protocols=frozenset({"http", "http2", "grpc", "tcp"}),
    needs_dns=lambda service: True,
    containers=frozenset({CONTAINER}),
    images=lambda deployment: (envoy_image(deployment),),
    proxy_share=envoy_share,
    rules=(rules.rule, ports.rule, tcp.rule, gateway.rule, private_ca.rule),
    rights=RIGHTS,
    resource_types=RESOURCE_TYPES,
    timers=timers,
    # Envoy's image is in ECR too. TLS takes nothing more: certificates come to Envoy from its management service.
    endpoints=(*ECR_ENDPOINTS, _MANAGEMENT),
    own_prefix_in_china=frozenset({_MANAGEMENT}),
    parity={
        "tls": yes("certificates of a private CA, at every proxy"),
        "auth": no("whoever has a certificate may call"),
        "signed": no("proxies do not read signatures"),
        "timeout": yes("at the caller's proxy, the route and the callee's proxy"),
        "idle_timeout": yes("at the route and the callee's proxy"),
        "idle_timeout_of_tcp": yes("at the route and the callee's proxy"),
        "retries": yes("by events, at the caller's proxy"),
        "no_retries": yes("written out, as otherwise it would"),
        "versions": yes("by the routes at the caller's proxy"),
        "pool": yes("at the callee's proxy"),
        "outlier": yes("at the caller's proxy"),
        "probes": yes("by every caller's proxy"),
        "probes_of_grpc": yes("by the health service of gRPC, whatever the path"),
        "access_logs": yes("by every proxy, to the service's log group"),
        "traced_proxies": yes("every proxy traces what passes it"),
        "tcp": yes("told apart by port"),
        "envoy": yes("in every task"),
        "gateway": yes("Envoys behind a Network Load Balancer"),
    },
)
