"""IAM policy documents, and the statements for the keys of `access`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.analysis import access_permissions
from catalog.analysis.permissions import ASSUME, Permission
from catalog.model.iam import Access, Statement

JsonStatement = dict[str, Any]
_PROFILE = re.compile(r"(us|us-gov|eu|apac|ap|au|ca|jp|global)\.(.+\..+)")
"""The ids of inference profiles across regions (Bedrock user guide, "Supported Regions and models for inference
profiles")."""
ROLE_POLICY_CHARACTERS = 10_240
"""Characters of the inline policies of a role; fixed (IAM User Guide, "IAM and AWS STS quotas")."""


def policy(statements: list[JsonStatement]) -> str:
    """An IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True, ensure_ascii=False)


def trust(principal: str, *, accounts: tuple[str, ...]) -> str:
    """The policy that lets an AWS service assume a role."""
    statement: JsonStatement = {"Effect": "Allow", "Action": ASSUME.actions[0], "Principal": {"Service": principal}}
    if accounts:
        # Prevents AWS from using the role for another account (ECS developer guide, "confused deputy").
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": list(accounts)}}
    return policy([statement])


@dataclass(frozen=True, kw_only=True)
class ArnContext:
    """The parts that complete a name to an ARN."""

    partition: str
    region: str
    account: str
    cluster: str

    def arn(self, service: str, name: str) -> str:
        """The ARN of a resource in this account and region; an ARN stays unchanged."""
        if name.startswith("arn:"):
            return name
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{name}"


def granted(access: Access, *, context: ArnContext) -> tuple[Statement, ...]:
    """The statements for a service's `access`, in the order of the documentation."""
    return tuple(
        statement
        for key, grant in _GRANTS.items()
        if (value := getattr(access, key))
        for statement in grant(value, context)
    )


def _allow(permission: Permission, resources: Iterable[str], **conditions: dict[str, str | list[str]]) -> Statement:
    return Statement(actions=permission.actions, resources=tuple(resources), conditions=conditions)


def _bedrock(models: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    """A model is called directly, or only through a profile (Bedrock user guide, "Prerequisites for
    inference profiles": the models of all regions, on the condition of the profile)."""
    direct, guardrails = [], []
    for model in models:
        kind, _, name = model.rpartition("/") if model.startswith("arn:") else ("", "", model)
        profile = _PROFILE.fullmatch(name)
        if kind.endswith(":guardrail"):
            guardrails.append(model)
        elif kind.endswith("inference-profile") or (not kind and profile is not None):
            arn = context.arn("bedrock", model if kind else f"inference-profile/{name}")
            yield _allow(access_permissions.BEDROCK, [arn])
            behind = f"arn:{context.partition}:bedrock:*::foundation-model/{profile[2] if profile else '*'}"
            yield _allow(access_permissions.BEDROCK, [behind], StringEquals={"bedrock:InferenceProfileArn": arn})
        else:
            direct.append(
                model if kind else f"arn:{context.partition}:bedrock:{context.region}::foundation-model/{model}"
            )
    if direct:
        yield _allow(access_permissions.BEDROCK, direct)
    if guardrails:
        yield _allow(access_permissions.GUARDRAIL, guardrails)


def _sagemaker(endpoints: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    """In ARNs the names are in lower case (SageMaker API reference, EndpointArn)."""
    arns = [
        name if name.startswith("arn:") else context.arn("sagemaker", f"endpoint/{name.lower()}") for name in endpoints
    ]
    yield _allow(access_permissions.SAGEMAKER, arns)


def bucket_and_prefix(text: str) -> tuple[str, str]:
    """`bucket` and `folder` of "bucket/folder", "s3://bucket/folder/" or an ARN; the prefix is empty for a whole
    bucket."""
    bare = re.sub(r"^(s3://|arn:[^:]*:s3:::)", "", text)
    bucket, _, prefix = bare.partition("/")
    return bucket, prefix.strip("/")


def s3_read_statements(source: str, *, partition: str) -> list[dict[str, Any]]:
    """The statements in IAM's JSON that allow reading a bucket or a prefix of it."""
    context = ArnContext(partition=partition, region="", account="", cluster="")
    return [in_json(statement) for statement in _s3_read((source,), context)]


def in_json(statement: Statement) -> dict[str, Any]:
    """A statement in IAM's JSON."""
    spelled = {"Effect": statement.effect, "Action": [*statement.actions], "Resource": [*statement.resources]}
    return {**spelled, "Condition": statement.conditions} if statement.conditions else spelled


def _s3_read(buckets: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    yield _allow(access_permissions.READ_OBJECTS, _objects(buckets, context))
    for text in buckets:
        bucket, prefix = bucket_and_prefix(text)
        arn = f"arn:{context.partition}:s3:::{bucket}"
        if prefix:
            yield _allow(access_permissions.LIST_OBJECTS, [arn], StringLike={"s3:prefix": [prefix, f"{prefix}/*"]})
        else:
            yield _allow(access_permissions.LIST_OBJECTS, [arn])


def _s3_write(buckets: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    yield _allow(access_permissions.WRITE_OBJECTS, _objects(buckets, context))


def _s3_delete(buckets: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    yield _allow(access_permissions.DELETE_OBJECTS, _objects(buckets, context))


def _objects(buckets: tuple[str, ...], context: ArnContext) -> list[str]:
    parts = map(bucket_and_prefix, buckets)
    return [f"arn:{context.partition}:s3:::{bucket}/{prefix}{'/' if prefix else ''}*" for bucket, prefix in parts]


def _sqs(permission: Permission) -> Callable[[tuple[str, ...], ArnContext], Iterator[Statement]]:
    def grant(queues: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
        yield _allow(permission, [context.arn("sqs", queue) for queue in queues])

    return grant


def _dynamodb(tables: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    arns = [table if table.startswith("arn:") else context.arn("dynamodb", f"table/{table}") for table in tables]
    yield _allow(access_permissions.ITEMS, [*arns, *(f"{arn}/index/*" for arn in arns)])


def _secrets(arns: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    of_manager = [arn for arn in arns if arn.split(":")[2] == "secretsmanager"]
    parameters = [arn for arn in arns if arn not in of_manager]
    if of_manager:
        yield _allow(access_permissions.SECRETS, of_manager)
    if parameters:
        yield _allow(access_permissions.PARAMETERS, parameters)


def _kms(keys: tuple[str, ...], context: ArnContext) -> Iterator[Statement]:
    yield _allow(access_permissions.KEYS, keys)


def _protection(value: bool, context: ArnContext) -> Iterator[Statement]:
    tasks = context.arn("ecs", f"task/{context.cluster}/*")
    yield _allow(access_permissions.PROTECTION, [tasks])


_GRANTS: dict[str, Callable[..., Iterator[Statement]]] = {
    "bedrock": _bedrock,
    "sagemaker": _sagemaker,
    "s3_read": _s3_read,
    "s3_write": _s3_write,
    "s3_delete": _s3_delete,
    "sqs_consume": _sqs(access_permissions.CONSUME),
    "sqs_send": _sqs(access_permissions.SEND),
    "dynamodb": _dynamodb,
    "secrets_read": _secrets,
    "kms_decrypt": _kms,
    "task_protection": _protection,
}
