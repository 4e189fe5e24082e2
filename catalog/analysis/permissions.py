"""Everything that a policy of ours allows: which actions, why, and the page of AWS that asks for them.

No action is written anywhere else: `stacks` adds resources to these. The permissions of `access` are in
`catalog.analysis.access_permissions`, and those of meshes in their own folders. A test holds every synthesized policy
to the tables, and docs/permissions.md is made from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Permission:
    """What is allowed or denied together, for one reason."""

    actions: tuple[str, ...]
    holder: str
    """Who gets it."""
    why: str
    page: str
    """Where AWS says that these are the actions."""
    everywhere: str = ""
    """Why it holds for every resource, or for every action of a service, where it does."""

    no_operations: tuple[str, ...] = ()
    """Those of the actions that no API has an operation of this name for (Service Authorization Reference)."""

    def on(self, resources: Iterable[str], conditions: dict[str, Any] | None = None) -> dict[str, Any]:
        """The statement, as IAM's JSON spells it, that allows it on some resources."""
        statement: dict[str, Any] = {"Effect": "Allow", "Action": [*self.actions], "Resource": [*resources]}
        return {**statement, "Condition": conditions} if conditions else statement


TASK_ROLE = "task role of a service"
_EXECUTION = "execution role of a service"

ASSUME = Permission(
    actions=("sts:AssumeRole",),
    holder="the AWS service that a role is for",
    why="a role is of use to the service that it was made for, and to no other",
    page='IAM User Guide, "Creating a role to delegate permissions to an AWS service"',
)
PULL_TOKEN = Permission(
    actions=("ecr:GetAuthorizationToken",),
    holder=_EXECUTION,
    why="images are pulled from private ECR",
    page='Service Authorization Reference, "Amazon ECR"',
    everywhere="it knows no resource",
)
PULL = Permission(
    actions=("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    holder=_EXECUTION,
    why="images are pulled from private ECR, from these repositories",
    page='ECS developer guide, "Amazon ECS task execution IAM role"',
)
PULL_THROUGH = Permission(
    actions=("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"),
    holder=_EXECUTION,
    why="by the first pull, an image comes into the pull-through cache",
    page='ECR User Guide, "IAM permissions required to sync an upstream registry"',
    no_operations=("ecr:BatchImportUpstreamImage",),
)
WRITE_LOG = Permission(
    actions=("logs:CreateLogStream", "logs:PutLogEvents"),
    holder=_EXECUTION,
    why="containers write to the log group of their service",
    page='ECS developer guide, "Amazon ECS task execution IAM role"',
)
READ_SECRET = Permission(
    actions=("secretsmanager:GetSecretValue",),
    holder=_EXECUTION,
    why="`secrets` and `credentials` are read when a task starts",
    page='ECS developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables"',
)
READ_PARAMETER = Permission(
    actions=("ssm:GetParameters",),
    holder=_EXECUTION,
    why="`secrets` that are parameters are read when a task starts",
    page='ECS developer guide, "Pass Systems Manager parameters through Amazon ECS environment variables"',
)
DECRYPT_SECRET = Permission(
    actions=("kms:Decrypt",),
    holder=_EXECUTION,
    why="a secret is encrypted with the key that its `kms` names",
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
    why="with `mesh.tracing`, the collector sends traces to X-Ray",
    page='Service Authorization Reference, "AWS X-Ray"',
    everywhere="X-Ray knows no resource for any of them",
)
EXEC = Permission(
    actions=(
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ),
    holder=TASK_ROLE,
    why="with `exec`, the agent of Systems Manager opens the channel of a shell",
    no_operations=(
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ),
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
    everywhere="they know no resource (Service Authorization Reference, Session Manager Message Gateway)",
)
EXEC_GROUPS = Permission(
    actions=("logs:DescribeLogGroups",),
    holder=TASK_ROLE,
    why="with `exec`, what is done in a shell is logged, and the agent looks for the log group",
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
    everywhere="the agent lists groups, as the same page has it",
)
EXEC_LOG = Permission(
    actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    holder=TASK_ROLE,
    why="with `exec`, what is done in a shell is logged",
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
)
EXEC_KEY = Permission(
    actions=("kms:Decrypt",),
    holder=TASK_ROLE,
    why="with `exec` and `security.kms_key`, what passes through a shell is encrypted with that key",
    page='ECS developer guide, "Monitor Amazon ECS containers with ECS Exec"',
)
MOUNT = Permission(
    actions=("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
    holder=TASK_ROLE,
    why="its `efs` volumes, through its own access points",
    no_operations=("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
    page='EFS user guide, "Using IAM to control file system data access"',
)
FLOW_LOG = Permission(
    actions=("logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    holder="role of the flow logs",
    why="flow logs are written to their own log group",
    page='VPC guide, "IAM role for publishing flow logs to CloudWatch Logs"',
)
CLOSED_BUCKET = Permission(
    actions=("s3:*",),
    holder="nobody: denied by the policy of a log bucket",
    why="what comes without TLS is refused",
    page='S3 user guide, "Security best practices"',
    everywhere="a Deny",
)
DELIVER_LOG = Permission(
    actions=("s3:PutObject",),
    holder="Elastic Load Balancing, by the policy of a log bucket",
    why="a load balancer's logs are delivered, below the prefix of this account",
    page='Application Load Balancer guide, "Access logs"',
)
CLOSED_FILES = Permission(
    actions=("*",),
    holder="nobody: denied by the policy of the file system",
    why="what comes without TLS is refused",
    page='EFS user guide, "Using IAM to control file system data access"',
    everywhere="a Deny",
)

KEY_ADMIN = Permission(
    actions=("kms:*",),
    holder="the account, by the key's policy",
    why="else nobody could ever change or delete the key; who may is then up to the account's IAM policies",
    page='KMS developer guide, "Default key policy"',
    everywhere="KMS refuses a policy that locks its maker out",
)
KEY_OF_LOGS = Permission(
    actions=("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
    holder="CloudWatch Logs of the region, by the key's policy",
    why="log groups of this deployment are encrypted with it, and of no other: their ARNs are the encryption context",
    page='CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"',
    everywhere="the families of KMS operations that this page names",
)
KEY_OF_STORAGE = Permission(
    actions=("kms:GenerateDataKeyWithoutPlaintext",),
    holder="Fargate, by the key's policy",
    why="the storage of tasks of this account's cluster of this name is encrypted with it",
    page='ECS developer guide, "Create an encryption key for Fargate ephemeral storage"',
)
KEY_GRANT_OF_STORAGE = Permission(
    actions=("kms:CreateGrant",),
    holder="Fargate, by the key's policy",
    why="the host of such a task decrypts its storage, and may do nothing else with the key",
    page='ECS developer guide, "Create an encryption key for Fargate ephemeral storage"',
)
KEY_OF_DISKS = Permission(
    actions=("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
    holder="Auto Scaling's role in the account, by the key's policy, where there is a [capacity]",
    why="the disks of instances are encrypted with it",
    page='EC2 Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes"',
    everywhere="the families of KMS operations that this page names",
)
KEY_GRANT_OF_DISKS = Permission(
    actions=("kms:CreateGrant",),
    holder="Auto Scaling's role in the account, by the key's policy, where there is a [capacity]",
    why="EC2 attaches such disks; only to AWS's own services may the right be passed on",
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
"""All of these, in the order of the documentation; a test finds one that is missing."""
MANAGED = {
    "service-role/AmazonEC2ContainerServiceforEC2Role": "the agent on EC2 instances joins the cluster (ECS developer "
    'guide, "Amazon ECS container instance IAM role")',
}
"""Policies that AWS keeps, and why a role has one. Meshes add their own."""
