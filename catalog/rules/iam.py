"""IAM policies, and the KMS key of a deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.analysis.policies import ROLE_POLICY_CHARACTERS, in_json
from catalog.analysis.resource_policies import autoscaling_role
from catalog.diagnostics import Finding, did_you_mean
from catalog.frame import Place
from catalog.frame.places import not_json, texts_in
from catalog.model import Deployment, Workload
from catalog.model.iam import Statement
from catalog.rules import rule
from catalog.task.document_sizes import execution_policy_length, policy_length, task_policy_length, trust_policy_length

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
_OPERATORS = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
    "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
    "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
    "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
"""IAM User Guide, "IAM JSON policy elements: Condition operators"."""
_LOWERED = frozenset(operator.lower() for operator in _OPERATORS)
_POLICY_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff\ufdd0\ufdd1]*")
"""Tab, line ends, and U+0020 to U+00FF (IAM User Guide, "IAM and AWS STS quotas"), and the marks of an account."""
_KMS_KEY = ("security", "kms_key")
_TRUST_POLICY = 2048
"""Characters of a trust policy (IAM User Guide, "IAM and AWS STS quotas": "Role trust policy length")."""


@rule(Statement)
def invalid_action(statement: Statement, at: Place) -> Iterator[Finding]:
    """An action is a service prefix and a name (IAM: MalformedPolicyDocument)."""
    for index, action in enumerate(statement.actions):
        if not _ACTION.fullmatch(action):
            message = f'"{action}" isn\'t an action. Write service and action like "s3:GetObject".'
            yield at("actions", index).error(message)


@rule(Workload)
def protected_tasks_outlast_rollouts(workload: Workload, at: Place) -> Iterator[Finding]:
    """A protected task stays until its protection ends, two hours after it began unless the task says otherwise (ECS
    API reference, UpdateTaskProtection). The provider waits until the service has one deployment."""
    if workload.access.task_protection and workload.deploy.wait:
        yield at("access", "task_protection").notice(
            "keeps an old task for up to two hours, and Terraform waits for it until a timeout fails the apply. "
            "Set deploy.wait to false."
        )


@rule(Statement)
def invalid_resource(statement: Statement, at: Place) -> Iterator[Finding]:
    """A resource is an ARN or a star (IAM: "must be in ARN format or \"*\"")."""
    for index, resource in enumerate(statement.resources):
        if resource != "*" and not _ARN.fullmatch(resource):
            message = f'"{resource}" isn\'t a resource. Write an ARN like "arn:aws:s3:::bucket/*", or "*".'
            yield at("resources", index).error(message)


@rule(Statement)
def unknown_condition_operator(statement: Statement, at: Place) -> Iterator[Finding]:
    """IAM refuses unknown condition operators (IAM: "Invalid Condition type")."""
    for operator in statement.conditions:
        bare = re.sub(r"^for(all|any)values?:|ifexists$", "", operator, flags=re.IGNORECASE)
        if bare.lower() not in _LOWERED:
            close = did_you_mean(bare, _OPERATORS)
            fix = f'; did you mean "{close}"?' if close else '. Write one like "StringEquals".'
            yield at("conditions", operator).error(f'unknown operator "{operator}"{fix}')


@rule(Statement)
def invalid_policy_character(statement: Statement, at: Place) -> Iterator[Finding]:
    """IAM policies allow only Latin-1 characters (IAM: MalformedPolicyDocument)."""
    for text, place in texts_in(statement.model_dump(), at):
        wrong = _POLICY_CHARACTERS.sub("", text)
        if wrong:
            message = f'"{wrong[0]}" isn\'t supported in IAM policies. Use Latin-1 characters, or a wildcard instead.'
            yield place.error(message)


@rule(Statement)
def condition_without_json(statement: Statement, at: Place) -> Iterator[Finding]:
    """IAM reads JSON, which doesn't support dates and infinite numbers (RFC 8259)."""
    yield from not_json(statement.conditions, at("conditions"))


def _given_key(deployment: Deployment) -> str:
    key = deployment.catalog.security.kms_key
    return key if isinstance(key, str) else ""


@rule(Deployment)
def key_of_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Services use keys of their own region (KMS developer guide, "AWS KMS keys")."""
    region = _given_key(deployment).split(":")[3] if _given_key(deployment) else deployment.region
    if region != deployment.region and deployment.is_region_known:
        yield at(*_KMS_KEY).error(
            f'is in "{region}", and resources in {deployment.region} can\'t use it. '
            f"Write the ARN of a key in {deployment.region}."
        )


@rule(Deployment)
def multi_region_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS can't encrypt task storage with multi-Region keys (ECS API reference, ManagedStorageConfiguration)."""
    if ":key/mrk-" in _given_key(deployment):
        yield at(*_KMS_KEY).error(
            "is a multi-Region key, which Fargate doesn't support for the storage of tasks. "
            "Write the ARN of a single-Region key, or true."
        )


@rule(Deployment)
def missing_autoscaling_role(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """KMS refuses a policy with a role that doesn't exist (KMS API reference, CreateKey:
    MalformedPolicyDocumentException). AWS creates this role with an account's first Auto Scaling group."""
    if deployment.catalog.security.kms_key is True and deployment.catalog.capacity:
        yield at(*_KMS_KEY).notice(
            f"the key's policy names {autoscaling_role('', '').rpartition('/')[2]}, which AWS creates with an "
            "account's first Auto Scaling group. In a new account, run this first: "
            "aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com"
        )


@rule(Workload)
def task_policy_too_long(workload: Workload, at: Place) -> Iterator[Finding]:
    """IAM limits the inline policies of a role (IAM User Guide, "IAM and AWS STS quotas"). A task role has one
    policy."""
    size = task_policy_length(at.deployment, workload)
    if size > ROLE_POLICY_CHARACTERS:
        base = at("access")
        words = [in_json(statement) for statement in workload.granted]
        statements = [in_json(statement) for statement in workload.access.statements]
        alone = policy_length(statements) >= policy_length(words)
        yield (base("statements") if alone and statements else base).error(
            f"the policy of the task role has {size:,} characters, and IAM allows at most "
            f"{ROLE_POLICY_CHARACTERS:,}. Join statements, or use wildcards."
        )


@rule(Workload)
def execution_policy_too_long(workload: Workload, at: Place) -> Iterator[Finding]:
    """IAM limits the inline policies of a role (IAM User Guide, "IAM and AWS STS quotas"). An execution role has
    one policy."""
    size = execution_policy_length(at.deployment, workload)
    if size > ROLE_POLICY_CHARACTERS:
        yield at("secrets").error(
            f"the policy of the execution role has {size:,} characters, and IAM allows at most "
            f"{ROLE_POLICY_CHARACTERS:,}. Keep several values in one secret, and write {{ arn, key }} for each."
        )


@rule(Deployment)
def trust_policy_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """IAM limits a trust policy (IAM User Guide, "IAM and AWS STS quotas"). The roles of tasks trust ECS for these
    accounts only."""
    accounts = deployment.catalog.aws.accounts
    size = trust_policy_length(accounts)
    if size > _TRUST_POLICY:
        yield at("aws", "accounts").error(
            f"{len(accounts)} accounts make a trust policy of {size:,} characters, and IAM allows at most "
            f"{_TRUST_POLICY:,}. Move the accounts of each environment to its [environments.NAME.aws]."
        )
