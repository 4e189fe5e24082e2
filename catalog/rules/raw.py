"""Tables that are passed on as they are: what TOML knows and JSON does not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance


def not_json(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Terraform and IAM read JSON, which has neither dates nor infinite numbers (RFC 8259)."""
    for place, value in _raw(deployment):
        yield from _not_json(value, place)


def _raw(deployment: Deployment) -> Iterator[tuple[Path, Any]]:
    yield ("state",), deployment.catalog.state
    yield ("overrides",), deployment.catalog.overrides
    for service in deployment.services.values():
        for index, statement in enumerate(service.access.statements):
            yield ("services", service.name, "access", "statements", index, "conditions"), statement.conditions


def _not_json(value: Any, place: Path) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _not_json(item, (*place, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _not_json(item, (*place, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Finding(place=place, message=f"{value} is not a number that can be passed on; write a finite one")
    elif not isinstance(value, str | int | float):
        yield Finding(place=place, message=f'a date or time cannot be passed on; write "{value}" in quotes')
