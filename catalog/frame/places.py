"""Places in the catalog for rules: whether a value is set, its line, and findings about it; places of versions, and
inside tables that are passed on unchanged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from catalog.diagnostics import Finding, Level, Path, Provenance
from catalog.model import Deployment, Service, Workload
from catalog.model.workload import WorkloadKeys


class Place:
    """A path in the catalog of one deployment."""

    __slots__ = ("deployment", "path", "provenance")

    def __init__(self, deployment: Deployment, provenance: Provenance, path: Path = ()) -> None:
        self.deployment = deployment
        self.path = path
        self.provenance = provenance

    def __call__(self, *keys: str | int) -> Place:
        """The place of a value below this one."""
        return Place(self.deployment, self.provenance, (*self.path, *keys))

    def catalog(self, *path: str | int) -> Place:
        """The place at a path from the top of the catalog."""
        return Place(self.deployment, self.provenance, path)

    @property
    def parent(self) -> Place:
        """The place of the table that contains this value."""
        return Place(self.deployment, self.provenance, self.path[:-1])

    @property
    def name(self) -> str:
        """The last key, such as the name of a service or an ingress."""
        return str(self.path[-1])

    @property
    def workload(self) -> Workload:
        """The workload that this place belongs to; while a version is checked, the version."""
        return self.deployment.workloads[str(self.path[1])]

    @property
    def service(self) -> Service:
        """The service that this place belongs to; while a version is checked, the version."""
        return self.deployment.services[str(self.path[1])]

    @property
    def as_written(self) -> WorkloadKeys:
        """The workload as the catalog has it: without callees' addresses, and with images from their own registries."""
        keys: WorkloadKeys = getattr(self.deployment.catalog, str(self.path[0]))[self.path[1]]
        return keys

    @property
    def is_set(self) -> bool:
        """Whether the catalog sets this value, as opposed to a default."""
        return self.provenance.is_set(*self.path)

    @property
    def is_set_here(self) -> bool:
        """Whether the value is set in this table, as opposed to [defaults] or a profile."""
        return self.provenance.is_set_here(*self.path)

    @property
    def location(self) -> str:
        """`services.toml:31`, to name a second line in a message."""
        return self.provenance.location(*self.path)

    @property
    def removed_by(self) -> str | None:
        """`environments.dev.unset[0] (services.toml:31)`, if that removes the value or a table around it."""
        return self.provenance.removed_by(*self.path)

    def error(self, message: str) -> Finding:
        """A finding that makes the catalog invalid."""
        return Finding(place=self.path, message=message)

    def warning(self, message: str, *, once: str = "") -> Finding:
        """A warning about a valid catalog; `once` replaces messages that differ between environments."""
        return Finding(place=self.path, message=message, level="warning", once=once)

    def notice(self, message: str) -> Finding:
        """Information about a valid catalog."""
        return Finding(place=self.path, message=message, level="notice")

    def finding(self, message: str, *, level: Level) -> Finding:
        """A finding of a level that depends on the catalog."""
        return Finding(place=self.path, message=message, level=level)


class VersionPlaces:
    """Provenance of a version's values: its own table for the keys it sets, else its service's table."""

    def __init__(self, provenance: Provenance, *, name: str, index: int) -> None:
        self._provenance = provenance
        self._service: Path = ("services", name)
        self._version: Path = ("services", name, "versions", index)

    def is_set(self, *path: str | int) -> bool:
        return self._provenance.is_set(*self._meant(path))

    def is_set_here(self, *path: str | int) -> bool:
        return self._provenance.is_set_here(*self._meant(path))

    def location(self, *path: str | int) -> str:
        return self._provenance.location(*self._meant(path))

    def removed_by(self, *path: str | int) -> str | None:
        return self._provenance.removed_by(*path)

    def moved(self, finding: Finding) -> Finding:
        """Move a finding about the service to the key that the version sets, or to the version's table."""
        if finding.place[:2] != self._service:
            return finding
        below = finding.place[2:]
        while below and not self._provenance.is_set(*self._version, *below):
            below = below[:-1]
        return replace(finding, place=(*self._version, *below))

    def _meant(self, path: Path) -> Path:
        inside = (*self._version, *path[2:])
        return inside if path[:2] == self._service and len(path) > 2 and self._provenance.is_set(*inside) else path


def texts_in(value: object, at: Place) -> Iterator[tuple[str, Place]]:
    """Every string in a value, except keys, with its place."""
    if isinstance(value, str):
        yield value, at
    for key, item in _items(value):
        yield from texts_in(item, at(key))


def not_json(value: object, at: Place) -> Iterator[Finding]:
    """JSON has no dates and no infinite numbers (RFC 8259)."""
    if isinstance(value, dict | tuple):
        for key, item in _items(value):
            yield from not_json(item, at(key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield at.error(f"{value} isn't supported in JSON. Write a finite number.")
    elif not isinstance(value, str | int | float):
        yield at.error(f'a date or time isn\'t supported in JSON. Write "{value}" in quotes.')


def _items(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from enumerate(value)
