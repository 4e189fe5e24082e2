"""What the words of `access` stand for: IAM statements on exactly what is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.model import Service
from catalog.model.access import Access, Statement


@dataclass(frozen=True, kw_only=True)
class Where:
    """What completes a name to an ARN."""

    partition: str
    region: str
    account: str
    cluster: str

    def arn(self, service: str, name: str) -> str:
        """The ARN of something in this account and region; one that is an ARN already stays."""
        if name.startswith("arn:"):
            return name
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{name}"


def granted(access: Access, *, where: Where) -> tuple[Statement, ...]:
    """The statements that a service's words stand for, in the order of the documentation."""
    return tuple(
        statement
        for key, grant in _GRANTS.items()
        if (value := getattr(access, key))
        for statement in grant(value, where)
    )


def _allow(actions: Iterable[str], resources: Iterable[str], **conditions: dict[str, str | list[str]]) -> Statement:
    return Statement(actions=tuple(actions), resources=tuple(resources), conditions=conditions)


_PROFILE = re.compile(r"(us|us-gov|eu|apac|ap|au|ca|jp|global)\.(.+\..+)")
"""The ids of inference profiles across regions (Bedrock user guide, "Supported Regions and models for inference
profiles")."""
_INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
"""The Converse operations are authorized as these (Bedrock user guide, "Converse")."""


def _bedrock(models: tuple[str, ...], where: Where) -> Iterator[Statement]:
    """A model is called by itself, or through a profile and nothing else (Bedrock user guide, "Prerequisites for
    inference profiles": the models of all regions, on the condition of the profile)."""
    direct, guardrails = [], []
    for model in models:
        kind, _, name = model.rpartition("/") if model.startswith("arn:") else ("", "", model)
        profile = _PROFILE.fullmatch(name)
        if kind.endswith(":guardrail"):
            guardrails.append(model)
        elif kind.endswith("inference-profile") or (not kind and profile is not None):
            arn = where.arn("bedrock", model if kind else f"inference-profile/{name}")
            yield _allow(_INVOKE, [arn])
            behind = f"arn:{where.partition}:bedrock:*::foundation-model/{profile[2] if profile else '*'}"
            yield _allow(_INVOKE, [behind], StringEquals={"bedrock:InferenceProfileArn": arn})
        else:
            direct.append(model if kind else f"arn:{where.partition}:bedrock:{where.region}::foundation-model/{model}")
    if direct:
        yield _allow(_INVOKE, direct)
    if guardrails:
        yield _allow(["bedrock:ApplyGuardrail"], guardrails)


def _sagemaker(endpoints: tuple[str, ...], where: Where) -> Iterator[Statement]:
    """In ARNs the names are in lower case (SageMaker API reference, EndpointArn)."""
    actions = ("InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream")
    arns = [
        name if name.startswith("arn:") else where.arn("sagemaker", f"endpoint/{name.lower()}") for name in endpoints
    ]
    yield _allow([f"sagemaker:{action}" for action in actions], arns)


def bucket_and_prefix(text: str) -> tuple[str, str]:
    """`bucket` and `folder` of "bucket/folder", "s3://bucket/folder/" or an ARN; the prefix is empty for a whole
    bucket."""
    bare = re.sub(r"^(s3://|arn:[^:]*:s3:::)", "", text)
    bucket, _, prefix = bare.partition("/")
    return bucket, prefix.strip("/")


def reading(source: str, *, partition: str) -> list[dict[str, Any]]:
    """The statements, as JSON spells them, by which a bucket or a part of it is read."""
    where = Where(partition=partition, region="", account="", cluster="")
    return [in_json(statement) for statement in _s3_read((source,), where)]


def in_json(statement: Statement) -> dict[str, Any]:
    """A statement as IAM's JSON spells it."""
    spelled = {"Effect": statement.effect, "Action": [*statement.actions], "Resource": [*statement.resources]}
    return {**spelled, "Condition": statement.conditions} if statement.conditions else spelled


