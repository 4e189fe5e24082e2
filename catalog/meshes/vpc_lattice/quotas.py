"""Rules about VPC Lattice's quotas, and about the size of its policies."""

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
"""Services in a service network (VPC Lattice user guide, "Quotas")."""
_GROUPS = 500
"""Target groups in a region (the same page)."""
_AUTH_POLICY = 10_000
"""Bytes of an auth policy (the same page, "Auth policy size": 10 kilobytes, not adjustable)."""


@rule(Deployment)
def many_services(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS limits the services in a service network; adjustable (VPC Lattice user guide, "Quotas")."""
    count = sum(1 for _ in carried_services(deployment))
    if count > _SERVICES:
        yield at("mesh", "kind").warning(
            f"{count} services exceed AWS's default quota of {_SERVICES} in a service network. Ask AWS to raise it "
            "first."
        )


@rule(Deployment)
def many_target_groups(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS limits target groups in a region (VPC Lattice user guide, "Quotas"); each service and version has one."""
    count = sum(len(deployment.workloads_of(service.name)) for service in carried_services(deployment))
    if count > _GROUPS:
        yield at("mesh", "kind").warning(
            f"{count} target groups, one for each service and version, exceed AWS's default quota of {_GROUPS} in a "
            "region. Ask AWS to raise it first."
        )


@rule(Deployment)
def many_rules(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS limits the inbound rules of a security group (VPC guide, "Amazon VPC quotas")."""
    rules = sum(
        len({callee.port for callee in carried_callees(deployment, service)})
        for service in deployment.services.values()
    )
    if rules > SECURITY_GROUP_RULES:
        # Without IAM, services on one port are open to each other's callers (`reachable_beyond_calls`).
        also = "" if deployment.catalog.mesh.auth == "iam" else ', with auth = "iam",'
        yield at("mesh", "kind").warning(
            f"the mesh's security group needs {rules} rules, one for each caller and port, and AWS's default quota is "
            f"{SECURITY_GROUP_RULES}. Ask AWS to raise it, or{also} let services share ports."
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
                f"{len(callers)} services and versions call it, but an auth policy allows about {room}. "
                "Split the service, or remove mesh.auth."
            )


def _auth_policy_length(deployment: Deployment, callers: list[Service]) -> int:
    """Bytes of a service's auth policy, which names the roles of its callers."""
    roles = f"arn:{deployment.partition}:iam::{'0' * 12}:role/"
    named = [f"{roles}{naming.role(deployment, each, names.ROLES[0])}" for each in callers]
    # Lists have a space after each comma.
    return length(named) + len(named) + 500


@rule(Deployment)
def too_many_callees(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A caller's role policy names every callee (IAM User Guide, "IAM and AWS STS quotas": not adjustable)."""
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
                f"{len(callees)} callees exceed the size of a role policy: IAM allows {ROLE_POLICY_CHARACTERS:,} "
                f"characters, beside its access about {room} callees. Split the service, or remove mesh.auth."
            )


@rule(Siblings)
def two_service_networks_in_vpc(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """A VPC can be associated with only one service network (VPC Lattice user guide, "Manage service network
    associations")."""
    catalog = siblings.deployment.catalog
    vpc_id = catalog.network.vpc_id
    for one in siblings.earlier if vpc_id is not None else ():
        if vpc_id == one.catalog.network.vpc_id and catalog.mesh.kind == one.catalog.mesh.kind:
            yield at("network", "vpc_id").error(
                f"{vpc_id} is also used by {one.environment}, and a VPC allows only one service network. Use another "
                "VPC, or another mesh.kind."
            )
