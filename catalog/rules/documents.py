"""Documents that AWS limits in length: task definitions and policies."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.access import in_json
from catalog.documents import (
    definition_length,
    execution_policy_length,
    policy_length,
    task_policy_length,
    trust_policy_length,
)
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_DEFINITION = 64 * 1024
"""Bytes (ECS developer guide, "Amazon ECS service quotas": Task definition size limit, 64 KiB, not adjustable)."""
_POLICIES = 10_240
"""Characters of a role's inline policies (IAM User Guide, "IAM and AWS STS quotas": not adjustable)."""
_TRUST = 2048
"""Characters of a trust policy (the same, "Role trust policy length")."""


def definition_too_large(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """All of a task's containers are one document."""
    for service in deployment.services.values():
        size = definition_length(deployment, service)
        if size > _DEFINITION:
            yield Finding(
                place=("services", service.name),
                message=f"its task definition may have {size / 1024:.0f} KiB, and AWS takes {_DEFINITION // 1024}; put "
                "long texts (environment, command) into the image, or into a bucket",
            )


def task_policy_too_long(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What a service may do itself is one policy."""
    for service in deployment.services.values():
        size = task_policy_length(deployment, service)
        if size > _POLICIES:
            base: Path = ("services", service.name, "access")
            words = [in_json(statement) for statement in service.granted]
            statements = [in_json(statement) for statement in service.access.statements]
            alone = policy_length(statements) >= policy_length(words)
            yield Finding(
                place=(*base, "statements") if alone and statements else base,
                message=f"with what else it needs, its role's policy has {size:,} characters, and IAM takes "
                f"{_POLICIES:,}; join statements, or use wildcards",
            )


def execution_policy_too_long(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """So is what ECS reads to start it."""
    for service in deployment.services.values():
        size = execution_policy_length(deployment, service)
        if size > _POLICIES:
            yield Finding(
                place=("services", service.name, "secrets"),
                message=f"the policy by which ECS reads them has {size:,} characters, and IAM takes {_POLICIES:,}; "
                "keep several values in one secret, and write { arn, key }",
            )


def too_many_accounts(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A role of a task trusts ECS for these accounts only."""
    accounts = deployment.catalog.aws.accounts
    size = trust_policy_length(accounts)
    if size > _TRUST:
        yield Finding(
            place=("aws", "accounts"),
            message=f"with {len(accounts)} accounts the trust policy of a role has {size:,} characters, and IAM takes "
            f"{_TRUST:,}; write those of one environment into its own [environments.NAME.aws]",
        )
