"""Permissions of a service's task role."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from catalog.model.types import KeyArn, SecretArn, Table, arn_or_name, matching


class Statement(Table):
    """Statement of an IAM policy."""

    actions: Annotated[tuple[str, ...], Field(min_length=1)]
    """Actions, such as "dynamodb:GetItem"."""
    resources: Annotated[tuple[str, ...], Field(min_length=1)]
    """Resources, as ARNs."""
    effect: Literal["Allow", "Deny"] = "Allow"
    """Effect of the statement: Allow or Deny."""
    conditions: dict[str, dict[str, Any]] = {}
    """IAM Condition block: operator, then key, then value or list."""


Model = Annotated[
    str,
    arn_or_name(
        "bedrock",
        r"[a-z0-9-]+(\.[a-z0-9-]+)+[a-z0-9.:-]*",
        "a model of Bedrock",
        'write its id, as in "amazon.nova-lite-v1:0", that of an inference profile, as in "us.amazon.nova-lite-v1:0", '
        "or an ARN",
    ),
]
Endpoint = Annotated[
    str,
    arn_or_name(
        "sagemaker", r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}", "an endpoint of SageMaker", "write its name, or its ARN"
    ),
]
Bucket = Annotated[
    str,
    matching(
        r"(s3://|arn:aws[a-z-]*:s3:::)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\x00]*)?",
        "a bucket",
        'write its name, as in "bucket", or a part of it, as in "bucket/folder"',
    ),
]
Queue = Annotated[str, arn_or_name("sqs", r"[A-Za-z0-9_-]{1,80}(\.fifo)?", "a queue", "write its name, or its ARN")]
DynamoTable = Annotated[
    str, arn_or_name("dynamodb", r"[A-Za-z0-9_.-]{3,255}", "a table of DynamoDB", "write its name, or its ARN")
]


class Access(Table):
    """AWS permissions for the service's task role, in addition to those it needs to run. Each key grants access only to
    the resources it lists."""

    bedrock: tuple[Model, ...] = ()
    """Bedrock models to invoke: model ids, inference profile ids or ARNs."""
    sagemaker: tuple[Endpoint, ...] = ()
    """SageMaker endpoints to invoke: names or ARNs."""
    s3_read: tuple[Bucket, ...] = ()
    """S3 buckets, or folders in them, to read: "bucket", "bucket/folder"."""
    s3_write: tuple[Bucket, ...] = ()
    """S3 buckets, or folders in them, to write objects to, without permission to delete any."""
    s3_delete: tuple[Bucket, ...] = ()
    """S3 buckets, or folders in them, to delete objects from, without permission to delete old versions."""
    sqs_consume: tuple[Queue, ...] = ()
    """SQS queues to receive and delete messages from: names or ARNs."""
    sqs_send: tuple[Queue, ...] = ()
    """SQS queues to send messages to: names or ARNs."""
    dynamodb: tuple[DynamoTable, ...] = ()
    """DynamoDB tables, with their indexes, to read and write items in: names or ARNs."""
    secrets_read: tuple[SecretArn, ...] = ()
    """Secrets and parameters that the program reads while it runs: ARNs. Those in `secrets` don't need this."""
    kms_decrypt: tuple[KeyArn, ...] = ()
    """KMS keys that encrypt the service's queues, buckets and secrets, to decrypt with and to generate data keys from
    for writing: ARNs."""
    task_protection: bool = False
    """Allow the service's tasks to turn on their own ECS task protection, so that scaling and deployments don't stop
    them while they work."""
    statements: tuple[Statement, ...] = ()
    """Additional IAM policy statements for the task role, added unchanged."""
