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
from catalog.model import Deployment, Workload
from catalog.rights import ASSUME
from catalog.starting import starting
from catalog.task import Addition
from stacks.part import Part, Ref

Statement = dict[str, Any]


class Roles(Part):
    """The execution role and the task role of one service, each with its policy, if it needs one."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        workload: Workload,
        addition: Addition,
        images: Iterable[str],
        log_group: Ref,
        task_statements: Iterable[Statement],
    ) -> None:
        super().__init__(scope, "roles", deployment=deployment)
        self.policies: list[Ref] = []
        execution = starting(deployment, workload, addition=addition, images=images, log_group=log_group.arn)
        own = [in_json(statement) for statement in (*workload.access.statements, *workload.granted)]
        self.execution = self._role(workload, "execution", statements=execution)
        self.task = self._role(workload, "task", statements=[*task_statements, *own])

    def _role(self, workload: Workload, kind: str, *, statements: list[Statement]) -> Ref:
        catalog = self.deployment.catalog
        role = self.add(
            IamRole,
            f"{workload.name}_{kind}",
            name=aws_names.role(self.deployment, workload, kind),
            assume_role_policy=trust("ecs-tasks.amazonaws.com", accounts=catalog.aws.accounts),
            permissions_boundary=catalog.catalog.permissions_boundary,
        )
        if statements:
            attached = self.add(
                IamRolePolicy,
                f"{workload.name}_{kind}",
                name=aws_names.role(self.deployment, workload, kind),
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
