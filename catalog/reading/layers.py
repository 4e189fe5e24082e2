"""Layers of values with the origin of each value, and the report that finds the lines of findings by it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog import unknowns
from catalog.diagnostics import Finding, Parts, Path, Problem, as_written, in_parts, spelled
from catalog.model.workload import TABLES
from catalog.reading.source import Document

Tree = dict[str, Any]
BUILT_IN_PROFILES: Mapping[str, Tree] = {
    "inference": {"timeout": "10m", "retries": {"attempts": 1, "on": ("connection-error",)}},
}
"""A model's response takes minutes, and proxies retry whole requests: only failed connections are retried."""
EXCLUSIVE = (("replicas", "scale"),)
"""Service keys that exclude each other: the key of a nearer layer removes the other key of a farther layer."""

_VARIABLE = re.compile(r"\{var\.([^{}\s]*)\}")


def value_at(tree: Any, *path: str | int) -> Any:
    """The value at a path of a tree; None if there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def tables_in(value: object) -> list[tuple[str, Tree]]:
    """The tables in a table, with their names; empty if it isn't a table."""
    return [(key, table) for key, table in value.items() if isinstance(table, dict)] if isinstance(value, dict) else []


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """A value that a nearer layer removes by a key that excludes it."""

    at: Path
    by: str
    place: Path
    """The table of the nearer layer."""
    old: Any
    new: Any


class Layers:
    """The tree of one deployment, and for each value the file and path that set it."""

    def __init__(self, base: Tree, source: Document) -> None:
        self.tree: Tree = copy.deepcopy(base)
        self._source = source
        self._origins: dict[Path, tuple[Document | None, Path]] = {}
        self.removed: dict[Path, Path] = {}
        """The paths that an environment unsets, and the places that unset them."""
        self.replaced: list[Replaced] = []
        """The values that an environment removes by a key that excludes them."""

    def overlay(self, over: Tree, *, written_at: Path) -> None:
        """Merge `over` into the tree: tables merge, lists and values replace."""
        self._merge(self.tree, over, (), written_at)

    def _merge(self, base: Tree, over: Tree, at: Path, written_at: Path) -> None:
        if _holds_workload_keys(at):
            for nearer, dropped in [(key, other) for key in over for other in _excluded_by(key) if other in base]:
                old = base.pop(dropped)
                if dropped not in over:
                    self.replaced.append(Replaced(at=at, by=nearer, place=written_at, old=old, new=over[nearer]))
        for key, value in over.items():
            if isinstance(value, dict) and isinstance(base.get(key), dict):
                self._merge(base[key], value, (*at, key), (*written_at, key))
            else:
                base[key] = copy.deepcopy(value)
                self._origins[(*at, key)] = (self._source, (*written_at, key))

    def location(self, path: Path) -> str:
        """The file and line that set a value."""
        source, place = self.origin(path)
        file, line = source.at(place) if source is not None else ("", 0)
        return f"{file}:{line}"

    def remove(self, path: Path, *, written_at: Path) -> bool:
        """Remove a value from the tree; False if there is none."""
        table: Any = self.tree
        for key in path[:-1]:
            table = table.get(key) if isinstance(table, dict) else None
        if not isinstance(table, dict) or path[-1] not in table:
            return False
        del table[path[-1]]
        self.removed[path] = written_at
        return True

    def set(self, path: Path, value: Any, *, source: Document, written_at: Path) -> None:
        """Set a value from another file in an existing table."""
        table: Any = self.tree
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value
        self._origins[path] = (source, written_at)

    def underlay(self, at: Path, under: Tree, *, written_at: Path | None) -> None:
        """Add values that a table doesn't set. `written_at` is None for values of no file (a built-in profile)."""
        table: Any = self.tree
        for key in at:
            table = table[key]
        self._fill(table, under, at, written_at)

    def _fill(self, table: Tree, under: Tree, at: Path, written_at: Path | None) -> None:
        dropped = {other for key in table for other in _excluded_by(key)} if _holds_workload_keys(at) else set()
        for key, value in under.items():
            below = None if written_at is None else (*written_at, key)
            if key in dropped:
                continue
            if key not in table:
                table[key] = copy.deepcopy(value)
                self._origins[(*at, key)] = (self._source, below) if below else (None, ())
            elif isinstance(value, dict) and isinstance(table[key], dict):
                self._fill(table[key], value, (*at, key), below)

    def origin(self, path: Path) -> tuple[Document | None, Path]:
        """The file that set a value, and the path in that file; no file for a built-in value."""
        source: Document | None = self._source
        while True:
            for end in range(len(path), 0, -1):
                if (found := self._origins.get(path[:end])) is not None:
                    source, start = found
                    path = start + path[end:]
                    break
            else:
                return source, path
            if source is not self._source:
                return source, path

    def is_set(self, path: Path) -> bool:
        """Whether a file sets this value, as opposed to a default."""
        value: Any = self.tree
        for part in path:
            if isinstance(value, dict):
                if part not in value:
                    return False
            elif not (isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)):
                return False
            value = value[part]
        return self.origin(path)[0] is not None


