"""How much of VPC Lattice an account has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog import aws_names, names
from catalog.analysis.limits import ROLE_POLICY_CHARACTERS, SECURITY_GROUP_RULES
from catalog.documents import length, task_policy_length
from catalog.meshes.vpc_lattice.listeners import carried_callees, carried_services
from catalog.model import Deployment, Service
from catalog.problems import Finding
from catalog.written import Written

_SERVICES = 500
"""Services of a service network (VPC Lattice user guide, "Quotas")."""
_GROUPS = 500
"""Target groups of a region (the same)."""
_AUTH_POLICY = 10_000
"""Bytes (the same, "Auth policy size": 10 kilobytes, not adjustable)."""


def many_services(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Quotas of AWS that can be raised (VPC Lattice user guide, "Quotas")."""
    count = sum(1 for _ in carried_services(deployment))
    if count > _SERVICES:
        yield Finding(
            place=("mesh", "kind"),
            message=f"{count} services in one service network; AWS's default is {_SERVICES}, ask for more first",
            level="warning",
        )


def many_groups(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Target groups per region (VPC Lattice user guide, "Quotas"): one for each service and version."""
    count = sum(len(deployment.workloads_of(service.name)) for service in carried_services(deployment))
    if count > _GROUPS:
        yield Finding(
            place=("mesh", "kind"),
            message=f"{count} target groups, one for each service and version; AWS's default is {_GROUPS} for a "
            "region, ask for more first",
            level="warning",
        )


def many_rules(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A security group has so many inbound rules (VPC guide, "Amazon VPC quotas")."""
    rules = sum(
        len({callee.port for callee in carried_callees(deployment, service)})
        for service in deployment.services.values()
    )
    if rules > SECURITY_GROUP_RULES:
        # Without IAM, services on one port are open to each other's callers (`open_beyond_calls`).
        also = "" if deployment.catalog.mesh.auth == "iam" else ' with auth = "iam"'
        yield Finding(
            place=("mesh", "kind"),
            message=f"its security group would have {rules} rules, one for each caller and port; AWS's default is "
            f"{SECURITY_GROUP_RULES}, ask for more, or{also} let services share ports",
            level="warning",
        )


def policy_too_long(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A service's auth policy names the roles of its callers (VPC Lattice user guide, "Quotas")."""
    if deployment.catalog.mesh.auth != "iam":
        return
    for service in carried_services(deployment):
        callers = [
            each for caller in deployment.callers_of(service.name) for each in deployment.workloads_of(caller.name)
        ]
        size = _auth_policy_length(deployment, callers)
        if size > _AUTH_POLICY:
            room = len(callers) * _AUTH_POLICY // size
            yield Finding(
                place=("services", service.name),
                message=f"{len(callers)} services and versions call it, an auth policy has room for about {room}; "
                "split it, or leave out mesh.auth",
                about=(("mesh", "auth"),),
            )


def _auth_policy_length(deployment: Deployment, callers: list[Service]) -> int:
    """Bytes of a service's auth policy, which names the roles of its callers."""
    roles = f"arn:{deployment.partition}:iam::{'0' * 12}:role/"
    named = [f"{roles}{aws_names.role(deployment, each, names.ROLES[0])}" for each in callers]
    # Lists are written with a space behind each comma, and callers of another state have a statement of their own.
    return length(named) + len(named) + 500


def too_many_callees(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A caller's role names every callee (IAM User Guide, "IAM and AWS STS quotas": not adjustable)."""
    if deployment.catalog.mesh.auth != "iam":
        return
    of_a_callee = len(
        f'"arn:{deployment.partition}:vpc-lattice:{deployment.region}:{"0" * 12}:service/svc-{"0" * 17}/*",'
    )
    for service in deployment.services.values():
        callees = carried_callees(deployment, service)
        room = max(0, ROLE_POLICY_CHARACTERS - task_policy_length(deployment, service)) // of_a_callee
        if len(callees) > room:
            yield Finding(
                place=("services", service.name, "calls"),
                message=f"{len(callees)} callees are more than its role has room for, IAM takes "
                f"{ROLE_POLICY_CHARACTERS:,} characters: with its access about {room}; "
                "split it, or leave out mesh.auth",
                about=(("mesh", "auth"), ("services", service.name, "access")),
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
        yield other, Finding(place=("network", "vpc_id"), message=message, about=(("mesh", "kind"),))
