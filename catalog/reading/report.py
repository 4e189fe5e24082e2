"""What is found while one deployment is read: findings in, problems with their lines out."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.problems import Finding, Path, Problem, spelled
from catalog.reading.layers import Layers
from catalog.reading.source import Document


class Report:
    """Knows where every value was written, and keeps silent about what only follows from another mistake."""

    def __init__(self, layers: Layers, source: Document) -> None:
        self.layers = layers
        self.problems: list[Problem] = []
        self._source = source
        self._broken: set[Path] = set()
        self._above_broken: set[Path] = set()

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if not any(self.is_broken(path) for path in (finding.place, *finding.about)):
                self.problems.append(self.problem(finding))

    def mark_broken(self, *paths: Path) -> None:
        """From here on, nothing that rests on these values is worth saying."""
        self._broken.update(paths)
        self._above_broken.update(path[:end] for path in paths for end in range(len(path)))

    def is_broken(self, path: Path) -> bool:
        return any(path[:end] in self._broken for end in range(1, len(path) + 1))

    def is_broken_below(self, path: Path) -> bool:
        """Whether something in a table is, so that the table is no longer as written."""
        return path in self._above_broken

    @property
    def failed(self) -> bool:
        return any(problem.level == "error" for problem in self.problems)

    def written(self, *path: str | int) -> bool:
        """Whether the catalog says this value itself, as opposed to a default."""
        return self.layers.written(path)

    def own(self, *path: str | int) -> bool:
        """Whether it is said right there, as opposed to [defaults] or a profile, which speak for several."""
        place = self.layers.origin(path)[1]
        table = place[2:3] if place[:1] == ("environments",) else place[:1]
        return self.written(*path) and table not in (("defaults",), ("profiles",))

    def where(self, *path: str | int) -> str:
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
