"""Versions of the AWS provider that a catalog's constraint allows: whether an argument exists in all of them."""

from __future__ import annotations

import re

_GUARANTEES = frozenset({"", "=", ">=", ">", "~>"})
"""The operators that exclude versions below theirs; without one, the version is exact (Terraform, "Version
constraints")."""
_CONDITION = re.compile(r"\s*(>=|<=|~>|!=|>|<|=|)\s*(\d+(?:\.\d+)*)\s*")


def provider_at_least(constraint: str, version: str) -> bool:
    """Whether a version constraint of the catalog (`terraform.aws`) allows only versions from `version` on, so that
    Terraform can't select a provider without an argument that this version added."""
    conditions = (_CONDITION.fullmatch(each) for each in constraint.split(","))
    return any(
        found is not None and found[1] in _GUARANTEES and _numbers(found[2]) >= _numbers(version)
        for found in conditions
    )


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, without zeros at the end: 6.0 is 6."""
    numbers = [int(each) for each in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
