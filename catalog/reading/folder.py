"""A catalog in several files: all *.toml of a folder together, so that each team can own a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any

from catalog.diagnostics import CatalogError, Path, Problem, spelled
from catalog.model.workload import TABLES
from catalog.reading.source import Document, Source

_SPREAD = frozenset({*TABLES, "profiles", "capacity", "ingress", "external", "overrides"})
"""Tables whose entries may be in different files. Each entry, and any other table, must be in one file."""


def read(file: FilePath, *, shown: str) -> Document:
    """Read a catalog: one file, or all *.toml of a folder. Raises CatalogError if it can't be read."""
    return Folder(file, shown=shown) if file.is_dir() else Source(file, shown=shown)


class Folder:
    """The *.toml of a folder, without subfolders, and without the generated files that `catalog.images` names. Raises
    CatalogError with the problems of each file, and with tables that are in two files."""

    def __init__(self, folder: FilePath, *, shown: str) -> None:
        self.shown = shown
        self.beside = folder
        self.shown_beside = FilePath(shown)
        self.data: dict[str, Any] = {}
        self._owners: dict[Path, Source] = {}
        problems = list(self._lay(self._read(folder)))
        if problems:
            raise CatalogError(problems)

    def at(self, path: Path) -> tuple[str, int]:
        """The file and line of a value's key, or of the nearest table around it; line 0 if no file has it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._owners:
                return self._owners[path[:end]].at(path)
        return self.shown, 0

    def _read(self, folder: FilePath) -> list[Source]:
        sources: list[Source] = []
        problems: list[Problem] = []
        try:
            files = [each for each in folder.iterdir() if each.suffix.lower() == ".toml"]
        except OSError as error:
            message = f"can't be read: {error.strerror}. Make it readable."
            raise CatalogError([Problem(file=self.shown, line=0, place="", message=message)]) from None
        for file in sorted(each for each in files if not each.name.startswith(".")):
            shown = (self.shown_beside / file.name).as_posix()
            if file.suffix != ".toml":
                message = (
                    f"isn't read, because its name doesn't end in .toml. Rename it to {file.stem}.toml, or remove it."
                )
                problems.append(Problem(file=shown, line=0, place="", message=message))
                continue
            try:
                sources.append(Source(file, shown=shown))
            except CatalogError as error:
                problems += error.problems
        named = {name for source in sources for name in _images(source.data, sources)}
        names = {(self.shown_beside / name).as_posix() for name in named}
        problems = [problem for problem in problems if problem.file not in names]
        sources = [source for source in sources if source.shown not in names]
        if not sources and not problems:
            message = "contains no TOML file. Add services.toml, or set CATALOG_FILE to another path."
            problems.append(Problem(file=self.shown, line=0, place="", message=message))
        if problems:
            raise CatalogError(problems)
        return sources

    def _lay(self, sources: Iterable[Source]) -> Iterator[Problem]:
        for source in sources:
            yield from self._merge(self.data, source.data, (), source)

    def _merge(self, tree: dict[str, Any], added: dict[str, Any], at: Path, source: Source) -> Iterator[Problem]:
        for key, value in added.items():
            place = (*at, key)
            if key not in tree:
                # A table that is spread over files gets a dict that belongs to none of them.
                tree[key] = {} if _is_spread(place) and isinstance(value, dict) else value
                self._owners[place] = source
            elif not (_is_spread(place) and isinstance(tree[key], dict) and isinstance(value, dict)):
                file, line = self._owners[place].at(place)
                message = f"is also in {file}:{line}, and a table must be in one file. Move both into one file."
                yield Problem(file=source.shown, line=source.line(place), place=spelled(place), message=message)
                continue
            if _is_spread(place) and isinstance(value, dict):
                yield from self._merge(tree[key], value, place, source)


def _is_spread(place: Path) -> bool:
    """Whether entries of a table may be in several files: [services] and the like, [environments], each
    [environments.NAME], and the same tables in these."""
    if place[:1] == ("environments",):
        return len(place) <= 2 or _is_spread(place[2:])
    return len(place) == 1 and place[0] in _SPREAD


def _images(data: dict[str, Any], sources: Iterable[Source]) -> Iterator[str]:
    """The paths of the generated files that `catalog.images` names, for every environment."""
    tables = [data, *_environments(data).values()]
    environments = {name for source in sources for name in _environments(source.data)}
    for table in tables:
        catalog = table.get("catalog") if isinstance(table, dict) else None
        path = catalog.get("images") if isinstance(catalog, dict) else None
        if isinstance(path, str):
            path = path.removeprefix("./")
            yield path
            yield from (path.replace("{environment}", name) for name in environments)


def _environments(data: dict[str, Any]) -> dict[str, Any]:
    environments = data.get("environments")
    return environments if isinstance(environments, dict) else {}
