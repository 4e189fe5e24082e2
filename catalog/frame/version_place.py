"""The catalog as it reads for one version of a service."""

from __future__ import annotations

from dataclasses import replace

from catalog.problems import Finding, Path
from catalog.provenance import Provenance


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
