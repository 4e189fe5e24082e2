"""[environments]: which deployments a catalog has, and what each lays over the whole file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from catalog.model.types import NAME_PATTERN
from catalog.problems import Finding, Path, did_you_mean
from catalog.reading.layers import Layers, Tree


def environment_names(table: object, *, wanted: str | None) -> tuple[list[str | None], list[Finding]]:
    """The environments to read, sorted; None stands for a catalog without any. `wanted` narrows them to one."""
    if table is None:
        if wanted is None:
            return [None], []
        cure = "add [environments], or ask for none"
        return [], [Finding(place=(), message=f'there is no environment "{wanted}", as the catalog has none; {cure}')]
    if not isinstance(table, dict) or not table:
        message = "expected tables [environments.NAME]; add one, or remove it"
        return [], [Finding(place=("environments",), message=message)]
    findings = list(_wrong_tables(table))
    if wanted is not None and wanted not in table:
        message = f'there is no environment "{wanted}"; ask for one of {", ".join(sorted(table))}'
        findings.append(Finding(place=("environments",), message=message))
    wrong = {finding.place[-1] for finding in findings}
    good = [name for name in sorted(table) if name not in wrong]
    return [name for name in good if wanted in (None, name)], findings


def _wrong_tables(table: dict[str, Any]) -> Iterator[Finding]:
    for name, overlay in table.items():
        if not re.fullmatch(NAME_PATTERN, name):
            message = "is not a name; use lower-case letters, digits and single hyphens, beginning with a letter"
            yield Finding(place=("environments", name), message=message)
        elif not isinstance(overlay, dict):
            yield Finding(place=("environments", name), message="expected a table; write [environments.NAME]")


def lay(layers: Layers, overlay: Tree, *, name: str) -> Iterator[Finding]:
    """Lay an environment over the tree: first what it unsets, then what it says."""
    written_at: Path = ("environments", name)
    overlay = dict(overlay)
    unset = overlay.pop("unset", [])
    if "environments" in overlay:
        del overlay["environments"]
        yield Finding(place=(*written_at, "environments"), message="environments cannot be nested; remove it")
    catalog = overlay.get("catalog")
    if isinstance(catalog, dict) and "name" in catalog:
        overlay["catalog"] = {key: value for key, value in catalog.items() if key != "name"}
        message = "an environment cannot rename the catalog, its own name is added already; remove it"
        yield Finding(place=(*written_at, "catalog", "name"), message=message)
    if not isinstance(unset, list):
        message = 'expected a list of keys; write ["services.chat.replicas"]'
        yield Finding(place=(*written_at, "unset"), message=message)
        unset = []
    for index, spelling in enumerate(unset):
        path = _parsed_key(spelling)
        here: Path = (*written_at, "unset", index)
        if path is None or not layers.remove(path, written_at=here):
            message = f'"{spelling}" is not a key of this catalog; write one as in "services.chat.replicas"'
            yield Finding(place=here, message=message)
    for name, close in _misspelt_services(overlay, layers.tree):
        overlay["services"] = {key: table for key, table in overlay["services"].items() if key != name}
        message = f'unknown service; did you mean "{close}"? A new one needs an image'
        yield Finding(place=(*written_at, "services", name), message=message)
    layers.overlay(overlay, written_at=written_at)


def _misspelt_services(overlay: Tree, base: Tree) -> list[tuple[str, str]]:
    """Services that only an environment has, without an image, and the known ones that their names come close to."""
    over, known = overlay.get("services"), base.get("services")
    defaults, catalog = base.get("defaults"), base.get("catalog")
    given = (isinstance(defaults, dict) and "image" in defaults) or (isinstance(catalog, dict) and "images" in catalog)
    if given or not isinstance(over, dict) or not isinstance(known, dict):
        return []
    renamed = {str(table.get("renamed_from")): name for name, table in known.items() if isinstance(table, dict)}
    close = {name: renamed.get(name) or did_you_mean(name, list(known)) for name in over if name not in known}
    return [
        (name, word)
        for name, word in close.items()
        if word is not None and isinstance(over[name], dict) and not over[name].keys() & {"image", "profile"}
    ]


def _parsed_key(spelling: object) -> Path | None:
    """A dotted key as TOML reads it; None where it is none."""
    if not isinstance(spelling, str):
        return None
    try:
        table: Any = tomllib.loads(f"{spelling} = 0")
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path) if path else None
