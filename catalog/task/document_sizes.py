"""The size of task definitions and policies, which AWS limits: an upper bound of the documents that Terraform sends."""

from __future__ import annotations

import json
from typing import Any

from catalog import unknowns
from catalog.analysis import naming
from catalog.analysis.permissions import ASSUME, MOUNT
from catalog.analysis.policies import in_json
from catalog.model import Deployment, Workload
from catalog.task import addition_of, value_from
from catalog.task.execution_role import execution_statements
from catalog.task.storage import shared_folders

_ACCOUNT = "0" * 12
_HOST = "h" * 63 + "." + "d" * 47
"""As long as a host name that AWS generates from a service's name and ID, a number, and the region."""
_MESH_POLICY = 700
"""Characters of a task role's policy for a mesh's proxy, with the ARNs of its node, a certificate and a CA."""
_PROXY_IMAGE_POLICY = 200
"""Characters of an execution role's policy for the image repository of a mesh's proxy."""
_CONTAINER_BYTES = 700
"""Bytes of a container in a task definition: names, shares, timers and the log configuration."""
_VOLUME_BYTES = 300
_TASK_BYTES = 3072
"""Bytes of a task definition's fixed part: roles, the mesh's proxy and its redirection."""


def filled(text: str) -> str:
    """A catalog string with its placeholders replaced by values of the maximum length."""
    return unknowns.GENERATED_HOST.sub(_HOST, text.replace(unknowns.ACCOUNT, _ACCOUNT))


def length(document: Any) -> int:
    """Bytes of a document as JSON without spaces, as AWS stores it."""
    return len(filled(json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str)).encode())


def policy_length(statements: list[dict[str, Any]]) -> int:
    """Characters of a policy. This counts spaces within strings, to be safe (IAM User Guide, "IAM and AWS STS
    quotas": "IAM does not count white space")."""
    return length({"Version": "2012-10-17", "Statement": statements}) if statements else 0


def task_policy_length(deployment: Deployment, workload: Workload) -> int:
    """Characters of a task role's policy, without the statements for calls through its mesh."""
    written = [in_json(statement) for statement in (*workload.access.statements, *workload.granted)]
    added = [*addition_of(deployment, workload).statements]
    system = f"arn:{deployment.partition}:elasticfilesystem:{deployment.region}:{_ACCOUNT}:"
    points = [f"{system}access-point/fsap-{'0' * 17}" for _ in shared_folders(workload)]
    if points:
        condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": points}}
        added.append(MOUNT.on([f"{system}file-system/fs-{'0' * 17}"], condition))
    return policy_length([*added, *written]) + _MESH_POLICY


def execution_policy_length(deployment: Deployment, workload: Workload) -> int:
    """Characters of an execution role's policy."""
    addition = addition_of(deployment, workload)
    group = f"arn:{deployment.partition}:logs:{deployment.region}:{_ACCOUNT}:log-group:"
    group += naming.log_group(deployment, workload)
    images = [workload.image, *addition.images]
    statements = execution_statements(deployment, workload, addition=addition, images=images, log_group=group)
    return policy_length(statements) + _PROXY_IMAGE_POLICY


def trust_policy_length(accounts: tuple[str, ...]) -> int:
    """Characters of the policy that lets ECS assume a role."""
    condition = {"StringEquals": {"aws:SourceAccount": list(accounts)}} if accounts else {}
    principal = {"Service": "ecs-tasks.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": ASSUME.actions[0], "Principal": principal, "Condition": condition}
    return policy_length([statement])


def definition_length(deployment: Deployment, workload: Workload) -> int:
    """Bytes of a task definition."""
    addition = addition_of(deployment, workload)
    own = {
        "environment": [{"name": name, "value": value} for name, value in workload.environment.items()],
        "secrets": [{"name": name, "valueFrom": value_from(secret)} for name, secret in workload.secrets.items()],
        "command": workload.command,
        "entryPoint": workload.entrypoint,
        "healthCheck": workload.health.command,
        "image": workload.image,
        "workingDirectory": workload.working_dir,
        "user": workload.user,
        "credentials": workload.credentials,
        "mountPoints": [
            {"sourceVolume": name, "containerPath": volume.path, "readOnly": False}
            for name, volume in workload.volumes.items()
        ],
        "raw": workload.container,
        "added": addition.own,
        "labels": {f"callee.{callee.aws_name}": "protocol 65535 plain" for callee in deployment.callees_of(workload)},
    }
    volumes = {*workload.volumes, *addition.volumes, *shared_folders(workload)}
    return (
        length([own, *addition.containers])
        + _CONTAINER_BYTES * (1 + len(addition.containers))
        + sum(_VOLUME_BYTES + len(name) for name in volumes)
        + _TASK_BYTES
    )
