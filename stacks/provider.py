"""The AWS provider, version constraints and the state backend."""

from __future__ import annotations

from typing import Any

from cdktf import CloudBackend, NamedCloudWorkspace, TerraformBackend, TerraformRemoteState, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderAssumeRole, AwsProviderDefaultTags
from constructs import Construct

from catalog.analysis.states import BASE, backend_arguments
from catalog.model import Deployment


def configure(stack: TerraformStack, *, deployment: Deployment, state: str = BASE) -> None:
    """Set the provider, version constraints and backend of a stack."""
    catalog = deployment.catalog
    role = catalog.aws.assume_role
    AwsProvider(
        stack,
        "aws",
        region=deployment.region,
        profile=catalog.aws.profile,
        allowed_account_ids=list(catalog.aws.accounts) or None,
        assume_role=[AwsProviderAssumeRole(**role.model_dump(exclude_none=True))] if role else None,
        default_tags=[AwsProviderDefaultTags(tags=catalog.catalog.tags)] if catalog.catalog.tags else None,
    )
    # The bindings pin the version they were generated from, but this app uses only older features.
    stack.add_override("terraform.required_providers.aws.version", catalog.terraform.aws)
    stack.add_override("terraform.required_version", ">= 1.10")
    kind, arguments = backend_arguments(deployment, state)
    if kind == "cloud":
        _hcp_terraform(stack, arguments)
    else:
        _Backend(stack, kind, arguments)


class _Backend(TerraformBackend):
    """Any backend, with the catalog's arguments: cdktf's classes support only those of older Terraform versions."""

    def __init__(self, stack: TerraformStack, kind: str, arguments: dict[str, Any]) -> None:
        super().__init__(stack, "backend", kind)
        for name, value in sorted(arguments.items()):
            self.add_override(name, value)

    def get_remote_state_data_source(self, scope: Construct, name: str, from_stack: str) -> TerraformRemoteState:
        raise TypeError("stacks read each other's outputs by an explicit data source")


def _hcp_terraform(stack: TerraformStack, arguments: dict[str, Any]) -> None:
    """Add the `cloud` block, which replaces a backend. The environment can set its organization."""
    cloud = CloudBackend(stack, organization="", workspaces=NamedCloudWorkspace(""))
    # cdktf requires both arguments, the catalog doesn't.
    cloud.add_override("organization", None)
    cloud.add_override("workspaces.name", None)
    for name, value in sorted(arguments.items()):
        if isinstance(value, dict):
            for key, item in sorted(value.items()):
                cloud.add_override(f"{name}.{key}", item)
        else:
            cloud.add_override(name, value)
