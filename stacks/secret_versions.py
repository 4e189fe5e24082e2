"""Which version of its secrets a service runs with: its id, never its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secret_versions import DataAwsSecretsmanagerSecretVersions

from catalog.model import Workload
from catalog.task import Addition, secrets_of
from stacks.part import Part


def following(part: Part, *, workload: Workload, addition: Addition, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an ECS service, with triggers that deploy it anew when a secret has another current version.

    Not in the task definition, where ECS would be told a version for good: tasks read the current one when they start,
    also those that are started between two runs of Terraform. And by the plural data source: the singular one keeps the
    value in the state.
    """
    secrets = secrets_of(workload, addition) if workload.secrets_follow else {}
    if not secrets:
        return dict(arguments)
    versions = part.add(DataAwsSecretsmanagerSecretVersions, workload.name, secret_id="${each.value}")
    versions.element.add_override("for_each", {name: secret.arn for name, secret in secrets.items()})
    triggers = {f"secret {name}": _current(f'{versions.address}["{name}"].versions') for name in secrets}
    return {**arguments, "triggers": {**(arguments.get("triggers") or {}), **triggers}}


def _current(versions: str) -> str:
    """The id of the current one of some versions; empty text where there is none yet."""
    current = 'contains(version.version_stages, "AWSCURRENT")'
    return f'${{join(",", [for version in {versions} : version.version_id if {current}])}}'
