"""The two roles of a service: what ECS may do to start it, and what it may do itself. No statement without a reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from catalog import aws_names
from catalog.access import in_json
from catalog.model import Deployment, Service
from catalog.registries import ecr_repository, is_mirrored
from catalog.rights import (
    ASSUME,
    DECRYPT_SECRET,
    PULL,
    PULL_THROUGH,
    PULL_TOKEN,
    READ_PARAMETER,
    READ_SECRET,
    WRITE_LOG,
)
from catalog.task import Addition, secrets_of
from stacks.part import Part, Ref

Statement = dict[str, Any]


class Roles(Part):
    """The execution role and the task role of one service, each with its policy, if it needs one."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        service: Service,
        addition: Addition,
        images: Iterable[str],
        log_group: Ref,
        task_statements: Iterable[Statement],
    ) -> None:
        super().__init__(scope, "roles", deployment=deployment)
        self.policies: list[Ref] = []
        execution = [
            *_pull(tuple(images), deployment=deployment),
            *_log(log_group),
            *_read_secrets(service, addition),
        ]
        own = [in_json(statement) for statement in (*service.access.statements, *service.granted)]
        self.execution = self._role(service, "execution", statements=execution)
        self.task = self._role(service, "task", statements=[*task_statements, *own])

    def _role(self, service: Service, kind: str, *, statements: list[Statement]) -> Ref:
        catalog = self.deployment.catalog
        role = self.add(
            IamRole,
            f"{service.name}_{kind}",
            name=aws_names.role(self.deployment, service, kind),
            assume_role_policy=trust("ecs-tasks.amazonaws.com", accounts=catalog.aws.accounts),
            permissions_boundary=catalog.catalog.permissions_boundary,
        )
        if statements:
            attached = self.add(
                IamRolePolicy,
                f"{service.name}_{kind}",
                name=aws_names.role(self.deployment, service, kind),
                role=role.name,
                policy=policy(statements),
            )
            self.policies.append(attached)
        return role


def policy(statements: list[Statement]) -> str:
    """An IAM policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True, ensure_ascii=False)


def trust(principal: str, *, accounts: tuple[str, ...]) -> str:
    """The policy that lets an AWS service take a role."""
    statement: Statement = {"Effect": "Allow", "Action": ASSUME.actions[0], "Principal": {"Service": principal}}
    if accounts:
        # Else AWS could be made to use the role for somebody else (ECS developer guide, "confused deputy").
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": list(accounts)}}
    return policy([statement])


def _pull(images: tuple[str, ...], *, deployment: Deployment) -> list[Statement]:
    """Pulling from private ECR."""
    repositories = _repositories(images, partition=deployment.partition)
    if not repositories:
        return []
    registry = deployment.catalog.images.registry
    cached = _repositories(
        [image for image in images if is_mirrored(image, registry=registry)], partition=deployment.partition
    )
    return [PULL_TOKEN.on(["*"]), PULL.on(repositories), *([PULL_THROUGH.on(cached)] if cached else [])]


def _repositories(images: Iterable[str], *, partition: str) -> list[str]:
    """The ARNs of those private ECR repositories that images come from."""
    return sorted(
        {
            f"arn:{partition}:ecr:{found.region}:{found.account}:repository/{found.name}"
            for found in map(ecr_repository, images)
            if found is not None
        }
    )


def _log(log_group: Ref) -> list[Statement]:
    return [WRITE_LOG.on([f"{log_group.arn}:*"])]


def _read_secrets(service: Service, addition: Addition) -> list[Statement]:
    secrets = secrets_of(service, addition).values()
    by_manager = {*addition.credentials, *(s.arn for s in secrets if ":secretsmanager:" in s.arn)}
    if service.credentials is not None:
        by_manager.add(service.credentials)
    by_parameter = {s.arn for s in secrets if ":ssm:" in s.arn}
    keys = {s.kms for s in secrets if s.kms is not None}
    wanted = ((READ_SECRET, by_manager), (READ_PARAMETER, by_parameter), (DECRYPT_SECRET, keys))
    return [right.on(sorted(arns)) for right, arns in wanted if arns]
