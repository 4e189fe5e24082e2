"""Amazon VPC Lattice: no proxy in any task. Its permissions, resource types and traits."""

from __future__ import annotations

from catalog.analysis.permissions import Permission
from catalog.analysis.resource_types import ResourceType
from catalog.meshes.base import MeshTraits, no, nothing_counts, yes
from catalog.meshes.vpc_lattice import quotas, rules
from catalog.meshes.vpc_lattice.listeners import PROTOCOLS, generated_host, is_probed, timers

INVOKE = Permission(
    actions=("vpc-lattice-svcs:Invoke",),
    holder="task role of a caller; and callers' task roles, by the auth policy of a service",
    why="with `mesh.auth`, a request takes IAM's leave on both sides",
    no_operations=("vpc-lattice-svcs:Invoke",),
    page='VPC Lattice user guide, "Auth policies"',
    everywhere="in an auth policy, of which the one service is the resource; denied to everybody where nobody calls it",
)
PERMISSIONS = (INVOKE,)
INFRASTRUCTURE_POLICY = "AmazonECSInfrastructureRolePolicyForVpcLattice"
MANAGED = {
    INFRASTRUCTURE_POLICY: "ECS registers tasks with VPC Lattice (ECS developer guide, "
    '"Amazon ECS infrastructure IAM role")',
}

RESOURCE_TYPES = {
    "aws_route53_zone": ResourceType(),
    "aws_vpclattice_auth_policy": ResourceType(),
    "aws_vpclattice_listener": ResourceType(),
    "aws_vpclattice_listener_rule": ResourceType(),
    "aws_vpclattice_service": ResourceType(),
    "aws_vpclattice_service_network_service_association": ResourceType(),
    "aws_vpclattice_target_group": ResourceType(),
}

VPC_LATTICE = MeshTraits(
    title="VPC Lattice",
    protocols=PROTOCOLS,
    needs_dns=lambda service: service.protocol not in PROTOCOLS,
    makes_names=True,
    starts_watched=is_probed,
    rules=(rules.rule, quotas.rule),
    permissions=PERMISSIONS,
    managed_policies=MANAGED,
    resource_types=RESOURCE_TYPES,
    generated_host=generated_host,
    own_addresses=10,  # VPC guide, "AWS-managed prefix list weight"
    timers=timers,
    parity={
        "tls": yes("as far as VPC Lattice, under host names that AWS generates; from there to the task in plain HTTP"),
        "auth": yes("callers' task roles, by a policy for each service"),
        "sign_requests": yes("read where `mesh.auth` says so"),
        "timeout": no("nothing counts the time of an answer, but a connection ends after ten minutes"),
        "idle_timeout": no("a connection that is silent for 60 seconds is closed, whatever is said"),
        "idle_timeout_of_tcp": nothing_counts("nothing counts the silence of what is reached directly"),
        "retries": no("nothing sends a request again, callers have to"),
        "no_retries": yes("nothing sends a request again"),
        "versions": yes("by the listener and its rules"),
        "pool": no("nothing counts connections"),
        "outlier": no("only probes take a task out"),
        "probes": yes("of every task, by its target group"),
        "probes_of_grpc": no("there are no probes of grpc"),
        "access_logs": yes("of all services, in one log group"),
        "traced_proxies": no("VPC Lattice sends no traces, services alone do"),
        "tcp": no("what speaks tcp is reached directly, by its name in Cloud Map"),
        "envoy": no("there is no proxy"),
        "gateway": no("requests from outside come through an Application Load Balancer"),
    },
)
