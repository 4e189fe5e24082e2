"""The TOML in documentation, so that tests can load it.

A ```toml block is a whole catalog, unless its first line is `# in FILE`: then its tables are merged into that file.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT


@dataclass(frozen=True)
class Block:
    where: str
    text: str

    def catalog(self) -> str:
        """The whole catalog that a reader would have in the end."""
        first, *_ = self.text.splitlines()
        into = re.fullmatch(r"# in (\S+)", first)
        if into is None:
            return self.text
        base = tomllib.loads((ROOT / into[1]).read_text("utf-8"))
        return written(_merged(base, tomllib.loads(self.text)))


def blocks(file: Path) -> Iterator[Block]:
    """Every ```toml block of a Markdown file, with its line."""
    lines: list[str] | None = None
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if lines is None and line.strip() == "```toml":
            lines, start = [], number
        elif lines is not None and line.strip() == "```":
            yield Block(f"{file.name}:{start}", "\n".join(lines) + "\n")
            lines = None
        elif lines is not None:
            lines.append(line)
    assert lines is None, f"{file.name}:{start}: the block does not end"


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {key: _merged(base[key], over[key]) for key in base.keys() & over.keys() if isinstance(base[key], dict)}
    return {**base, **over, **both}


def written(tree: dict[str, Any]) -> str:
    """A tree as TOML: one line for each of its top keys, which is enough to load it."""
    return "".join(f"{_text(key)} = {_inline(value)}\n" for key, value in tree.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)} = {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return _text(value) if isinstance(value, str) else str(value).lower()


def _text(value: str) -> str:
    # JSON's escapes are valid in TOML, except surrogates, which unescaped text doesn't contain, and DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
