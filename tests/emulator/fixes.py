"""Small corrections of moto, each with what needs it."""

from __future__ import annotations

from moto.ecs.models import CapacityProviderFailure, EC2ContainerServiceBackend

_describe_capacity_providers = EC2ContainerServiceBackend.describe_capacity_providers


def describe_capacity_providers(
    self: EC2ContainerServiceBackend, names: list[str] | None
) -> tuple[list[object], list[CapacityProviderFailure]]:
    """Without names: all of the account's own (moto fails)."""
    return _describe_capacity_providers(self, list(self.capacity_providers) if names is None else names)


def install() -> None:
    """Apply every correction."""
    EC2ContainerServiceBackend.describe_capacity_providers = describe_capacity_providers
