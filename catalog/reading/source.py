"""A TOML file: its values, and the line of each."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, Protocol

from catalog.diagnostics import CatalogError, Path, Problem, toml_value

_DEEPEST = 50
"""The most levels of tables and lists: more than any key has, less than Python's recursion limit."""
_LONG_NUMBER = re.compile(r"[0-9_]{4300,}")
_TOO_DEEP = "tables or lists are nested too deeply. Use fewer levels."


class Document(Protocol):
    """The source of a catalog: a file, or a folder of files."""

    data: dict[str, Any]
    shown: str
    """Its path, as the user spelled it."""
    beside: FilePath
    """The folder that its relative paths start from."""
    shown_beside: FilePath

    def at(self, path: Path) -> tuple[str, int]:
        """The file and line of a value's key, or if the value isn't set, of the nearest table around it."""
        ...


class Source:
    """One TOML file. Raises CatalogError if it can't be read or isn't valid TOML."""

    def __init__(
        self, file: FilePath, *, shown: str | None = None, instead: str = "set CATALOG_FILE to another path"
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
            raise self._error(_syntax_error(message, self._text, line), line) from None
        except RecursionError:
            raise self._error(_TOO_DEEP) from None
        except ValueError:  # Python reads no number of more than 4300 digits
            found = _LONG_NUMBER.search(self._text)
            line = self._text[: found.start()].count("\n") + 1 if found else 0
            message = "has a number with thousands of digits. Write a shorter number."
            raise self._error(message, line) from None
        if _depth(self.data) > _DEEPEST:
            raise self._error(_TOO_DEEP)

    def _read(self) -> str:
        try:
            raw = self.file.read_bytes()
        except FileNotFoundError:
            raise self._error(f"doesn't exist. Create it, or {self._instead}.") from None
        except IsADirectoryError:
            raise self._error("is a folder. Use the path of a TOML file.") from None
        except OSError as error:
            raise self._error(f"can't be read: {error.strerror}. Make it readable.") from None
        except ValueError:
            raise self._error("is not the path of a file. Remove null characters from it.") from None
        try:
            return raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise self._error("isn't UTF-8. Save the file as UTF-8.", line) from None

    def _error(self, message: str, line: int = 0) -> CatalogError:
        return CatalogError([Problem(file=self.shown, line=line, place="", message=message)])

    def at(self, path: Path) -> tuple[str, int]:
        return self.shown, self.line(path)

    def line(self, path: Path) -> int:
        """The line of a value's key, or if the value isn't set, of the nearest table around it."""
        lines = self._lines
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    @functools.cached_property
    def _lines(self) -> dict[Path, int]:
        # Parsed a second time only for problems: a valid file doesn't wait for it.
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
    """The path to a table's parent: in lists of tables, the last item so far."""
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


def _syntax_error(message: str, text: str, line: int) -> str:
    """The message for a line that isn't valid TOML, with advice for the usual mistakes."""
    written = (text.split("\n") or [""])[line - 1].strip() if line else ""
    if twice := re.match(r"Cannot declare \((.*)\) twice", message):
        name = ".".join(re.findall(r"'([^']*)'", twice[1]))
        return f"not TOML: [{name}] is in the file twice. Put the keys of both tables below one of them."
    if inline := re.match(r"[Cc]annot mutate immutable namespace \((.*)\)", message):
        name = re.findall(r"'([^']*)'", inline[1])[-1]
        return f"not TOML: {name} is already written as {name} = {{ … }}. Put this key inside those braces."
    if message == "Cannot overwrite a value" and (key := re.match(r"([^=]+)=", written)):
        return f"not TOML: {key[1].strip()} is set twice in the same table. Remove one of the lines."
    if colon := re.match(r"([A-Za-z_][\w-]*)\s*:\s*(.*)$", written):
        value = colon[2].rstrip(",")
        return f"not TOML: a key is followed by =, not by a colon. Write {colon[1]} = {_quoted(value)}."
    if boolean := re.match(r"([A-Za-z_][\w-]*)\s*=\s*(True|False)$", written):
        return f"not TOML: true and false are in lower case. Write {boolean[1]} = {boolean[2].lower()}."
    if bare := re.match(r"([A-Za-z_][\w-]*)\s*=\s*([A-Za-z/][\w./:@ -]*)$", written):
        return f"not TOML: a string requires quotes. Write {bare[1]} = {_quoted(bare[2])}."
    if written.startswith("[") and "]" not in written:
        return f"not TOML: the name of a table ends with ]. Write {written}]."
    if fix := _in_braces(message, written):
        return f"not TOML: a table in braces has one line and no comma at its end. {fix}"
    if "Illegal character '\\n'" in message:
        return "not TOML: a string isn't closed on its line. Add the missing quote."
    return f"not TOML: {message[:1].lower()}{message[1:]}. Fix this line first; later lines aren't checked until then."


def _in_braces(message: str, written: str) -> str | None:
    """Advice for a line with a table in braces that has a line break or a comma at its end; None for other lines."""
    key = re.match(r"([A-Za-z_][\w.-]*) *= *\{", written)
    if not message.startswith(("Invalid initial character for a key part", "Unclosed inline table")):
        return None
    fixed = re.sub(r"(?<! ) {0,40}, {0,40}\}", " }", written)
    if fixed != written:
        return f"Write {fixed}." if _is_toml(fixed) else "Remove the comma before }."
    if key and not written.endswith("}"):
        return "Write it on one line, or as a table with a header in brackets."
    return None


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


def _quoted(value: str) -> str:
    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return toml_value(value.strip("'\""))
    return value


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
