"""The AWS provider, and where the state of a deployment lives."""

from __future__ import annotations

from typing import Any

from cdktf import LocalBackend, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderAssumeRole, AwsProviderDefaultTags

from catalog.model import Deployment
from catalog.state import backend_arguments


def configure(stack: TerraformStack, *, deployment: Deployment) -> None:
    """Provider, version constraints and backend of a stack."""
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
    # The bindings pin the one version they were generated from; what is used of them is older than that.
    stack.add_override("terraform.required_providers.aws.version", catalog.terraform.aws)
    stack.add_override("terraform.required_version", ">= 1.10")
    _backend(stack, backend_arguments(deployment))


def _backend(stack: TerraformStack, backend: tuple[str, dict[str, Any]]) -> None:
    kind, arguments = backend
    LocalBackend(stack, path=arguments.get("path", ""))
    if kind == "cloud":
        stack.add_override("terraform.backend", None)
        stack.add_override("terraform.cloud", arguments)
    elif kind != "local":
        stack.add_override("terraform.backend", {"local": None, kind: arguments})
    else:
        stack.add_override("terraform.backend.local", arguments)
