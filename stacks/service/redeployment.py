"""Deployments of an ECS service without a change in the catalog: for a new secret version, by a label in the task
definition, and on request, by the Terraform variable `redeploy`."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformLocal, TerraformStack, TerraformVariable, TerraformVariableValidationConfig
from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secret_versions import DataAwsSecretsmanagerSecretVersions

from catalog.model import Workload
from catalog.task import Addition, secrets_of
from stacks.part import Elements, Part, Ref

VARIABLE = "redeploy"


def secret_labels(part: Part, *, workload: Workload, addition: Addition) -> dict[str, str]:
    """A label with the current versions of a workload's secrets, if it is redeployed on rotation.

    A new version changes the label, so the task definition gets a new revision, which ECS deploys. The secrets
    themselves have no version id there, so tasks always read the current version when they start, including tasks that
    start between two runs of Terraform. The versions come from the plural data source, because the singular one stores
    the secret's value in the state.
    """
    secrets = secrets_of(workload, addition) if workload.redeploy_on_rotation else {}
    if not secrets:
        return {}
    versions = part.add(DataAwsSecretsmanagerSecretVersions, workload.name, secret_id="${each.value}")
    versions.element.add_override("for_each", {name: secret.arn for name, secret in secrets.items()})
    # A local value, because the container definitions are JSON in a string: no expression in it can have quotes.
    name = f"{workload.name}_secret_versions"
    TerraformLocal(part.scope_of(versions), name, _current(versions)).override_logical_id(name)
    return {"secret_versions": f"${{local.{name}}}"}


def _current(versions: Ref) -> str:
    """An expression for the ids of the current versions, by secret. The id is empty if the secret has no value yet."""
    current = 'join(",", [for v in secret.versions : v.version_id if contains(v.version_stages, "AWSCURRENT")])'
    return f'${{join(" ", [for name, secret in {versions.address} : join("=", [name, {current}])])}}'


def forced(workload: Workload) -> str:
    """An expression for the argument `force_new_deployment`, which is true only in an apply that lists the service.

    It isn't always true, because the provider copies it into every UpdateService, and ECS would then replace all tasks
    for a change of the number of tasks. An apply that changes the capacity provider strategy requires it: without it,
    the provider replaces the service (provider source, capacityProviderStrategyCustomizeDiff).
    """
    return f'${{contains(var.{VARIABLE}, "{workload.name}")}}'


def declare_variable(elements: Elements, *, base: TerraformStack) -> None:
    """Declare the variable in every state that has ECS services."""
    names: dict[str, list[str]] = {}
    for address, ref in elements.items():
        type_, _, name = address.rpartition(".")
        if type_ == "aws_ecs_service":
            names.setdefault(ref.state, []).append(name)
    for state, listed in names.items():
        _variable(elements.stacks.get(state, base), sorted(listed))


def _variable(scope: TerraformStack, names: Sequence[str]) -> None:
    known = ", ".join(f'"{name}"' for name in names)
    TerraformVariable(
        scope,
        VARIABLE,
        type="set(string)",
        default=[],
        nullable=False,
        description="ECS services that this apply deploys again, by the name in their address.",
        validation=[
            TerraformVariableValidationConfig(
                condition=f"${{length(setsubtract(var.{VARIABLE}, [{known}])) == 0}}",
                error_message=f"This state has these services: {', '.join(names)}.",
            )
        ],
    ).override_logical_id(VARIABLE)
