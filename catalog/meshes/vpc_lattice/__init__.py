"""Amazon VPC Lattice: tasks have no proxy. Its permissions, resource types and traits."""

from __future__ import annotations

from catalog.analysis.permissions import Permission
from catalog.analysis.resource_types import ResourceType
from catalog.meshes.base import MeshTraits, check_inside, no, no_timer, yes
from catalog.meshes.vpc_lattice import quotas, rules
from catalog.meshes.vpc_lattice.listeners import (
    IDLE_SINCE,
    PROTOCOLS,
    generated_host,
    is_carried,
    is_probed,
    is_registered,
    over_tls,
    timers,
)

INVOKE = Permission(
    actions=("vpc-lattice-svcs:Invoke",),
    holder="caller's task role; callers' task roles, by the callee's auth policy",
    why="with `mesh.auth`: calls the service; both the caller's role and the callee's auth policy must allow it",
    no_operations=("vpc-lattice-svcs:Invoke",),
    page='VPC Lattice user guide, "Auth policies"',
    everywhere="only in an auth policy, which applies to one service",
)
PERMISSIONS = (INVOKE,)
INFRASTRUCTURE_POLICY = "AmazonECSInfrastructureRolePolicyForVpcLattice"
MANAGED = {
    INFRASTRUCTURE_POLICY: "ECS registers tasks in VPC Lattice's target groups (ECS developer guide, "
    '"Amazon ECS infrastructure IAM role")',
}

RESOURCE_TYPES = {
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
    is_registered=is_registered,
    starts_watched=is_probed,
    rules=(rules.rule, quotas.rule),
    permissions=PERMISSIONS,
    managed_policies=MANAGED,
    resource_types=RESOURCE_TYPES,
    generated_host=generated_host,
    callers_use_tls=lambda deployment, service: is_carried(deployment, service) and over_tls(deployment, service),
    own_addresses=10,  # VPC guide, "AWS-managed prefix list weight"
    timers=timers,
    parity={
        "tls": yes("up to VPC Lattice, with its certificates; from there to the task in plain HTTP"),
        "auth": yes("by their task roles, with an auth policy for each service"),
        "sign_requests": yes("verified with `mesh.auth`"),
        "timeout": no("no response timer exists, but every connection ends after ten minutes"),
        "idle_timeout": yes(
            "from one minute to ten, for each service",
            since=IDLE_SINCE,
            before="a connection that is idle for 60 seconds is closed",
        ),
        "idle_timeout_of_tcp": no_timer("services that use tcp are called directly, without an idle timer"),
        "retries": no("failed requests aren't retried, callers must retry"),
        "no_retries": yes("requests are never retried"),
        "versions": yes("by traffic weights in the listener and its rules"),
        "pool": no("connections aren't limited"),
        "outlier": no("only failed health checks remove a task"),
        "probes": yes("by its target groups, for every task"),
        "probes_of_grpc": no(
            "target groups check grpc by GET requests only, which gRPC servers don't answer", instead=check_inside
        ),
        "ready_tasks": yes("target groups check a new task first"),
        "access_logs": yes("for all services, in one log group"),
        "traced_proxies": no("VPC Lattice sends no traces, only services do"),
        "tcp": no("tcp services are called directly, by their Cloud Map name"),
        "envoy": no("tasks have no proxy"),
        "gateway": no("requests from outside come through an Application Load Balancer"),
    },
)
