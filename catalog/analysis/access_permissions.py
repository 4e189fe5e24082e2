"""The permissions that a service's `access` adds to its task role: the actions, the reason, and the AWS page."""

from __future__ import annotations

from catalog.analysis.permissions import TASK_ROLE, Permission

BEDROCK = Permission(
    actions=("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
    holder=TASK_ROLE,
    why="`access.bedrock`: calls these models, including by the Converse operations",
    page='Bedrock user guide, "Converse"',
)
GUARDRAIL = Permission(
    actions=("bedrock:ApplyGuardrail",),
    holder=TASK_ROLE,
    why="`access.bedrock`: applies these guardrails",
    page='Bedrock user guide, "Set up permissions to use guardrails"',
)
SAGEMAKER = Permission(
    actions=(
        "sagemaker:InvokeEndpoint",
        "sagemaker:InvokeEndpointAsync",
        "sagemaker:InvokeEndpointWithResponseStream",
    ),
    holder=TASK_ROLE,
    why="`access.sagemaker`: calls these endpoints",
    page='Service Authorization Reference, "Amazon SageMaker"',
)
READ_OBJECTS = Permission(
    actions=("s3:GetObject",),
    holder=TASK_ROLE,
    why="`access.s3_read`, and `model` artifacts: reads objects under these prefixes",
    page='Service Authorization Reference, "Amazon S3"',
)
LIST_OBJECTS = Permission(
    actions=("s3:ListBucket",),
    holder=TASK_ROLE,
    why="`access.s3_read`, and `model` artifacts: lists objects under these prefixes",
    no_operations=("s3:ListBucket",),
    page='Service Authorization Reference, "Amazon S3"',
)
WRITE_OBJECTS = Permission(
    actions=("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
    holder=TASK_ROLE,
    why="`access.s3_write`: writes objects under these prefixes, including multipart uploads",
    no_operations=("s3:ListMultipartUploadParts",),
    page='S3 user guide, "Multipart upload API and permissions"',
)
DELETE_OBJECTS = Permission(
    actions=("s3:DeleteObject",),
    holder=TASK_ROLE,
    why="`access.s3_delete`: deletes objects below these prefixes, one by one or by DeleteObjects; in a bucket with "
    "versioning, the versions remain",
    page='S3 API reference, "DeleteObject" and "DeleteObjects"',
)
CONSUME = Permission(
    actions=(
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:ReceiveMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    ),
    holder=TASK_ROLE,
    why="`access.sqs_consume`: receives and deletes messages from these queues",
    page='Service Authorization Reference, "Amazon SQS"',
)
SEND = Permission(
    actions=("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
    holder=TASK_ROLE,
    why="`access.sqs_send`: sends messages to these queues",
    page='Service Authorization Reference, "Amazon SQS"',
)
ITEMS = Permission(
    actions=(
        *("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
        *("dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"),
        "dynamodb:UpdateItem",
    ),
    holder=TASK_ROLE,
    why="`access.dynamodb`: reads and writes items of these tables and their indexes",
    no_operations=("dynamodb:ConditionCheckItem",),
    page='Service Authorization Reference, "Amazon DynamoDB"',
)
SECRETS = Permission(
    actions=("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
    holder=TASK_ROLE,
    why="`access.secrets_read`: reads these secrets at run time",
    page='Service Authorization Reference, "AWS Secrets Manager"',
)
PARAMETERS = Permission(
    actions=("ssm:GetParameter", "ssm:GetParameters"),
    holder=TASK_ROLE,
    why="`access.secrets_read`: reads these parameters at run time",
    page='Service Authorization Reference, "AWS Systems Manager"',
)
KEYS = Permission(
    actions=("kms:Decrypt", "kms:GenerateDataKey"),
    holder=TASK_ROLE,
    why="`access.kms_decrypt`: reads and writes data encrypted with these keys; writing requires a data key",
    page='SQS developer guide, "Key management"; S3 user guide, "Using server-side encryption with AWS KMS keys"',
)
PROTECTION = Permission(
    actions=("ecs:GetTaskProtection", "ecs:UpdateTaskProtection"),
    holder=TASK_ROLE,
    why="`access.task_protection`: protects its tasks from scale-in while they work",
    page='ECS developer guide, "Amazon ECS task scale-in protection endpoint"',
    everywhere="all tasks in the cluster, because task IDs aren't known in advance; the endpoint accepts only the "
    "calling task",
)

PERMISSIONS = (
    BEDROCK,
    GUARDRAIL,
    SAGEMAKER,
    READ_OBJECTS,
    LIST_OBJECTS,
    WRITE_OBJECTS,
    DELETE_OBJECTS,
    CONSUME,
    SEND,
    ITEMS,
    SECRETS,
    PARAMETERS,
    KEYS,
    PROTECTION,
)
"""All permissions above, in the order of the documentation. A test finds missing ones."""
