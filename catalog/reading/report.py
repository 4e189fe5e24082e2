"""What is found while one deployment is read: findings in, problems with their lines out."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.problems import Finding, Path, Problem, spelled
from catalog.reading.layers import Layers
from catalog.reading.source import Document


class Report:
    """Knows on which line every value was set, and collects the problems of one deployment."""

    def __init__(self, layers: Layers, source: Document) -> None:
        self.layers = layers
        self.problems: list[Problem] = []
        self._source = source
        self.refused: set[Path] = set()
        """Texts of which the value is unknown."""

    def add(self, findings: Iterable[Finding]) -> None:
        self.problems.extend(map(self.problem, findings))

    def refuse(self, path: Path, message: str) -> None:
        """Report a text whose value is unknown, so that nothing else is worth saying of it."""
        self.add([Finding(place=path, message=message)])
        self.refused.add(path)

    def is_refused(self, path: Path) -> bool:
        return any(path[:end] in self.refused for end in range(1, len(path) + 1))

    def is_set(self, *path: str | int) -> bool:
        """Whether the catalog sets this value itself, as opposed to a default."""
        return self.layers.written(path)

    def is_set_here(self, *path: str | int) -> bool:
        """Whether it is set right there, as opposed to [defaults] or a profile, which set it for several services."""
        place = self.layers.origin(path)[1]
        table = place[2:3] if place[:1] == ("environments",) else place[:1]
        return self.is_set(*path) and table not in (("defaults",), ("profiles",))

    def location(self, *path: str | int) -> str:
        """`services.toml:31`, for naming a second line in a message."""
        source, place = self._origin(path)
        file, line = source.at(place)
        return f"{file}:{line}" if line else file

    def _origin(self, path: Path) -> tuple[Document, Path]:
        """Where a value is written; of what is built in, the profile that brings it."""
        source, place = self.layers.origin(path)
        return (source, place) if source is not None else self._origin((*path[:2], "profile"))

    def problem(self, finding: Finding) -> Problem:
        source, place = self._origin(finding.place)
        file, line = source.at(place)
        return Problem(
            file=file,
            line=line,
            place=spelled(place),
            message=finding.message,
            level=finding.level,
        )
