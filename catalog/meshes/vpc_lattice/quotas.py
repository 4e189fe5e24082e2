"""How much of VPC Lattice an account has."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names
from catalog.analysis import naming
from catalog.analysis.policies import ROLE_POLICY_CHARACTERS
from catalog.diagnostics import Finding
from catalog.frame import Place, Rules, Siblings
from catalog.meshes.vpc_lattice.listeners import carried_callees, carried_services
from catalog.model import Deployment, Service
from catalog.model.types import SECURITY_GROUP_RULES
from catalog.task.document_sizes import length, task_policy_length

rule = Rules()


_SERVICES = 500
"""Services of a service network (VPC Lattice user guide, "Quotas")."""
_GROUPS = 500
"""Target groups of a region (the same)."""
_AUTH_POLICY = 10_000
"""Bytes (the same, "Auth policy size": 10 kilobytes, not adjustable)."""


@rule(Deployment)
def many_services(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Quotas of AWS that can be raised (VPC Lattice user guide, "Quotas")."""
    count = sum(1 for _ in carried_services(deployment))
    if count > _SERVICES:
        yield at("mesh", "kind").warning(
            f"{count} services in one service network; AWS's default is {_SERVICES}, ask for more first"
        )


@rule(Deployment)
def many_target_groups(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Target groups per region (VPC Lattice user guide, "Quotas"): one for each service and version."""
    count = sum(len(deployment.workloads_of(service.name)) for service in carried_services(deployment))
    if count > _GROUPS:
        yield at("mesh", "kind").warning(
            f"{count} target groups, one for each service and version; AWS's default is {_GROUPS} for a "
            "region, ask for more first"
        )


@rule(Deployment)
def many_rules(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A security group has so many inbound rules (VPC guide, "Amazon VPC quotas")."""
    rules = sum(
        len({callee.port for callee in carried_callees(deployment, service)})
        for service in deployment.services.values()
    )
    if rules > SECURITY_GROUP_RULES:
        # Without IAM, services on one port are open to each other's callers (`reachable_beyond_calls`).
        also = "" if deployment.catalog.mesh.auth == "iam" else ' with auth = "iam"'
        yield at("mesh", "kind").warning(
            f"its security group would have {rules} rules, one for each caller and port; AWS's default is "
            f"{SECURITY_GROUP_RULES}, ask for more, or{also} let services share ports"
        )


@rule(Deployment)
def policy_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
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
            yield at("services", service.name).error(
                f"{len(callers)} services and versions call it, an auth policy has room for about {room}; "
                "split it, or leave out mesh.auth"
            )


def _auth_policy_length(deployment: Deployment, callers: list[Service]) -> int:
    """Bytes of a service's auth policy, which names the roles of its callers."""
    roles = f"arn:{deployment.partition}:iam::{'0' * 12}:role/"
    named = [f"{roles}{naming.role(deployment, each, names.ROLES[0])}" for each in callers]
    # Lists are written with a space behind each comma, and callers of another state have a statement of their own.
    return length(named) + len(named) + 500


@rule(Deployment)
def too_many_callees(deployment: Deployment, at: Place) -> Iterator[Finding]:
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
            yield at("services", service.name, "calls").error(
                f"{len(callees)} callees are more than its role has room for, IAM takes {ROLE_POLICY_CHARACTERS:,} "
                f"characters: with its access about {room}; split it, or leave out mesh.auth"
            )


@rule(Siblings)
def two_service_networks_in_vpc(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """A VPC is associated with one service network (VPC Lattice user guide, "Manage service network associations")."""
    catalog = siblings.deployment.catalog
    vpc_id = catalog.network.vpc_id
    for one in siblings.earlier if vpc_id is not None else ():
        if vpc_id == one.catalog.network.vpc_id and catalog.mesh.kind == one.catalog.mesh.kind:
            yield at("network", "vpc_id").error(
                f"{vpc_id} is that of {one.environment} too, and takes one service network; write another VPC, or kind"
            )
