"""Permissions of a service's task role."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from catalog import names, unknowns
from catalog.model.types import KeyArn, SecretArn, Table, arn_or_name, matching, wrong


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


_QUEUE_URL = re.compile(
    r"https?://(?:sqs(?:-fips)?\.(?P<region>[a-z0-9-]+)|(?:(?P<old>[a-z0-9-]+)\.)?queue)"
    rf"\.(?:amazonaws\.com(?:\.cn)?|api\.aws)/(?P<account>\d{{12}}|{unknowns.ACCOUNT})"
    r"/(?P<name>[A-Za-z0-9_-]{1,80}(?:\.fifo)?)/?"
)
"""SQS developer guide, "Amazon SQS queue and message identifiers", and the endpoints of older SDKs."""
_BUCKET_URL = re.compile(
    r"https?://(?:(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?"
    r"(?P<path>/[^*?#]*)?"
)
"""S3 user guide, "Virtual hosting of general purpose buckets", and path-style URLs."""


def _queue_of_url(value: str) -> str | None:
    """The ARN of the queue that a URL of SQS names."""
    url = _QUEUE_URL.fullmatch(value)
    if url is None:
        return None
    region = url["region"] or url["old"] or "us-east-1"
    return f"arn:{names.partition(region)}:sqs:{region}:{url['account']}:{url['name']}"


def _bucket_of_url(value: str) -> str | None:
    """The bucket, with its folder, that a URL of S3 names."""
    url = _BUCKET_URL.fullmatch(value)
    text = "/".join(filter(None, (url["bucket"], (url["path"] or "").strip("/")))) if url is not None else ""
    return text or None


def _without_wildcard(value: str) -> str | None:
    """A bucket or a folder without the wildcard that the resource of a policy ends with."""
    return value[:-2] or None if value.endswith("/*") and not value.startswith("http") else None


def _table_of_indexes(value: str) -> str | None:
    """The ARN of a table of DynamoDB, from that of everything below it."""
    return value[:-2].removesuffix("/index") if value.startswith("arn:") and value.endswith("/*") else None


def _instead_of(what: str, meant: Callable[[str], str | None]) -> BeforeValidator:
    """An error for a value that is written otherwise elsewhere, with the spelling of the catalog."""

    def check(value: object) -> object:
        fixed = meant(value) if isinstance(value, str) else None
        if fixed is not None:
            written, better = (text.replace(unknowns.ACCOUNT, "{account}") for text in (str(value), fixed))
            raise wrong(f'"{{value}}" {what}. Write "{{fixed}}".', value=written, fixed=better)
        return value

    return BeforeValidator(check)


_WILDCARD = "ends with a wildcard, and everything below is included anyway"


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
    _instead_of(_WILDCARD, _without_wildcard),
    _instead_of("is the URL of a bucket", _bucket_of_url),
]
Queue = Annotated[
    str,
    arn_or_name("sqs", r"[A-Za-z0-9_-]{1,80}(\.fifo)?", "a queue", "write its name, or its ARN"),
    _instead_of("is the URL of a queue", _queue_of_url),
]
DynamoTable = Annotated[
    str,
    arn_or_name("dynamodb", r"[A-Za-z0-9_.-]{3,255}", "a table of DynamoDB", "write its name, or its ARN"),
    _instead_of(_WILDCARD, _table_of_indexes),
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
