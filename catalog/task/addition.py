"""What a key of the catalog adds to the task of a service, beside the service's own container."""

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
"""In the spelling of the ECS API."""
SHAPE_FILE = FilePath(__file__).parents[1] / "data" / "container_definition.json"
"""AWS's own description of a container definition; `python -m tools.aws_data` writes it."""


@functools.cache
def container_definition_shape() -> dict[str, Any]:
    """The shape of a container definition: types, members, which of them are required, and the words of enums."""
    shape: dict[str, Any] = json.loads(SHAPE_FILE.read_text())
    return shape


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Containers beside the service's own, and what they and it need. Text of ours holds no reference of Terraform's:
    what only Terraform knows is for `stacks` to add."""

    containers: tuple[ContainerDefinition, ...] = ()
    """Each with its share of the task as `cpu` and `memoryReservation`, unless it has ended before the service starts.
    Without a log configuration it writes to the service's log group."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the service's own container: tables merge with what is there, lists come behind it."""
    volumes: tuple[str, ...] = ()
    """Names of volumes on the task's own storage."""
    statements: tuple[dict[str, Any], ...] = ()
    """IAM statements (JSON spelling) of the task role."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """What ECS reads for the added containers, and for log drivers: by who gets it, as in `proxy.TOKEN`."""
    credentials: tuple[str, ...] = ()
    """ARNs of the secrets with which their images are pulled."""
    places: Mapping[str, Path] = field(default_factory=dict)
    """By container, where the catalog says which image it has, or asks for a container that has one by itself."""

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(container["image"] for container in self.containers)

    @property
    def actions(self) -> tuple[str, ...]:
        """What its statements allow."""
        return tuple(action for statement in self.statements for action in statement["Action"])


def joined(additions: Iterable[Addition]) -> Addition:
    """All of them as one."""
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
    """What a container takes of its task."""
    return Share(container.get("cpu", 0), container.get("memoryReservation", 0))


def raw(container: ContainerDefinition, keys: Mapping[str, Any]) -> ContainerDefinition:
    """The user's own keys of the API: tables merge with ours, lists and values replace."""
    return {
        key: {**container[key], **raw(container[key], value)}
        if isinstance(value, dict) and isinstance(container.get(key), dict)
        else value
        for key, value in keys.items()
    }


def value_from(secret: Secret) -> str:
    """`arn`, or `arn:key:stage:version` with the last two left to ECS (ECS developer guide, "Secrets")."""
    return f"{secret.arn}:{secret.key}::" if secret.key else secret.arn
