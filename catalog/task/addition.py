"""The parts that a catalog key adds to a service's task, beside the service's own container."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from catalog.analysis.packing import Share
from catalog.diagnostics import Path
from catalog.model.container import Secret

ContainerDefinition = dict[str, Any]
"""A container definition, spelled as in the ECS API."""
SHAPE_FILE = FilePath(__file__).parents[1] / "data" / "container_definition.json"
"""AWS's schema of a container definition; `python -m tools.aws_data` writes it."""


@functools.cache
def container_definition_shape() -> dict[str, Any]:
    """The schema of a container definition: types, members, required members, and enum values."""
    shape: dict[str, Any] = json.loads(SHAPE_FILE.read_text())
    return shape


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Containers beside the service's own, and the settings that they need. It has no Terraform references: `stacks`
    adds values that only Terraform knows."""

    containers: tuple[ContainerDefinition, ...] = ()
    """Each has its share of the task as `cpu` and `memoryReservation`, unless it ends before the service starts.
    Without a log configuration, it writes to the service's log group."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Keys for the service's own container: tables are merged, and lists are appended."""
    volumes: tuple[str, ...] = ()
    """Names of volumes on the task's own storage."""
    statements: tuple[dict[str, Any], ...] = ()
    """IAM statements (JSON spelling) of the task role."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """Secrets for the added containers and for log drivers, by `CONTAINER.VARIABLE`."""
    credentials: tuple[str, ...] = ()
    """ARNs of the secrets for pulling their images."""
    places: Mapping[str, Path] = field(default_factory=dict)
    """By container, the place in the catalog that sets its image, or that requests a container with a default image."""

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(container["image"] for container in self.containers)

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions in its statements."""
        return tuple(action for statement in self.statements for action in statement["Action"])


def joined(additions: Iterable[Addition]) -> Addition:
    """Combines additions into one."""
    every = list(additions)
    own: dict[str, Any] = {}
    for each in every:
        own = merged(own, each.own)
    return Addition(
        containers=tuple(container for each in every for container in each.containers),
        own=own,
        volumes=tuple(name for each in every for name in each.volumes),
        statements=tuple(statement for each in every for statement in each.statements),
        secrets={name: secret for each in every for name, secret in each.secrets.items()},
        credentials=tuple(arn for each in every for arn in each.credentials),
        places={name: place for each in every for name, place in each.places.items()},
    )


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on top of `base`: tables merge, lists follow each other, other values replace."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, Mapping):
            result[key] = merged(below, value)
        elif isinstance(below, list) and isinstance(value, list):
            result[key] = [*below, *value]
        else:
            result[key] = value
    return result


def share(container: ContainerDefinition) -> Share:
    """A container's share of its task."""
    return Share(container.get("cpu", 0), container.get("memoryReservation", 0))


def raw(container: ContainerDefinition, keys: Mapping[str, Any]) -> ContainerDefinition:
    """Applies raw API keys from the catalog: tables are merged, lists and values are replaced."""
    return {
        key: {**container[key], **raw(container[key], value)}
        if isinstance(value, dict) and isinstance(container.get(key), dict)
        else value
        for key, value in keys.items()
    }


def value_from(secret: Secret) -> str:
    """`arn`, or `arn:key:stage:version` with the last two left to ECS (ECS developer guide, "Secrets")."""
    return f"{secret.arn}:{secret.key}::" if secret.key else secret.arn
