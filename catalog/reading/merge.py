"""Merges [environments] into the catalog, and profiles and [defaults] into services."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from catalog.diagnostics import (
    CatalogError,
    Finding,
    Path,
    Problem,
    did_you_mean,
    listed,
    or_list,
    spelled,
    toml_key,
    toml_type,
    toml_value,
)
from catalog.model.types import NAME_PATTERN
from catalog.reading import interpolation, validation
from catalog.reading.interpolation import filled
from catalog.reading.layers import BUILT_IN_PROFILES, Layers, Report, Tree, tables_in, value_at
from catalog.reading.references import misspelt_tables, replacements
from catalog.reading.source import Document, Source

_NAMES = ("aws_name", "renamed_from")
_WITH_REQUIRED_KEYS = ("model", "scale", "sidecars", "volumes")


def environment_names(table: object, *, wanted: str | None) -> tuple[list[str | None], list[Finding]]:
    """The environments to read, sorted; None stands for a catalog without any. `wanted` selects one."""
    if table is None:
        if wanted is None:
            return [None], []
        message = f'environment "{wanted}" doesn\'t exist. Add [environments], or omit the environment.'
        return [], [Finding(place=(), message=message)]
    if not isinstance(table, dict) or not table:
        message = "must contain tables [environments.NAME]. Add one, or remove it."
        return [], [Finding(place=("environments",), message=message)]
    findings = list(_wrong_tables(table))
    if wanted is not None and wanted not in table:
        message = f'environment "{wanted}" doesn\'t exist. Use one of {", ".join(sorted(table))}.'
        findings.append(Finding(place=("environments",), message=message))
    wrong = {finding.place[-1] for finding in findings}
    good = [name for name in sorted(table) if name not in wrong]
    return [name for name in good if wanted in (None, name)], findings


def _wrong_tables(table: dict[str, Any]) -> Iterator[Finding]:
    for name, overlay in table.items():
        if not re.fullmatch(NAME_PATTERN, name):
            message = "is not a name. Use lower-case letters, digits and single hyphens, beginning with a letter."
            yield Finding(place=("environments", name), message=message)
        elif not isinstance(overlay, dict):
            yield Finding(place=("environments", name), message="must be a table. Write [environments.NAME].")


def lay(layers: Layers, overlay: Tree, *, name: str) -> Iterator[Finding]:
    """Apply an environment to the tree: first its unset keys, then its values."""
    written_at: Path = ("environments", name)
    overlay = dict(overlay)
    unset = overlay.pop("unset", [])
    if "environments" in overlay:
        del overlay["environments"]
        yield Finding(place=(*written_at, "environments"), message="environments can't be nested. Remove it.")
    catalog = overlay.get("catalog")
    if isinstance(catalog, dict) and "name" in catalog:
        overlay["catalog"] = {key: value for key, value in catalog.items() if key != "name"}
        message = "an environment can't rename the catalog. Remove it: the environment's name is appended anyway."
        yield Finding(place=(*written_at, "catalog", "name"), message=message)
    if not isinstance(unset, list):
        example = unset if isinstance(unset, str) else "services.web.replicas"
        message = f"must be a list of keys, not {toml_type(unset)}. Write unset = {toml_value([example])}."
        yield Finding(place=(*written_at, "unset"), message=message)
        unset = []
    for index, spelling in enumerate(unset):
        path = _parsed_key(spelling)
        here: Path = (*written_at, "unset", index)
        if path is None or not layers.remove(path, written_at=here):
            fix = _unknown_key(path, layers.tree) if path else ". Remove it."
            yield Finding(place=here, message=f"{toml_value(spelling)} is not a key of this catalog{fix}")
    for key, name, message in list(misspelt_tables(overlay, layers.tree)):
        overlay[key] = {other: table for other, table in overlay[key].items() if other != name}
        yield Finding(place=(*written_at, key, name), message=message)
    layers.overlay(overlay, written_at=written_at)
    yield from replacements(layers, name=name)


def _unknown_key(path: Path, tree: Tree) -> str:
    """Advice for a key that isn't in the catalog: the closest one, or the keys that the nearest table has."""
    found: list[str] = []
    table: Any = tree
    for key in map(str, path):
        names = list(table) if isinstance(table, dict) else []
        close = key if key in names else did_you_mean(key, names)
        if close is None:
            near = f"a key of {spelled(tuple(found))}: " if found else "a path that begins with one of "
            return f". Remove it, or use {near}{listed(names)}." if names else ". Remove it."
        found.append(close)
        table = table[close]
    return f"; did you mean {toml_value(spelled(tuple(found)))}?"


def _parsed_key(spelling: object) -> Path | None:
    """A dotted key as TOML reads it; None if it isn't one."""
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


