"""What rules go through: the containers that a catalog writes down, and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catalog.model import ServiceKeys
from catalog.model.sidecar import Sidecar
from catalog.problems import Path


def containers(services: Mapping[str, ServiceKeys]) -> Iterator[tuple[Path, ServiceKeys | Sidecar]]:
    """Every service's own container and those beside it, each with the place of its keys, which they have in common."""
    for name, service in services.items():
        yield ("services", name), service
        for beside, sidecar in service.sidecars.items():
            yield ("services", name, "sidecars", beside), sidecar


def texts_in(value: object, place: Path) -> Iterator[tuple[Path, str]]:
    """Every text within a value, keys aside, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(item, (*place, key))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from texts_in(item, (*place, index))
