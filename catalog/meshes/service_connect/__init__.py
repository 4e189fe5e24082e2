"""ECS Service Connect: a proxy in every task, which ECS adds. Its permissions and traits."""

from __future__ import annotations

from catalog.analysis.permissions import Permission
from catalog.meshes import base
from catalog.meshes.base import MeshTraits, no, yes
from catalog.meshes.service_connect import rules
from catalog.meshes.service_connect.timers import proxy_share, timers

KEEP_CERTIFICATES = Permission(
    actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"),
    holder="role in which ECS issues certificates",
    why="with `mesh.tls` and `security.kms_key`, certificates and their keys are encrypted with that key",
    page='ECS developer guide, "Encrypt Amazon ECS Service Connect traffic"',
)
PERMISSIONS = (KEEP_CERTIFICATES,)
TLS_POLICY = "service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
MANAGED = {
    TLS_POLICY: "ECS issues the certificates of Service Connect (ECS developer guide, "
    '"Encrypt Amazon ECS Service Connect traffic")',
}

SERVICE_CONNECT = MeshTraits(
    title="Service Connect",
    protocols=frozenset({"http", "http2", "grpc", "tcp"}),
    needs_dns=lambda service: False,
    makes_names=True,
    proxy_share=proxy_share,
    permissions=PERMISSIONS,
    managed_policies=MANAGED,
    rules=(rules.rule, base.private_ca_rule),
    timers=timers,
    # By which the proxy gets its configuration (ECS developer guide, "Amazon ECS interface VPC endpoints").
    endpoints=("ecs-agent",),
    parity={
        "tls": yes("certificates of a private CA, which ECS renews"),
        "auth": no("whoever is in the namespace may call, as far as security groups let them"),
        "sign_requests": no("proxies do not read signatures"),
        "timeout": yes("at the callee"),
        "idle_timeout": yes("at the callee"),
        "idle_timeout_of_tcp": no("a tcp connection is closed after an hour of silence, which the provider cannot set"),
        "retries": no("its proxies retry in a way of their own, which cannot be set"),
        "no_retries": no("its proxies retry in a way of their own, which cannot be turned off"),
        "versions": no("its proxies know one service of a name; only a load balancer tells versions apart"),
        "pool": no("its proxies have no limits to set"),
        "outlier": no("its proxies leave out failing tasks in a way of their own, which cannot be set"),
        "probes": no("ECS only knows the container's own check"),
        "probes_of_grpc": no("ECS only knows the container's own check"),
        "access_logs": no("the provider has no access logs for it yet, only the proxies' own messages"),
        "traced_proxies": no("its proxies send no traces, services alone do"),
        "tcp": yes("as connections"),
        "envoy": no("ECS brings its own proxy"),
        "gateway": no("requests from outside come through an Application Load Balancer"),
    },
)
