"""Keys that are part of the catalog's plan and not built yet: refused by name, so that nobody trusts a key in vain."""

from __future__ import annotations

from typing import Any

from catalog.problems import Finding, Path

_SERVICE = {
    "ports", "alarms",
}  # fmt: skip

_KEYS: dict[tuple[str, ...], set[str]] = {
    (): {"jobs"},
    ("services", "*"): _SERVICE,
}
_SERVICE_TABLES = (("defaults",), ("profiles", "*"))


def take_out(tree: dict[str, Any]) -> list[Finding]:
    """Remove what is not supported yet from a tree, and say where it stood."""
    findings: list[Finding] = []
    for pattern, keys in _everywhere(_KEYS):
        for path, table in _tables(tree, pattern):
            for key in sorted(keys & table.keys()):
                del table[key]
                findings.append(Finding(place=(*path, key), message="not supported yet; remove it"))
    return findings


def refused() -> list[str]:
    """The keys that are refused, as the documentation spells them."""
    return [".".join((*_named(place), key)) for place, found in _KEYS.items() for key in sorted(found)]


def _named(pattern: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("NAME" if part == "*" else part for part in pattern)


def _everywhere(table: dict[tuple[str, ...], Any]) -> list[tuple[tuple[str, ...], Any]]:
    """What holds for services holds for defaults and profiles."""
    return [
        (place, value)
        for pattern, value in table.items()
        for place in (
            (pattern, *(start + pattern[2:] for start in _SERVICE_TABLES))
            if pattern[:1] == ("services",)
            else (pattern,)
        )
    ]


def _tables(tree: Any, pattern: tuple[str, ...], at: Path = ()) -> list[tuple[Path, dict[str, Any]]]:
    if not isinstance(tree, dict):
        return []
    if not pattern:
        return [(at, tree)]
    keys = list(tree) if pattern[0] == "*" else [pattern[0]] if pattern[0] in tree else []
    return [found for key in keys for found in _tables(tree[key], pattern[1:], (*at, key))]
