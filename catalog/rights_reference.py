"""docs/rights.md: who may do what and why, from the tables of rights."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.meshes import MESHES
from catalog.rights import BY_NAME, MANAGED, Right

_INTRODUCTION = """\
<!-- Made by `make docs` from catalog/rights.py and the meshes' own: change these. -->

# What every role may do, and why

Every policy that `make synth` writes consists of these and of the `access.statements` of the catalog; a test holds it
to that. [security.md](security.md) has the rest."""


def rights() -> tuple[Right, ...]:
    """All of them, those of the meshes at the end."""
    return (*BY_NAME.values(), *(right for mesh in MESHES.values() for right in mesh.rights))


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
    return ["| policy | why |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in MANAGED.items())]
