"""The execution role and the task role of a workload."""

from __future__ import annotations

from collections.abc import Iterable

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from catalog.analysis import naming
from catalog.analysis.policies import JsonStatement, in_json, policy, trust
from catalog.model import Deployment, Workload
from catalog.task import Addition
from catalog.task.execution_role import execution_statements
from stacks.part import Part, Ref


class Roles(Part):
    """The execution role and the task role of a workload, each with a policy if it requires permissions."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        workload: Workload,
        addition: Addition,
        images: Iterable[str],
        log_group: Ref,
        task_statements: Iterable[JsonStatement],
    ) -> None:
        super().__init__(scope, "roles", deployment=deployment)
        self.policies: list[Ref] = []
        execution = execution_statements(
            deployment, workload, addition=addition, images=images, log_group=log_group.arn
        )
        own = [in_json(statement) for statement in (*workload.access.statements, *workload.granted)]
        self.execution = self._role(workload, "execution", statements=execution)
        self.task = self._role(workload, "task", statements=[*task_statements, *own])

    def _role(self, workload: Workload, kind: str, *, statements: list[JsonStatement]) -> Ref:
        catalog = self.deployment.catalog
        role = self.add(
            IamRole,
            f"{workload.name}_{kind}",
            name=naming.role(self.deployment, workload, kind),
            assume_role_policy=trust("ecs-tasks.amazonaws.com", accounts=catalog.aws.accounts),
            permissions_boundary=catalog.catalog.permissions_boundary,
        )
        if statements:
            attached = self.add(
                IamRolePolicy,
                f"{workload.name}_{kind}",
                name=naming.role(self.deployment, workload, kind),
                role=role.name,
                policy=policy(statements),
            )
            self.policies.append(attached)
        return role
