"""A generated catalog: its files, and data for the checks."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.toml_blocks import written

FILE = "services.toml"
Place = tuple[str | int, ...]
"""The keys that lead to a value."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """The files of a catalog by name, and the one to load: "." for the folder."""

    origin: str
    """How it was generated."""
    files: dict[str, bytes]
    file: str = FILE
    tree: dict[str, Any] | None = None
    """The values of the loaded file, if the checks may remove a key of it."""
    keys: frozenset[str] = frozenset()
    """`Mesh.kind`: the fields of the models that it sets."""
    texts: tuple[str, ...] = ()
    """Strings that the output must have unchanged, if the catalog loads."""

    def write(self, folder: Path) -> Path:
        """Write the files; returns the path to load."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / self.file

    def without(self, place: Place) -> Example:
        """The same catalog without one of its keys."""
        tree = copy.deepcopy(self.tree or {})
        del at(tree, place[:-1])[place[-1]]
        return replace(self, tree=tree, files=self.files | {self.file: written(tree).encode()})


def places(value: Any, place: Place = ()) -> list[Place]:
    """The places of all values in a tree, without its root."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[Place] = [place] if place else []
    for key, item in items:
        found += places(item, (*place, key))
    return found


def at(tree: Any, place: Place) -> Any:
    """The value at a place."""
    for key in place:
        tree = tree[key]
    return tree
