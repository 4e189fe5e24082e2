"""The key that is made for a deployment: who may do what with it."""

from __future__ import annotations

from typing import Any

from catalog import names
from catalog.model import Deployment
from catalog.rights import (
    KEY_ADMIN,
    KEY_GRANT_OF_DISKS,
    KEY_GRANT_OF_STORAGE,
    KEY_OF_DISKS,
    KEY_OF_LOGS,
    KEY_OF_STORAGE,
    Right,
)

Condition = dict[str, dict[str, Any]]


def autoscaling_role(partition: str, account: str) -> str:
    """The role in which Auto Scaling starts instances (EC2 Auto Scaling user guide, "Service-linked roles")."""
    path = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    return f"arn:{partition}:iam::{account}:{path}"


def key_policy(deployment: Deployment, *, account: str) -> dict[str, Any]:
    """EFS, shells and Secrets Manager need no statement: they use the key by the leave of whoever asks them to, which
    is for IAM to give (KMS developer guide, "Default key policy")."""
    region, partition = deployment.region, deployment.partition
    statements = [
        _allow("Account", KEY_ADMIN, {"AWS": f"arn:{partition}:iam::{account}:root"}),
        _allow(
            "Logs",
            KEY_OF_LOGS,
            {"Service": f"logs.{region}.{names.dns_suffix(region)}"},
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": _log_groups(deployment, account)}},
        ),
    ]
    tasks = {
        "kms:EncryptionContext:aws:ecs:clusterAccount": account,
        "kms:EncryptionContext:aws:ecs:clusterName": deployment.cluster_name,
    }
    fargate = {"Service": "fargate.amazonaws.com"}
    decrypt_only = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}
    statements += [
        _allow("TaskStorage", KEY_OF_STORAGE, fargate, {"StringEquals": tasks}),
        _allow("TaskStorageGrants", KEY_GRANT_OF_STORAGE, fargate, {"StringEquals": tasks, **decrypt_only}),
    ]
    if deployment.catalog.capacity:
        role = {"AWS": autoscaling_role(partition, account)}
        for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        statements += [
            _allow("Disks", KEY_OF_DISKS, role),
            _allow("DiskGrants", KEY_GRANT_OF_DISKS, role, for_aws),
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def _log_groups(deployment: Deployment, account: str) -> list[str]:
    """All that are named for this deployment, also those under the prefix of logs that AWS delivers."""
    groups = f"arn:{deployment.partition}:logs:{deployment.region}:{account}:log-group:"
    below = names.log_group(deployment.id, "*")
    return [f"{groups}{below}", f"{groups}/aws/vendedlogs{below}"]


def _allow(name: str, right: Right, principal: dict[str, str], conditions: Condition | None = None) -> dict[str, Any]:
    """In a key's policy, every resource is the key (KMS developer guide, "Key policies")."""
    return {"Sid": name, "Principal": principal, **right.on(["*"], conditions)}
