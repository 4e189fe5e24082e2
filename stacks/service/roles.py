"""The execution role and the task role of a workload, and the versions of its secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secret_versions import DataAwsSecretsmanagerSecretVersions
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from catalog.analysis import naming
from catalog.analysis.policies import JsonStatement, in_json, policy, trust
from catalog.model import Deployment, Workload
from catalog.task import Addition, secrets_of
from catalog.task.execution_role import execution_statements
from stacks.part import Part, Ref


def following(part: Part, *, workload: Workload, addition: Addition, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an ECS service with triggers that redeploy it when a secret has a new current version.

    The task definition has no version id, so tasks always read the current version when they start, including tasks
    that start between two runs of Terraform. The versions come from the plural data source, because the
    singular one stores the secret's value in the state.
    """
    secrets = secrets_of(workload, addition) if workload.redeploy_on_rotation else {}
    if not secrets:
        return dict(arguments)
    versions = part.add(DataAwsSecretsmanagerSecretVersions, workload.name, secret_id="${each.value}")
    versions.element.add_override("for_each", {name: secret.arn for name, secret in secrets.items()})
    triggers = {f"secret {name}": _current(f'{versions.address}["{name}"].versions') for name in secrets}
    return {**arguments, "triggers": {**(arguments.get("triggers") or {}), **triggers}}


def _current(versions: str) -> str:
    """An expression for the id of a secret's current version. Empty if the secret has no value yet."""
    current = 'contains(version.version_stages, "AWSCURRENT")'
    return f'${{join(",", [for version in {versions} : version.version_id if {current}])}}'


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
