"""Resource policies: that of a deployment's KMS key, and the principal that writes load balancer logs to a bucket."""

from __future__ import annotations

from typing import Any

from catalog import names
from catalog.analysis.permissions import (
    KEY_ADMIN,
    KEY_GRANT_OF_DISKS,
    KEY_GRANT_OF_STORAGE,
    KEY_OF_DISKS,
    KEY_OF_LOGS,
    KEY_OF_STORAGE,
    Permission,
)
from catalog.model import Deployment

Condition = dict[str, dict[str, Any]]
_LOG_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
_LOG_ACCOUNTS = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "cn-north-1": "638102146993",
    "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-gov-east-1": "190560391635",
    "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""Regions opened before August 2022, in which Elastic Load Balancing writes from its own AWS account (Application
Load Balancer guide, "Access logs", bucket policy)."""


def autoscaling_role(partition: str, account: str) -> str:
    """The role that Auto Scaling uses to start instances (EC2 Auto Scaling user guide, "Service-linked roles")."""
    path = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    return f"arn:{partition}:iam::{account}:{path}"


def key_policy(deployment: Deployment, *, account: str) -> dict[str, Any]:
    """The policy of the deployment's KMS key. EFS, ECS Exec and Secrets Manager need no statement: they use the key
    with the permissions of their caller, which IAM policies grant (KMS developer guide, "Default key policy")."""
    region, partition = deployment.region, deployment.partition
    statements = [
        _key_statement("Account", KEY_ADMIN, {"AWS": f"arn:{partition}:iam::{account}:root"}),
        _key_statement(
            "Logs",
            KEY_OF_LOGS,
            {"Service": f"logs.{region}.{names.dns_suffix(region)}"},
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": _encrypted_log_groups(deployment, account)}},
        ),
    ]
    tasks = {
        "kms:EncryptionContext:aws:ecs:clusterAccount": account,
        "kms:EncryptionContext:aws:ecs:clusterName": deployment.cluster_name,
    }
    fargate = {"Service": "fargate.amazonaws.com"}
    decrypt_only = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}
    statements += [
        _key_statement("TaskStorage", KEY_OF_STORAGE, fargate, {"StringEquals": tasks}),
        _key_statement("TaskStorageGrants", KEY_GRANT_OF_STORAGE, fargate, {"StringEquals": tasks, **decrypt_only}),
    ]
    if deployment.catalog.capacity:
        role = {"AWS": autoscaling_role(partition, account)}
        for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        statements += [
            _key_statement("Disks", KEY_OF_DISKS, role),
            _key_statement("DiskGrants", KEY_GRANT_OF_DISKS, role, for_aws),
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def _encrypted_log_groups(deployment: Deployment, account: str) -> list[str]:
    """The ARNs of this deployment's log groups, including those under the prefixes for logs that AWS delivers and for
    Container Insights, whose group you can encrypt yourself (docs/production.md)."""
    groups = f"arn:{deployment.partition}:logs:{deployment.region}:{account}:log-group:"
    below = names.log_group(deployment.id, "*")
    found = [f"{groups}{below}", f"{groups}/aws/vendedlogs{below}"]
    cluster = deployment.catalog.cluster
    measured = cluster.arn is None and cluster.insights != "disabled"
    return [*found, f"{groups}/aws/ecs/containerinsights/{deployment.id}/*"] if measured else found


def _key_statement(
    name: str, permission: Permission, principal: dict[str, str], conditions: Condition | None = None
) -> dict[str, Any]:
    """In a key's policy, every resource is the key (KMS developer guide, "Key policies")."""
    return {"Sid": name, "Principal": principal, **permission.on(["*"], conditions)}


def log_writer(region: str) -> dict[str, str]:
    """The principal, in IAM's JSON, that delivers a load balancer's logs in a region."""
    account = _LOG_ACCOUNTS.get(region)
    return {"AWS": f"arn:{names.partition(region)}:iam::{account}:root"} if account else {"Service": _LOG_DELIVERY}
