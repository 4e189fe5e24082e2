"""Places in the catalog, as rules use them: whether a value is set there, on which line, and what is wrong with it; the
places of a version, and those inside tables that are passed on as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from catalog.diagnostics import Finding, Level, Path, Provenance
from catalog.model import Deployment, Service, Workload
from catalog.model.workload import WorkloadKeys


class Place:
    """A path in the catalog of one deployment."""

    __slots__ = ("_provenance", "deployment", "path")

    def __init__(self, deployment: Deployment, provenance: Provenance, path: Path = ()) -> None:
        self.deployment = deployment
        self.path = path
        self._provenance = provenance

    def __call__(self, *keys: str | int) -> Place:
        """The place of a value below this one."""
        return Place(self.deployment, self._provenance, (*self.path, *keys))

    def catalog(self, *path: str | int) -> Place:
        """The place at a path from the top of the catalog."""
        return Place(self.deployment, self._provenance, path)

    @property
    def parent(self) -> Place:
        """The place of the table that holds this value."""
        return Place(self.deployment, self._provenance, self.path[:-1])

    @property
    def name(self) -> str:
        """The last key: of a table of services, ingresses and the like, the name of this one."""
        return str(self.path[-1])

    @property
    def workload(self) -> Workload:
        """The workload that this place is in; while a version is checked, that version."""
        return self.deployment.workloads[str(self.path[1])]

    @property
    def service(self) -> Service:
        """The same, of a place in a service."""
        return self.deployment.services[str(self.path[1])]

    @property
    def as_written(self) -> WorkloadKeys:
        """The same as the catalog has it: without the addresses of callees, and without registries that stand in."""
        keys: WorkloadKeys = getattr(self.deployment.catalog, str(self.path[0]))[self.path[1]]
        return keys

    @property
    def is_set(self) -> bool:
        """Whether the catalog sets this value itself, as opposed to a default."""
        return self._provenance.is_set(*self.path)

    @property
    def is_set_here(self) -> bool:
        """Whether it is set right there, as opposed to [defaults] or a profile, which set it for several services."""
        return self._provenance.is_set_here(*self.path)

    @property
    def location(self) -> str:
        """`services.toml:31`, for naming a second line in a message."""
        return self._provenance.location(*self.path)

    def error(self, message: str) -> Finding:
        """A finding that refuses the catalog."""
        return Finding(place=self.path, message=message)

    def warning(self, message: str) -> Finding:
        """A finding that lets the catalog load."""
        return Finding(place=self.path, message=message, level="warning")

    def notice(self, message: str) -> Finding:
        """A finding that only informs."""
        return Finding(place=self.path, message=message, level="notice")

    def finding(self, message: str, *, level: Level) -> Finding:
        """A finding of a level that depends on the catalog."""
        return Finding(place=self.path, message=message, level=level)


class VersionPlaces:
    """Where values of a version come from: what it sets itself stands in its own table, the rest in its service's."""

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

    def moved(self, finding: Finding) -> Finding:
        """A finding of the service, placed at what the version sets, or at the version's table."""
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
    """Every text within a value, keys aside, with its place."""
    if isinstance(value, str):
        yield value, at
    for key, item in _items(value):
        yield from texts_in(item, at(key))


def not_json(value: object, at: Place) -> Iterator[Finding]:
    """Values that TOML has and JSON doesn't (RFC 8259): dates and infinite numbers."""
    if isinstance(value, dict | tuple):
        for key, item in _items(value):
            yield from not_json(item, at(key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield at.error(f"{value} is not a number that can be passed on; write a finite one")
    elif not isinstance(value, str | int | float):
        yield at.error(f'a date or time cannot be passed on; write "{value}" in quotes')


def _items(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from enumerate(value)
