"""How much of VPC Lattice an account has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog.access import inline_size
from catalog.meshes.vpc_lattice.listeners import carried_callees, carried_services
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.written import Written

_SERVICES = 500
"""Services of a service network (VPC Lattice user guide, "Quotas")."""
_RULES_OF_A_GROUP = 60
"""VPC guide, "Amazon VPC quotas": inbound rules of a security group."""
_RULES_OF_A_LISTENER = 5
"""VPC Lattice user guide, "Quotas"."""
_POLICY_BYTES = 10240
_BYTES_OF_A_ROLE = 160
"""An auth policy has at most 10 KB (VPC Lattice user guide, "Quotas"); a role's ARN takes this much of it at most."""
_OF_A_ROLE = 10240
_OF_A_CALLEE = 85
_OF_THE_REST = 400
"""Inline policies of a role have at most 10,240 characters together (IAM User Guide, "IAM and AWS STS quotas"); the ARN
of a callee takes this much of it at most, and what shells and traces need takes the rest."""


def many_services(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Quotas of AWS that can be raised (VPC Lattice user guide, "Quotas")."""
    count = sum(1 for _ in carried_services(deployment))
    if count > _SERVICES:
        yield Finding(
            place=("mesh", "kind"),
            message=f"{count} services in one service network; AWS's default is {_SERVICES}, ask for more first",
            level="warning",
        )


def many_rules(deployment: Deployment, written: Written) -> Iterator[Finding]:
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


def many_matches(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A listener has five rules (VPC Lattice user guide, "Quotas")."""
    for service in carried_services(deployment):
        matches = [each for each in deployment.versions.get(service.name, ()) if each.match is not None]
        if len(matches) > _RULES_OF_A_LISTENER:
            yield Finding(
                place=("services", service.name, "versions"),
                message=f"{len(matches)} matches are rules of one listener; AWS's default is {_RULES_OF_A_LISTENER}, "
                "ask for more first",
                level="warning",
                about=(("mesh", "kind"),),
            )


def policy_too_long(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An auth policy has at most 10 KB (VPC Lattice user guide, "Quotas")."""
    most = _POLICY_BYTES // _BYTES_OF_A_ROLE - 1
    for service in carried_services(deployment):
        callers = [
            each for caller in deployment.callers_of(service.name) for each in deployment.workloads_of(caller.name)
        ]
        if deployment.catalog.mesh.auth == "iam" and len(callers) > most:
            yield Finding(
                place=("services", service.name),
                message=f"{len(callers)} services and versions call it, an auth policy has room for {most}; split it, "
                "or leave out mesh.auth",
                about=(("mesh", "auth"),),
            )


def too_many_callees(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A caller's role names every callee (IAM User Guide, "IAM and AWS STS quotas": not adjustable)."""
    if deployment.catalog.mesh.auth != "iam":
        return
    for service in deployment.services.values():
        callees = carried_callees(deployment, service)
        room = _OF_A_ROLE - _OF_THE_REST - inline_size(service)
        if callees and len(callees) * _OF_A_CALLEE > room:
            yield Finding(
                place=("services", service.name, "calls"),
                message=f"{len(callees)} callees are more than its role has room for, IAM takes {_OF_A_ROLE} "
                f"characters: with its access about {max(room, 0) // _OF_A_CALLEE}; split it, or leave out mesh.auth",
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
