"""The strings of a catalog that Terraform may look up in AWS, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catalog import unknowns
from catalog.diagnostics import Path
from catalog.model import Catalog
from tests.emulator import existing

ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:[^:]*:[^*?]+")
_NOT_LOOKED_UP = {"environment", "vars", "tags", "aws", "state", "command", "entrypoint", "headers"}
"""Tables and lists whose strings Terraform doesn't look up."""


def looked_up(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    """Every string that Terraform may look up in AWS, with its place."""
    yield from strings(catalog.model_dump(), ())


def strings(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    """Every string in a value, with its place. The account that only Terraform knows is the emulator's."""
    if isinstance(value, str):
        yield at, known(value)
    elif isinstance(value, dict | list | tuple):
        is_names = len(at) == 1 and at[0] != "catalog"  # [services.state] is a service
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            if is_names or key not in _NOT_LOOKED_UP:
                yield from strings(each, (*at, key))


def known(value: str) -> str:
    return value.replace(unknowns.ACCOUNT, existing.ACCOUNT)
