"""Quotas of an AWS account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalog.diagnostics import Finding
from catalog.frame import Place, Siblings
from catalog.model import Deployment
from catalog.model.types import SECURITY_GROUP_RULES
from catalog.rules import counts, rule


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many of something there may be, and where a catalog has how many of them."""

    name: str
    """As the page spells it."""
    limit: int
    adjustable: bool
    counted: Callable[[Deployment], counts.Counts]
    """The place of what has them, what they are, and their number."""
    fix: str
    source: str
    """The AWS page."""


_VPC = "VPC guide, Amazon VPC quotas"
_ECS = "ECS developer guide, Amazon ECS service quotas"
_ALB = "Application Load Balancer guide, Quotas for your Application Load Balancers"
QUOTAS = (
    Quota(
        name="Inbound or outbound rules per security group",
        limit=SECURITY_GROUP_RULES,
        adjustable=True,
        counted=counts.rules_in,
        fix="let fewer services call it, or a gateway in front of it",
        source=_VPC,
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        limit=SECURITY_GROUP_RULES,
        adjustable=True,
        counted=counts.rules_out,
        fix='call fewer, or write network.egress = "any"',
        source=_VPC,
    ),
    Quota(
        name="VPC security groups per Region",
        limit=2500,
        adjustable=True,
        counted=counts.groups,
        fix="use another account",
        source=_VPC,
    ),
    Quota(
        name="Network interfaces per Region",
        limit=5000,
        adjustable=True,
        counted=counts.interfaces,
        fix="run fewer tasks",
        source=_VPC,
    ),
    Quota(
        name="Roles in an AWS account",
        limit=1000,
        adjustable=True,
        counted=counts.roles,
        fix="use another account",
        source="IAM User Guide, IAM and AWS STS quotas",
    ),
    Quota(
        name="Services per cluster",
        limit=5000,
        adjustable=True,
        counted=counts.services,
        fix="make two catalogs of it",
        source=_ECS,
    ),
    Quota(
        name="Capacity providers per cluster",
        limit=20,
        adjustable=False,
        counted=counts.capacities,
        fix="name several instance_types in one [capacity]",
        source=_ECS,
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        limit=SECURITY_GROUP_RULES,
        adjustable=True,
        counted=counts.rules_to_targets,
        fix="add another [ingress] for some of them",
        source=_VPC,
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        limit=SECURITY_GROUP_RULES,
        adjustable=True,
        counted=counts.rules_to_files,
        fix="make two catalogs of it",
        source=_VPC,
    ),
    Quota(
        name="Targets per Application Load Balancer",
        limit=1000,
        adjustable=True,
        counted=counts.targets,
        fix="run fewer tasks",
        source=_ALB,
    ),
    Quota(
        name="Access points per file system",
        limit=10_000,
        adjustable=True,
        counted=counts.access_points,
        fix="make two catalogs of it",
        source="EFS user guide, Creating access points",
    ),
    Quota(
        name="Service instances",
        limit=1000,
        adjustable=False,
        counted=counts.instances,
        fix="run fewer tasks",
        source="Cloud Map developer guide, AWS Cloud Map limits",
    ),
)
"""Defaults of a region. How much of them other deployments use, no catalog knows."""
_TOGETHER = (
    ("VPCs per Region", 5, counts.vpcs),
    ("Elastic IP addresses per Region", 5, counts.addresses),
)
"""VPC guide, "Amazon VPC quotas": both adjustable. What deployments of one account and region take of them together."""


@rule(Siblings)
def beyond_quota_together(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Environments that are applied side by side, as far as the catalog says where."""
    deployment = siblings.deployment
    together = [each for each in siblings.all if _account(each) == _account(deployment)]
    if len(together) == 1 or together[-1] is not deployment:
        return
    for name, limit, taken in _TOGETHER:
        count = sum(map(taken, together))
        if count > limit:
            yield at("environments", str(deployment.environment)).warning(
                f'its region and those beside it take {count}: of "{name}" AWS has {limit} by default; '
                "have AWS raise it first, or give environments accounts of their own"
            )


def _account(deployment: Deployment) -> tuple[object, ...]:
    """The account and region that a deployment is applied in, as far as the catalog tells."""
    aws = deployment.catalog.aws
    return (deployment.region, aws.accounts, aws.profile, aws.assume_role)


@rule(Deployment)
def beyond_quota(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A quota that is exceeded fails in the middle of an apply."""
    for quota in QUOTAS:
        for place, what, count in quota.counted(deployment):
            if count > quota.limit:
                fix = f"have AWS raise it first, or {quota.fix}" if quota.adjustable else quota.fix
                fixed = "by default" if quota.adjustable else "and raises it for nobody"
                yield at(*place).warning(f'{count:,} {what}: of "{quota.name}" AWS has {quota.limit:,} {fixed}; {fix}')