def lay_services(report: Report) -> None:
    """Remove [defaults] and [profiles] from the tree, and complete services by them."""
    layers = report.layers
    defaults, profiles = layers.tree.pop("defaults", {}), layers.tree.pop("profiles", {})
    report.add(_wrong_shared(defaults, profiles, report))
    known = dict(tables_in(profiles))
    for name, table in tables_in(layers.tree.get("services")):
        at: Path = ("services", name)
        profile = table.get("profile")
        if isinstance(profile, str):
            if profile in known:
                layers.underlay(at, known[profile], written_at=("profiles", profile))
            if profile in BUILT_IN_PROFILES:
                layers.underlay(at, BUILT_IN_PROFILES[profile], written_at=None)
            if profile not in known and profile not in BUILT_IN_PROFILES:
                report.add([_unknown_profile((*at, "profile"), profile, sorted({*known, *BUILT_IN_PROFILES}))])
        if isinstance(defaults, dict):
            layers.underlay(at, defaults, written_at=("defaults",))
        _lay_versions(report, at, table)


def _lay_versions(report: Report, at: Path, service: Tree) -> None:
    """Complete tables of versions that have required keys by the same tables of the service."""
    versions = service.get("versions")
    for index, version in enumerate(versions if isinstance(versions, list | tuple) else ()):
        for key in _WITH_REQUIRED_KEYS if isinstance(version, dict) else ():
            if isinstance(version.get(key), dict) and isinstance(service.get(key), dict):
                place = (*at, "versions", index, key)
                report.layers.underlay(place, service[key], written_at=report.layers.origin((*at, key))[1])


def _unknown_profile(place: Path, profile: str, known: list[str]) -> Finding:
    close = did_you_mean(profile, known)
    fix = f'; did you mean "{close}"?' if close else f". Add [profiles.{toml_key(profile)}], or use {or_list(known)}."
    return Finding(place=place, message=f"unknown profile {toml_value(profile)}{fix}")


def _wrong_shared(defaults: Any, profiles: Any, report: Report) -> Iterator[Finding]:
    """Check [defaults] and [profiles] by themselves, so that mistakes in unused ones are reported.

    Strings with placeholders are checked in the services that use them, because they are filled in there.
    """
    if isinstance(defaults, dict) and "profile" in defaults:
        del defaults["profile"]
        yield Finding(place=("defaults", "profile"), message="a profile can only be set in a service. Move it there.")
    yield from _wrong_names(defaults, ("defaults",))
    yield from _wrong_table(defaults, ("defaults",), report)
    if not isinstance(profiles, dict):
        yield Finding(place=("profiles",), message="must contain tables [profiles.NAME]. Write one.")
        return
    for name, table in profiles.items():
        if not re.fullmatch(NAME_PATTERN, name):
            message = "is not a name. Use lower-case letters, digits and single hyphens, beginning with a letter."
            yield Finding(place=("profiles", name), message=message)
        if isinstance(table, dict) and "profile" in table:
            del table["profile"]
            yield Finding(place=("profiles", name, "profile"), message="a profile can't extend another. Remove it.")
        yield from _wrong_names(table, ("profiles", name))
        yield from _wrong_table(table, ("profiles", name), report)


def _wrong_names(table: Any, place: Path) -> Iterator[Finding]:
    """Names can't be shared by several services."""
    for key in _NAMES if isinstance(table, dict) else ():
        if key in table:
            del table[key]
            yield Finding(place=(*place, key), message="can only be set in a service. Move it there.")


def _wrong_table(table: Any, place: Path, report: Report) -> Iterator[Finding]:
    if table == {}:
        return
    from catalog.model.service import PartialServiceKeys  # imported late: few catalogs need it

    try:
        PartialServiceKeys.model_validate(table)
    except ValidationError as error:
        for entry in error.errors(include_url=False):
            if isinstance(entry["input"], str) and interpolation.any_in(entry["input"]):
                continue
            if entry["type"] == "missing" and not any(isinstance(part, int) for part in entry["loc"]):
                continue  # a service may set it: tables merge, items of lists don't
            beside = value_at(table, *validation.place(entry)[:-1]) or {}
            here = {**entry, "loc": ("services", "*", *entry["loc"])}
            found = validation.wrong_table(
                here, tree={"services": {"*": table}}, origin=lambda path: report.layers.origin((*place, *path[2:]))
            ) or validation.finding(here, removed={}, beside=beside)
            yield Finding(place=(*place, *found.place[2:]), message=found.message)


def take_images(report: Report, source: Document, values: Mapping[str, str]) -> None:
    """Replace images of services by those in the file that `catalog.images` names."""
    tree = report.layers.tree
    catalog = tree.get("catalog")
    written = catalog.get("images") if isinstance(catalog, dict) else None
    place: Path = ("catalog", "images")
    if not isinstance(written, str):
        return
    path = filled(written, place, values, report)
    if report.is_refused(place):
        return
    shown = (source.shown_beside / path).as_posix()
    try:
        images = Source(source.beside / path, shown=shown, instead="remove this key")
    except CatalogError as error:
        report.add(Finding(place=place, message=str(problem)) for problem in error.problems)
        return
    services = dict(tables_in(tree.get("services")))
    for name, image in images.data.items():
        if name in services:
            report.layers.set(("services", name, "image"), image, source=images, written_at=(name,))
            continue
        close = did_you_mean(name, list(services))
        fix = f'; did you mean "{close}"?' if close else ". Remove it, or add the service."
        message = f"unknown service{fix}"
        report.problems.append(Problem(file=shown, line=images.line((name,)), place=spelled((name,)), message=message))
