"""How much of VPC Lattice an account has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog.documents import auth_policy_length, task_policy_length
from catalog.meshes.vpc_lattice.listeners import carried_callees, carried_services
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.provenance import Provenance

_SERVICES = 500
"""Services of a service network (VPC Lattice user guide, "Quotas")."""
_GROUPS = 500
"""Target groups of a region (the same)."""
_RULES_OF_A_GROUP = 60
"""VPC guide, "Amazon VPC quotas": inbound rules of a security group."""
_AUTH_POLICY = 10_000
"""Bytes (the same, "Auth policy size": 10 kilobytes, not adjustable)."""
_OF_A_ROLE = 10_240
"""Characters of the inline policies of a role (IAM User Guide, "IAM and AWS STS quotas")."""


def many_services(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Quotas of AWS that can be raised (VPC Lattice user guide, "Quotas")."""
    count = sum(1 for _ in carried_services(deployment))
    if count > _SERVICES:
        yield Finding(
            place=("mesh", "kind"),
            message=f"{count} services in one service network; AWS's default is {_SERVICES}, ask for more first",
            level="warning",
        )


def many_groups(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Target groups per region (VPC Lattice user guide, "Quotas"): one for each service and version."""
    count = sum(len(deployment.workloads_of(service.name)) for service in carried_services(deployment))
    if count > _GROUPS:
        yield Finding(
            place=("mesh", "kind"),
            message=f"{count} target groups, one for each service and version; AWS's default is {_GROUPS} for a "
            "region, ask for more first",
            level="warning",
        )


def many_rules(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A security group has 60 inbound rules (VPC guide, "Amazon VPC quotas")."""
    rules = sum(
        len({callee.port for callee in carried_callees(deployment, service)})
        for service in deployment.services.values()
    )
    if rules > _RULES_OF_A_GROUP:
        # Without IAM, services on one port are open to each other's callers (`open_beyond_calls`).
        also = "" if deployment.catalog.mesh.auth == "iam" else ' with auth = "iam"'
        yield Finding(
            place=("mesh", "kind"),
            message=f"its security group would have {rules} rules, one for each caller and port; AWS's default is "
            f"{_RULES_OF_A_GROUP}, ask for more, or{also} let services share ports",
            level="warning",
        )


def policy_too_long(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A service's auth policy names the roles of its callers (VPC Lattice user guide, "Quotas")."""
    if deployment.catalog.mesh.auth != "iam":
        return
    for service in carried_services(deployment):
        callers = [
            each for caller in deployment.callers_of(service.name) for each in deployment.workloads_of(caller.name)
        ]
        size = auth_policy_length(deployment, callers)
        if size > _AUTH_POLICY:
            room = len(callers) * _AUTH_POLICY // size
            yield Finding(
                place=("services", service.name),
                message=f"{len(callers)} services and versions call it, an auth policy has room for about {room}; "
                "split it, or leave out mesh.auth",
            )


def too_many_callees(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A caller's role names every callee (IAM User Guide, "IAM and AWS STS quotas": not adjustable)."""
    if deployment.catalog.mesh.auth != "iam":
        return
    of_a_callee = len(
        f'"arn:{deployment.partition}:vpc-lattice:{deployment.region}:{"0" * 12}:service/svc-{"0" * 17}/*",'
    )
    for service in deployment.services.values():
        callees = carried_callees(deployment, service)
        room = max(0, _OF_A_ROLE - task_policy_length(deployment, service)) // of_a_callee
        if len(callees) > room:
            yield Finding(
                place=("services", service.name, "calls"),
                message=f"{len(callees)} callees are more than its role has room for, IAM takes {_OF_A_ROLE:,} "
                f"characters: with its access about {room}; split it, or leave out mesh.auth",
            )


def two_in_one_network(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """A VPC is associated with one service network (VPC Lattice user guide, "Manage service network associations")."""
    for one, other in combinations(deployments, 2):
        vpc_id = other.catalog.network.vpc_id
        if vpc_id is None or vpc_id != one.catalog.network.vpc_id or other.catalog.mesh.kind != one.catalog.mesh.kind:
            continue
        message = (
            f"{vpc_id} is that of {one.environment} too, and takes one service network; write another VPC, or kind"
        )
        yield other, Finding(place=("network", "vpc_id"), message=message)
