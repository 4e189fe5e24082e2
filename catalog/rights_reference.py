"""docs/rights.md: who may do what and why, from the tables of rights."""

from __future__ import annotations

from collections.abc import Iterable

from catalog import access_rights
from catalog.meshes import MESHES
from catalog.rights import MANAGED, RIGHTS, Right

_INTRODUCTION = """\
<!-- Made by `make docs` from catalog/rights.py and the meshes' own: change these. -->

# What every role may do, and why

Every policy that `make synth` writes consists of these and of the `access.statements` of the catalog; a test holds it
to that. [security.md](security.md) has the rest."""


def rights() -> tuple[Right, ...]:
    """All of them, those of the meshes at the end."""
    return (*RIGHTS, *access_rights.RIGHTS, *(right for mesh in MESHES.values() for right in mesh.rights))


def managed() -> dict[str, str]:
    """All policies that AWS keeps and a role may have, each with the reason."""
    return MANAGED | {name: why for mesh in MESHES.values() for name, why in mesh.managed_policies.items()}


def reference() -> str:
    """The documentation as it lies in the repository."""
    return "\n".join([_INTRODUCTION, "", *_table(rights()), "", "Policies that AWS keeps:", "", *_managed(), ""])


def _table(every: Iterable[Right]) -> list[str]:
    lines = ["| may do | who | why | on everything, or whole families, because |", "|---|---|---|---|"]
    for right in every:
        actions = ", ".join(f"`{action}`" for action in right.actions)
        lines.append(f"| {actions} | {right.holder} | {right.why} ({right.page}) | {right.everywhere} |")
    return lines


def _managed() -> list[str]:
    return ["| policy | why |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in managed().items())]
