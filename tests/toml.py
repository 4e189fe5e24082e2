"""A tree as TOML: Python reads the format and does not write it."""

from __future__ import annotations

import re
from typing import Any


def toml(tree: dict[str, Any]) -> str:
    """Tables and the tables in them get headers, all below stands on one line."""
    lines: list[str] = []
    for name, table in tree.items():
        lines += _section((name,), table) if isinstance(table, dict) else []
    # What is no table has to stand before the first header.
    plain = [f"{_key(name)} = {_value(value)}" for name, value in tree.items() if not isinstance(value, dict)]
    return "\n".join((*plain, *lines)) + "\n"


def _section(path: tuple[str, ...], table: dict[str, Any]) -> list[str]:
    inner = {key: value for key, value in table.items() if len(path) == 1 and isinstance(value, dict)}
    own = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in inner]
    lines = ["", f"[{'.'.join(map(_key, path))}]", *own] if own or not inner else []
    return lines + [line for key, value in inner.items() for line in _section((*path, key), value)]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
