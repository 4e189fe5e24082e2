"""ECS Service Connect: ECS adds a proxy to every task. Its permissions and traits."""

from __future__ import annotations

from catalog.analysis.permissions import Permission
from catalog.meshes import base
from catalog.meshes.base import MeshTraits, check_inside, no, yes
from catalog.meshes.service_connect import rules
from catalog.meshes.service_connect.timers import proxy_share, timers

KEEP_CERTIFICATES = Permission(
    actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"),
    holder="ECS, in the role that issues certificates",
    why="with `mesh.tls` and `security.kms_key`: encrypts certificates and their private keys with that key",
    page='ECS developer guide, "Encrypt Amazon ECS Service Connect traffic"',
)
PERMISSIONS = (KEEP_CERTIFICATES,)
TLS_POLICY = "service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
MANAGED = {
    TLS_POLICY: "ECS issues certificates for Service Connect (ECS developer guide, "
    '"Encrypt Amazon ECS Service Connect traffic")',
}

SERVICE_CONNECT = MeshTraits(
    title="Service Connect",
    protocols=frozenset({"http", "http2", "grpc", "tcp"}),
    needs_dns=lambda service: False,
    is_registered=lambda deployment, service: False,
    makes_names=True,
    proxy_share=proxy_share,
    permissions=PERMISSIONS,
    managed_policies=MANAGED,
    rules=(rules.rule, base.private_ca_rule),
    timers=timers,
    # The proxy gets its configuration through it (ECS developer guide, "Amazon ECS interface VPC endpoints").
    endpoints=("ecs-agent",),
    parity={
        "tls": yes("with certificates of a private CA, renewed by ECS"),
        "auth": no("callers aren't authenticated, only security groups restrict calls"),
        "sign_requests": no("proxies don't verify signatures"),
        "timeout": yes("at the callee's proxy"),
        "idle_timeout": yes("at the callee's proxy"),
        "idle_timeout_of_tcp": no(
            "a tcp connection is closed after an idle hour, and the Terraform provider can't change that"
        ),
        "retries": no("its proxies retry by fixed rules"),
        "no_retries": no("its proxies retry by fixed rules that can't be turned off"),
        "versions": no("its proxies don't distinguish versions, only a load balancer can split traffic between them"),
        "pool": no("the connection limits of its proxies can't be set"),
        "outlier": no("its proxies eject failing tasks by fixed rules"),
        "probes": no("ECS runs only the container's own check, health.command", instead=check_inside),
        "probes_of_grpc": no("ECS runs only the container's own check, health.command", instead=check_inside),
        # ECS has no setting for it (ECS API reference, ServiceConnectConfiguration; aws/containers-roadmap issue 2334).
        # A container that waits until the service's is healthy would keep the task out of RUNNING, but if it never is,
        # ECS stops the task only after hours (issue 2379), and nothing is rolled back. On Fargate a container waits at
        # most 120 s (ECS API reference, ContainerDefinition.startTimeout), less than models need.
        "ready_tasks": no("requests can reach a new task before its health check has passed"),
        "access_logs": yes(
            "from every proxy, in the service's log group",
            since="6.34",
            before="the Terraform provider can't turn them on, only the proxies' own messages are logged",
        ),
        "traced_proxies": no("its proxies send no traces, only services do"),
        "tcp": yes("as plain connections"),
        "envoy": no("ECS provides its own proxy image"),
        "gateway": no("requests from outside come through an Application Load Balancer"),
    },
)