def _holds_workload_keys(at: Path) -> bool:
    return at == ("defaults",) or (len(at) == 2 and at[0] in (*TABLES, "profiles"))


def _excluded_by(key: str) -> tuple[str, ...]:
    return tuple(b if key == a else a for a, b in EXCLUSIVE if key in (a, b))


class Report:
    """Finds the line of every value, and collects the problems of one deployment."""

    def __init__(self, layers: Layers, source: Document) -> None:
        self.layers = layers
        self.problems: list[Problem] = []
        self._source = source
        self.refused: set[Path] = set()
        """Paths of strings whose value is unknown."""
        self.used: set[str] = set()
        """The general placeholders that strings use."""
        self.region: Parts = []
        """The region in ARNs of advice, which environments may have in common."""
        self._texts: list[tuple[Path, Path, Parts]] = []

    def add(self, findings: Iterable[Finding]) -> None:
        self.problems.extend(map(self.problem, findings))

    def refuse(self, path: Path, message: str) -> None:
        """Report a string whose value is unknown, and suppress other findings about it."""
        self.add([Finding(place=path, message=message)])
        self.refused.add(path)

    def keep(self, path: Path, text: Parts) -> None:
        """Keep a string with placeholders as it is written, for messages."""
        parts = [(written, value.replace(unknowns.ACCOUNT, "{account}")) for written, value in text]
        self._texts.append((path, self.layers.origin(path)[1], parts))

    def is_refused(self, path: Path) -> bool:
        return any(path[:end] in self.refused for end in range(1, len(path) + 1))

    def is_set(self, *path: str | int) -> bool:
        """Whether the catalog sets this value, as opposed to a default."""
        return self.layers.is_set(path)

    def is_set_here(self, *path: str | int) -> bool:
        """Whether the value is set in this table, as opposed to [defaults] or a profile."""
        place = self.layers.origin(path)[1]
        table = place[2:3] if place[:1] == ("environments",) else place[:1]
        return self.is_set(*path) and table not in (("defaults",), ("profiles",))

    def location(self, *path: str | int) -> str:
        """`services.toml:31`, to name a second line in a message."""
        source, place = self._origin(path)
        file, line = source.at(place)
        return f"{file}:{line}" if line else file

    def _origin(self, path: Path) -> tuple[Document, Path]:
        """The place that sets a value; for a built-in value, the key `profile`."""
        source, place = self.layers.origin(path)
        return (source, place) if source is not None else self._origin((*path[:2], "profile"))

    def removed_by(self, *path: str | int) -> str | None:
        """`environments.dev.unset[0] (services.toml:31)`, if that removes the value or a table around it. A table with
        entries, such as ("ingress",), may also lack one of them."""
        for removed, place in self.layers.removed.items():
            if removed == path[: len(removed)] or (len(path) == 1 and removed[:-1] == path):
                return f"{spelled(place)} ({self.location(*place)})"
        return None

    def problem(self, finding: Finding) -> Problem:
        source, place = self._origin(finding.place)
        file, line = source.at(place)
        size = len(finding.place)
        texts = [
            text
            for path, at, text in self._texts
            if finding.place in (path[:size], at[:size]) or place == at[: len(place)]
        ]
        message = finding.message.replace(unknowns.ACCOUNT, "{account}")
        fact, advice = in_parts(message)
        general = as_written(fact, texts)
        if finding.level == "error" and (origin := self._of_variable(general, fact)):
            fact, general = (f"{text[:-1]}{origin}." if advice else text + origin for text in (fact, general))
        return Problem(
            file=file,
            line=line,
            place=spelled(place),
            message=fact + as_written(advice, texts),
            level=finding.level,
            written=finding.once or general + as_written(advice, [*texts, self.region]),
            path=finding.place,
        )

    def _of_variable(self, general: str, fact: str) -> str:
        """` (from vars.queue, services.toml:8)` for a fact about the value of a variable."""
        names = [name for name in dict.fromkeys(_VARIABLE.findall(general)) if f"{{var.{name}}}" not in fact]
        places = [f"from {spelled(self._origin(('vars', name))[1])}, {self.location('vars', name)}" for name in names]
        return f" ({' and '.join(places)})" if places else ""
