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
    """An AWS quota, and how a catalog's use of it is counted."""

    name: str
    """Name on AWS's page."""
    limit: int
    adjustable: bool
    counted: Callable[[Deployment], counts.Counts]
    """Returns places, descriptions and numbers."""
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
        fix="call it from fewer services, or through a gateway",
        source=_VPC,
    ),
    Quota(
        name="Inbound or outbound rules per security group",
        limit=SECURITY_GROUP_RULES,
        adjustable=True,
        counted=counts.rules_out,
        fix='call fewer services, or write network.egress = "any"',
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
        fix="split the catalog in two",
        source=_ECS,
    ),
    Quota(
        name="Capacity providers per cluster",
        limit=20,
        adjustable=False,
        counted=counts.capacities,
        fix="list several instance_types in one [capacity]",
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
        fix="split the catalog in two",
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
        fix="split the catalog in two",
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
"""Default quotas of a region. The use by other deployments isn't known."""
_TOGETHER = (
    ("VPCs per Region", 5, counts.vpcs),
    ("Elastic IP addresses per Region", 5, counts.addresses),
)
"""Adjustable quotas that the deployments of an account and region share (VPC guide, "Amazon VPC quotas")."""


@rule(Siblings)
def beyond_quota_together(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Environments of one account and region share its quotas."""
    deployment = siblings.deployment
    together = [each for each in siblings.all if _account(each) == _account(deployment)]
    if len(together) == 1 or together[-1] is not deployment:
        return
    for name, limit, taken in _TOGETHER:
        count = sum(map(taken, together))
        if count > limit:
            yield at("environments", str(deployment.environment)).warning(
                f'the environments of its account and region require {count}, and the quota "{name}" is {limit} by '
                "default. Ask AWS for a higher quota first, or use an account for each environment."
            )


VCPU_QUOTAS = {
    "fargate": ("Fargate On-Demand vCPU resource count", "L-3032A538", 6),
    "fargate-spot": ("Fargate Spot vCPU resource count", "L-36FBB829", 6),
    "standard": ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "L-1216C47A", 5),
    "standard-spot": ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", "L-34B43A08", 5),
    "g": ("Running On-Demand G and VT instances", "L-DB2E81BA", 0),
    "g-spot": ("All G and VT Spot Instance Requests", "L-3819A6DF", 0),
    "p": ("Running On-Demand P instances", "L-417A185B", 0),
    "p-spot": ("All P4, P3 and P2 Spot Instance Requests", "L-7212CCBC", 0),
    "p5-spot": ("All P5 Spot Instance Requests", "L-C4BD4855", 0),
    "x": ("Running On-Demand X instances", "L-7295265B", 0),
    "x-spot": ("All X Spot Instance Requests", "L-E3A00192", 0),
}
"""Names, codes and default values of the quotas of vCPUs (AWS General Reference, "Amazon ECS endpoints and quotas"; EC2
User Guide, "On-Demand Instance quotas" and "Spot Instance quotas"). AWS raises them as an account is used."""


@rule(Deployment)
def beyond_vcpu_quota(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Tasks and instances that exceed a quota of vCPUs don't start, and an apply waits for them without a reason."""
    for key, (place, count) in counts.vcpus(deployment).items():
        name, code, limit = VCPU_QUOTAS[key]
        if count > limit:
            yield at(*place).notice(
                f'up to {count:g} vCPUs count against the quota "{name}" ({code}), which is {limit} in a new account. '
                "Check the quota of your account, and ask AWS for a higher one before the first apply."
            )


def _account(deployment: Deployment) -> tuple[object, ...]:
    """The region and account settings of a deployment."""
    aws = deployment.catalog.aws
    return (deployment.region, aws.accounts, aws.profile, aws.assume_role)


@rule(Deployment)
def beyond_quota(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An apply that exceeds a quota fails halfway."""
    for quota in QUOTAS:
        for place, what, count in quota.counted(deployment):
            if count > quota.limit:
                each = "," if ", one for" in what else ""
                fix = f"Ask AWS for a higher quota first, or {quota.fix}." if quota.adjustable else quota.fix + "."
                kind = "by default" if quota.adjustable else "and fixed"
                yield at(*place).warning(
                    f'{count:,} {what}{each} exceed the quota "{quota.name}", which is {quota.limit:,} {kind}. '
                    f"{fix[0].upper()}{fix[1:]}"
                )
