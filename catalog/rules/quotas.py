"""How much of AWS an account has: one table, and one rule over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalog.meshes import mesh_of
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.written import Written

_Counts = Iterator[tuple[Path, str, int]]


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many of something there may be, and where a catalog has how many of them."""

    name: str
    """As the page spells it."""
    limit: int
    adjustable: bool
    counted: Callable[[Deployment], _Counts]
    """The place of what has them, what they are, and their number."""
    cure: str
    source: str
    """The AWS page."""


def _rules_in(deployment: Deployment) -> _Counts:
    """One for each caller. What a mesh listens for in the callee's place, it lets in by itself."""
    mesh = mesh_of(deployment)
    for service in deployment.services.values():
        reached_by_others = mesh.generated_host is None or service.protocol not in mesh.protocols
        if service.port is not None and reached_by_others:
            count = len(deployment.callers_of(service.name)) + (deployment.ingress_of(service) is not None)
            yield ("services", service.name), "rules that let callers in", count


def _rules_out(deployment: Deployment) -> _Counts:
    """One for each callee."""
    if deployment.catalog.network.egress == "any":
        return
    mesh = mesh_of(deployment)
    for service in deployment.services.values():
        callees = [
            callee
            for callee in deployment.callees_of(service)
            if mesh.generated_host is None or callee.protocol not in mesh.protocols
        ]
        yield (
            ("services", service.name, "calls"),
            "rules that let calls out",
            len(callees) + len(deployment.externals_of(service)),
        )


def _groups(deployment: Deployment) -> _Counts:
    yield ("services",), "groups, one for each service", len(deployment.services)


def _roles(deployment: Deployment) -> _Counts:
    yield ("services",), "roles, two for each service and version", 2 * len(deployment.workloads)


def _services(deployment: Deployment) -> _Counts:
    yield ("services",), "services and versions", len(deployment.workloads)


def _interfaces(deployment: Deployment) -> _Counts:
    tasks = sum(workload.most_tasks for workload in deployment.workloads.values())
    yield ("services",), "interfaces, one for each task", tasks


def _capacities(deployment: Deployment) -> _Counts:
    yield ("capacity",), "providers, Fargate's two included", len(deployment.used_capacity) + 2


_VPC = "VPC guide, Amazon VPC quotas"
_ECS = "ECS developer guide, Service quotas"
QUOTAS = (
    Quota(
        name="Inbound or outbound rules per security group",
        limit=60,
        adjustable=True,
        counted=_rules_in,
        cure="let fewer services call it, or a gateway in front of it",
        source=_VPC,
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        limit=60,
        adjustable=True,
        counted=_rules_out,
        cure='call fewer, or write network.egress = "any"',
        source=_VPC,
    ),
    Quota(
        name="VPC security groups per Region",
        limit=2500,
        adjustable=True,
        counted=_groups,
        cure="use another account",
        source=_VPC,
    ),
    Quota(
        name="Network interfaces per Region",
        limit=5000,
        adjustable=True,
        counted=_interfaces,
        cure="run fewer tasks",
        source=_VPC,
    ),
    Quota(
        name="Roles in an AWS account",
        limit=1000,
        adjustable=True,
        counted=_roles,
        cure="use another account",
        source="IAM User Guide, IAM and AWS STS quotas",
    ),
    Quota(
        name="Services per cluster",
        limit=5000,
        adjustable=True,
        counted=_services,
        cure="make two catalogs of it",
        source=_ECS,
    ),
    Quota(
        name="Capacity providers per cluster",
        limit=20,
        adjustable=False,
        counted=_capacities,
        cure="name several instance_types in one [capacity]",
        source=_ECS,
    ),
)
"""Defaults of a region. How much of them other deployments use, no catalog knows."""


def beyond(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """What Terraform would find out in the middle of an apply."""
    for quota in QUOTAS:
        for place, what, count in quota.counted(deployment):
            if count > quota.limit:
                cure = f"have AWS raise it first, or {quota.cure}" if quota.adjustable else quota.cure
                fixed = "by default" if quota.adjustable else "and raises it for nobody"
                yield Finding(
                    place=place,
                    message=f'{count:,} {what}: of "{quota.name}" AWS has {quota.limit:,} {fixed}; {cure}',
                    level="warning",
                )
