"""A tree without the parts that the schema refuses, so that the rules can speak about the rest in the same run."""

from __future__ import annotations

from typing import Any

from catalog.model.network import KINDS
from catalog.problems import Path

_STAND_INS: dict[str, Any] = {
    "catalog": {"name": "x", "region": "us-west-2"},
    "mesh": {"kind": KINDS[-1]},
    "services": {"stand-in": {"image": "stand-in:1"}},
    "image": "stand-in:1",
    "kind": KINDS[-1],
    "name": "x",
    "region": "us-west-2",
    "actions": ("*",),
    "resources": ("*",),
    "host": "example.com",
}
"""What takes the place of something required. Never used: the catalog is refused in any case."""


def mend(tree: Any, loc: Path, *, kind: str) -> set[Path]:
    """Take out the value at `loc`, or what holds it, or put a stand-in there. Returns what is no longer as written."""
    broken = {loc}
    parents = [tree]
    for part in loc[:-1]:
        try:
            parents.append(parents[-1][part])
        except (KeyError, IndexError, TypeError):
            return broken  # taken out already, with another mistake in the same table
    for depth in range(len(loc) - 1, -1, -1):
        parent, key = parents[depth], loc[depth]
        missing_here = kind == "missing" and depth == len(loc) - 1
        if not isinstance(parent, dict) or (missing_here and key not in _STAND_INS):
            continue
        broken.add(loc[: depth + 1])
        if key in _STAND_INS and (missing_here or kind != "extra_forbidden"):
            parent[key] = _STAND_INS[str(key)]
        else:
            parent.pop(key, None)
        return broken
    return broken
