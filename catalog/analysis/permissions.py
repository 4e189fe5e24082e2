"""All permissions in the policies of this project: the actions, the reason, and the AWS page that requires them.

No other module lists actions; `stacks` adds the resources. The permissions of `access` are in
`catalog.analysis.access_permissions`, and those of meshes in their own folders. A test holds every synthesized policy
to the tables, and docs/permissions.md is made from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Actions that a policy allows or denies for one reason."""

    actions: tuple[str, ...]
    holder: str
    """The role, or the principal of a resource policy, that gets it."""
    why: str
    page: str
    """The AWS page that lists these actions."""
    everywhere: str = ""
    """The reason, if it applies to all resources or to all actions of a service."""

    no_operations: tuple[str, ...] = ()
    """Actions without an API operation of the same name (Service Authorization Reference)."""

    def on(self, resources: Iterable[str], conditions: dict[str, Any] | None = None) -> dict[str, Any]:
        """The statement in IAM's JSON that allows it on these resources."""
        statement: dict[str, Any] = {"Effect": "Allow", "Action": [*self.actions], "Resource": [*resources]}
        return {**statement, "Condition": conditions} if conditions else statement


TASK_ROLE = "service's task role"
_EXECUTION = "service's execution role"

ASSUME = Permission(
    actions=("sts:AssumeRole",),
    holder="the AWS service that uses the role",
    why="only the intended AWS service can assume a role",
    page='IAM User Guide, "Creating a role to delegate permissions to an AWS service"',
)
PULL_TOKEN = Permission(
    actions=("ecr:GetAuthorizationToken",),
    holder=_EXECUTION,
    why="signs in to private ECR to pull images",
    page='Service Authorization Reference, "Amazon ECR"',
    everywhere="the action doesn't support resources",
)
PULL = Permission(
    actions=("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    holder=_EXECUTION,
    why="pulls images from these private ECR repositories",
    page='ECS developer guide, "Amazon ECS task execution IAM role"',
)
PULL_THROUGH = Permission(
    actions=("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"),
    holder=_EXECUTION,
    why="the first pull of an image adds it to the pull-through cache",
    page='ECR User Guide, "IAM permissions required to sync an upstream registry"',
    no_operations=("ecr:BatchImportUpstreamImage",),
)
WRITE_LOG = Permission(
    actions=("logs:CreateLogStream", "logs:PutLogEvents"),
    holder=_EXECUTION,
    why="writes container output to the service's log group",
    page='ECS developer guide, "Amazon ECS task execution IAM role"',
)
READ_SECRET = Permission(
    actions=("secretsmanager:GetSecretValue",),
    holder=_EXECUTION,
    why="reads `secrets` and `credentials` when a task starts",
    page='ECS developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables"',
)
READ_PARAMETER = Permission(
    actions=("ssm:GetParameters",),
    holder=_EXECUTION,
    why="reads `secrets` from Parameter Store when a task starts",
    page='ECS developer guide, "Pass Systems Manager parameters through Amazon ECS environment variables"',
)
DECRYPT_SECRET = Permission(
    actions=("kms:Decrypt",),
    holder=_EXECUTION,
    why="decrypts secrets with the key in their `kms`",
    page='ECS developer guide, "Amazon ECS task execution IAM role"',
)
TRACE = Permission(
    actions=(
        "xray:GetSamplingRules",
        "xray:GetSamplingStatisticSummaries",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ),
    holder=TASK_ROLE,
    why="with `mesh.tracing`: the collector sends traces to X-Ray",
    page='Service Authorization Reference, "AWS X-Ray"',
    everywhere="X-Ray supports no resources for these actions",
)
EXEC = Permission(
    actions=(
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ),
    holder=TASK_ROLE,
    why="with `exec`: the Systems Manager agent opens the channel of a shell session",
    no_operations=(
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ),
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
    everywhere="the actions don't support resources (Service Authorization Reference, Session Manager Message Gateway)",
)
EXEC_GROUPS = Permission(
    actions=("logs:DescribeLogGroups",),
    holder=TASK_ROLE,
    why="with `exec`: the agent finds the log group for session logs",
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
    everywhere="the agent lists log groups (same page)",
)
EXEC_LOG = Permission(
    actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    holder=TASK_ROLE,
    why="with `exec`: writes session logs",
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
)
EXEC_KEY = Permission(
    actions=("kms:Decrypt",),
    holder=TASK_ROLE,
    why="with `exec` and `security.kms_key`: decrypts session data",
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
)
MOUNT = Permission(
    actions=("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
    holder=TASK_ROLE,
    why="mounts its `efs` volumes through its own access points",
    no_operations=("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
    page='EFS user guide, "Using IAM to control file system data access"',
)
FLOW_LOG = Permission(
    actions=("logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    holder="flow logs role",
    why="writes flow logs to their log group",
    page='VPC guide, "IAM role for publishing flow logs to CloudWatch Logs"',
)
CLOSED_BUCKET = Permission(
    actions=("s3:*",),
    holder="everyone (denied), by the log bucket's policy",
    why="denies requests without TLS",
    page='S3 user guide, "Security best practices"',
    everywhere="a Deny",
)
DELIVER_LOG = Permission(
    actions=("s3:PutObject",),
    holder="Elastic Load Balancing, by the log bucket's policy",
    why="delivers load balancer logs, only under this account's prefix",
    page='Application Load Balancer guide, "Access logs"',
)
CLOSED_FILES = Permission(
    actions=("*",),
    holder="everyone (denied), by the file system's policy",
    why="denies requests without TLS",
    page='EFS user guide, "Using IAM to control file system data access"',
    everywhere="a Deny",
)

KEY_ADMIN = Permission(
    actions=("kms:*",),
    holder="the account, by the key's policy",
    why="lets the account's IAM policies grant access to the key; without it the key couldn't be managed or deleted",
    page='KMS developer guide, "Default key policy"',
    everywhere="KMS rejects a policy that locks out its creator",
)
KEY_OF_LOGS = Permission(
    actions=("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
    holder="CloudWatch Logs in the region, by the key's policy",
    why="encrypts only this deployment's log groups: their ARNs are the encryption context",
    page='CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"',
    everywhere="the KMS operations that this page lists",
)
KEY_OF_STORAGE = Permission(
    actions=("kms:GenerateDataKeyWithoutPlaintext",),
    holder="Fargate, by the key's policy",
    why="encrypts the storage of tasks in this cluster of this account",
    page='ECS developer guide, "Create an encryption key for Fargate ephemeral storage"',
)
KEY_GRANT_OF_STORAGE = Permission(
    actions=("kms:CreateGrant",),
    holder="Fargate, by the key's policy",
    why="lets the host of such a task decrypt its storage, and nothing else",
    page='ECS developer guide, "Create an encryption key for Fargate ephemeral storage"',
)
KEY_OF_DISKS = Permission(
    actions=("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
    holder="Auto Scaling's role in the account, by the key's policy, with a [capacity]",
    why="encrypts the disks of instances",
    page='EC2 Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes"',
    everywhere="the KMS operations that this page lists",
)
KEY_GRANT_OF_DISKS = Permission(
    actions=("kms:CreateGrant",),
    holder="Auto Scaling's role in the account, by the key's policy, with a [capacity]",
    why="lets EC2 attach such disks; grants only to AWS services",
    page='EC2 Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes"',
)

PERMISSIONS = (
    ASSUME,
    PULL_TOKEN,
    PULL,
    PULL_THROUGH,
    WRITE_LOG,
    READ_SECRET,
    READ_PARAMETER,
    DECRYPT_SECRET,
    TRACE,
    EXEC,
    EXEC_GROUPS,
    EXEC_LOG,
    EXEC_KEY,
    MOUNT,
    FLOW_LOG,
    CLOSED_BUCKET,
    DELIVER_LOG,
    CLOSED_FILES,
    KEY_ADMIN,
    KEY_OF_LOGS,
    KEY_OF_STORAGE,
    KEY_GRANT_OF_STORAGE,
    KEY_OF_DISKS,
    KEY_GRANT_OF_DISKS,
)
"""All permissions above, in the order of the documentation. A test finds missing ones."""
MANAGED = {
    "service-role/AmazonEC2ContainerServiceforEC2Role": "the ECS agent on EC2 instances joins the cluster "
    '(ECS developer guide, "Amazon ECS container instance IAM role")',
}
"""AWS managed policies, each with the reason. Meshes add theirs."""
