"""What a service may do in AWS, beyond what running takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from catalog.model.types import KeyArn, SecretArn, Table, arn_or_name, matching


class Statement(Table):
    """One statement of an IAM policy."""

    actions: Annotated[tuple[str, ...], Field(min_length=1)]
    """Actions, as in "dynamodb:GetItem"."""
    resources: Annotated[tuple[str, ...], Field(min_length=1)]
    """Resources, as ARNs."""
    effect: Literal["Allow", "Deny"] = "Allow"
    """Allow or Deny."""
    conditions: dict[str, dict[str, Any]] = {}
    """IAM's Condition block: operator, then key, then value or list."""


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
    """What a service may do in AWS, beyond what running takes. Every key opens what it names and nothing else."""

    bedrock: tuple[Model, ...] = ()
    """Call these models of Bedrock: ids of models or of inference profiles, or ARNs."""
    sagemaker: tuple[Endpoint, ...] = ()
    """Call these endpoints of SageMaker: names or ARNs."""
    s3_read: tuple[Bucket, ...] = ()
    """Read these buckets, or parts of them: "bucket", "bucket/folder"."""
    s3_write: tuple[Bucket, ...] = ()
    """Write objects to these buckets, or parts of them, without permission to delete any."""
    s3_delete: tuple[Bucket, ...] = ()
    """Delete objects of these buckets, or parts of them, without permission to delete old versions."""
    sqs_consume: tuple[Queue, ...] = ()
    """Receive and delete messages of these queues: names or ARNs."""
    sqs_send: tuple[Queue, ...] = ()
    """Send messages to these queues: names or ARNs."""
    dynamodb: tuple[DynamoTable, ...] = ()
    """Read and write items of these tables and their indexes: names or ARNs."""
    secrets_read: tuple[SecretArn, ...] = ()
    """Read these secrets and parameters while it runs: ARNs. At its start, `secrets` does that without this."""
    kms_decrypt: tuple[KeyArn, ...] = ()
    """Decrypt with these keys, and make the data keys that writing takes: ARNs of what its queues, buckets and secrets
    are encrypted with."""
    task_protection: bool = False
    """Keep its own tasks from being stopped by scaling and deployments while they work."""
    statements: tuple[Statement, ...] = ()
    """Statements of its task role, taken over as they are."""
