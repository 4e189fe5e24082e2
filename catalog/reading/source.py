"""A TOML file: what it says, and on which line it says it."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, Protocol

from catalog.diagnostics import CatalogError, Path, Problem

_DEEPEST = 50
"""Tables in tables, or lists: far more than any key has, far less than Python's recursion bears."""
_LONG_NUMBER = re.compile(r"[0-9_]{4300,}")
_TOO_DEEP = "tables or lists are nested too deeply to be read; flatten them"


class Document(Protocol):
    """What a catalog is read from: a file, or a folder of them."""

    data: dict[str, Any]
    shown: str
    """Its path, as the user wrote it."""
    beside: FilePath
    """The folder in which what it names by a relative path lies."""
    shown_beside: FilePath

    def at(self, path: Path) -> tuple[str, int]:
        """The file and line of a value's key; of the nearest table around it where the value itself is not written."""
        ...


class Source:
    """One TOML file. Raises CatalogError where it cannot be read or is not TOML."""

    def __init__(
        self, file: FilePath, *, shown: str | None = None, instead: str = "name another with CATALOG_FILE=path"
    ) -> None:
        self.file = file
        self._instead = instead
        self.shown = shown or file.as_posix()
        self.beside = file.parent
        self.shown_beside = FilePath(self.shown).parent
        self._text = self._read()
        try:
            self.data: dict[str, Any] = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            message, line = _split(str(error), self._text)
            raise self._error(f"not TOML: {message}; mend this line first, the rest is read after it", line) from None
        except RecursionError:
            raise self._error(_TOO_DEEP) from None
        except ValueError:  # Python reads no number of more than 4300 digits
            found = _LONG_NUMBER.search(self._text)
            line = self._text[: found.start()].count("\n") + 1 if found else 0
            message = "holds a number of thousands of digits; write one that a computer can hold"
            raise self._error(message, line) from None
        if _depth(self.data) > _DEEPEST:
            raise self._error(_TOO_DEEP)

    def _read(self) -> str:
        try:
            raw = self.file.read_bytes()
        except FileNotFoundError:
            raise self._error(f"there is no such file; create it, or {self._instead}") from None
        except IsADirectoryError:
            raise self._error("is a folder; name a TOML file") from None
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}; make it readable") from None
        except ValueError:
            raise self._error("is not the name of a file; remove what is not text from it") from None
        try:
            return raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise self._error("holds bytes that are not UTF-8; save the file as UTF-8", line) from None

    def _error(self, message: str, line: int = 0) -> CatalogError:
        return CatalogError([Problem(file=self.shown, line=line, place="", message=message)])

    def at(self, path: Path) -> tuple[str, int]:
        return self.shown, self.line(path)

    def line(self, path: Path) -> int:
        """The line of a value's key; of the nearest table around it where the value itself is not written."""
        lines = self._lines
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    @functools.cached_property
    def _lines(self) -> dict[Path, int]:
        # Only somebody who made a mistake waits for this: a file without problems is never parsed a second time.
        import tree_sitter
        import tree_sitter_toml

        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
        lines: dict[Path, int] = {}
        counts: dict[Path, int] = {}
        for node in parser.parse(self._text.encode()).root_node.children:
            if node.type == "pair":
                _pair(node, (), lines)
            elif node.type in ("table", "table_array_element"):
                *above, last = _key(node.named_children[0])
                path = (*_counted(above, counts), last)
                if node.type == "table_array_element":
                    counts[path] = counts.get(path, -1) + 1
                    lines.setdefault(path, node.start_point[0] + 1)
                    path = (*path, counts[path])
                _here(path, node, lines)
                for child in node.named_children[1:]:
                    if child.type == "pair":
                        _pair(child, path, lines)
        return lines


def _counted(keys: Iterable[str | int], counts: Mapping[Path, int]) -> Path:
    """The path to a table's parent: within lists of tables, in the last one so far."""
    path: Path = ()
    for key in keys:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    return path


def _pair(node: Any, base: Path, lines: dict[Path, int]) -> None:
    children = [child for child in node.named_children if child.type != "comment"]
    path = base + _key(children[0])
    _here(path, node, lines)
    _value(children[-1], path, lines)


def _value(node: Any, path: Path, lines: dict[Path, int]) -> None:
    if node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                _pair(child, path, lines)
    elif node.type == "array":
        for index, child in enumerate(child for child in node.named_children if child.type != "comment"):
            _here((*path, index), child, lines)
            _value(child, (*path, index), lines)


def _here(path: Path, node: Any, lines: dict[Path, int]) -> None:
    lines[path] = node.start_point[0] + 1
    for end in range(1, len(path)):
        lines.setdefault(path[:end], node.start_point[0] + 1)


def _key(node: Any) -> Path:
    if node.type == "dotted_key":
        return tuple(part for child in node.named_children for part in _key(child))
    text = node.text.decode()
    if text[:1] in "\"'":
        return tuple(tomllib.loads(f"{text} = 0"))
    return (text,)


def _split(message: str, text: str) -> tuple[str, int]:
    """tomllib ends its messages with "(at line 3, column 5)" or "(at end of document)"."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if match is None:
        return message, 0
    line = int(match[1]) if match[1] else max(1, len(text.splitlines()))
    return message[: match.start()], line


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1
    return depth