def _s3_read(buckets: tuple[str, ...], where: Where) -> Iterator[Statement]:
    yield _allow(["s3:GetObject"], _objects(buckets, where))
    for text in buckets:
        bucket, prefix = bucket_and_prefix(text)
        arn = f"arn:{where.partition}:s3:::{bucket}"
        if prefix:
            yield _allow(["s3:ListBucket"], [arn], StringLike={"s3:prefix": [prefix, f"{prefix}/*"]})
        else:
            yield _allow(["s3:ListBucket"], [arn])


def _s3_write(buckets: tuple[str, ...], where: Where) -> Iterator[Statement]:
    """With what an upload in parts takes (S3 user guide, "Multipart upload API and permissions")."""
    yield _allow(["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"], _objects(buckets, where))


def _objects(buckets: tuple[str, ...], where: Where) -> list[str]:
    parts = map(bucket_and_prefix, buckets)
    return [f"arn:{where.partition}:s3:::{bucket}/{prefix}{'/' if prefix else ''}*" for bucket, prefix in parts]


def _sqs(*actions: str) -> Callable[[tuple[str, ...], Where], Iterator[Statement]]:
    def grant(queues: tuple[str, ...], where: Where) -> Iterator[Statement]:
        every = [f"sqs:{action}" for action in (*actions, "GetQueueAttributes", "GetQueueUrl")]
        yield _allow(every, [where.arn("sqs", queue) for queue in queues])

    return grant


def _dynamodb(tables: tuple[str, ...], where: Where) -> Iterator[Statement]:
    actions = (
        *("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem", "PutItem"),
        *("Query", "Scan", "UpdateItem"),
    )
    arns = [table if table.startswith("arn:") else where.arn("dynamodb", f"table/{table}") for table in tables]
    yield _allow([f"dynamodb:{action}" for action in actions], [*arns, *(f"{arn}/index/*" for arn in arns)])


def _secrets(arns: tuple[str, ...], where: Where) -> Iterator[Statement]:
    of_manager = [arn for arn in arns if arn.split(":")[2] == "secretsmanager"]
    parameters = [arn for arn in arns if arn not in of_manager]
    if of_manager:
        yield _allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], of_manager)
    if parameters:
        yield _allow(["ssm:GetParameter", "ssm:GetParameters"], parameters)


def _kms(keys: tuple[str, ...], where: Where) -> Iterator[Statement]:
    """What is written to a queue or bucket is encrypted with a data key, which the writer asks for (SQS developer
    guide, "Key management"; S3 user guide, "Using server-side encryption with AWS KMS keys")."""
    yield _allow(["kms:Decrypt", "kms:GenerateDataKey"], keys)


def _protection(value: bool, where: Where) -> Iterator[Statement]:
    """Of the cluster's tasks, as nobody knows the ids of its own beforehand (ECS developer guide, "Amazon ECS task
    scale-in protection endpoint"); the endpoint knows no other task than the caller."""
    tasks = where.arn("ecs", f"task/{where.cluster}/*")
    yield _allow(["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [tasks])


_GRANTS: dict[str, Callable[..., Iterator[Statement]]] = {
    "bedrock": _bedrock,
    "sagemaker": _sagemaker,
    "s3_read": _s3_read,
    "s3_write": _s3_write,
    "sqs_consume": _sqs("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage"),
    "sqs_send": _sqs("SendMessage"),
    "dynamodb": _dynamodb,
    "secrets_read": _secrets,
    "kms_decrypt": _kms,
    "task_protection": _protection,
}


def inline_size(service: Service) -> int:
    """Characters of what `access` adds to the policy of a service's role."""
    every = [statement.model_dump() for statement in (*service.access.statements, *service.granted)]
    return len(json.dumps(every, separators=(",", ":"), default=str)) if every else 0
