"""[environments] over the file, and services completed by profiles and [defaults]."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from catalog.diagnostics import CatalogError, Finding, Path, Problem, did_you_mean, spelled
from catalog.model.types import NAME_PATTERN
from catalog.reading import interpolation, validation
from catalog.reading.interpolation import filled
from catalog.reading.layers import BUILT_IN_PROFILES, Layers, Report, Tree, tables_in
from catalog.reading.source import Document, Source

_NAMES = ("aws_name", "renamed_from")
_WITH_REQUIRED_KEYS = ("model", "scale", "sidecars", "volumes")


def environment_names(table: object, *, wanted: str | None) -> tuple[list[str | None], list[Finding]]:
    """The environments to read, sorted; None stands for a catalog without any. `wanted` narrows them to one."""
    if table is None:
        if wanted is None:
            return [None], []
        fix = "add [environments], or ask for none"
        return [], [Finding(place=(), message=f'there is no environment "{wanted}", as the catalog has none; {fix}')]
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


def lay_services(report: Report) -> None:
    """Take [defaults] and [profiles] out of the tree and lay them under the services."""
    layers = report.layers
    defaults, profiles = layers.tree.pop("defaults", {}), layers.tree.pop("profiles", {})
    report.add(_wrong_shared(defaults, profiles))
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
    """Lay a service's tables under those of its versions that could not stand alone: they have required keys."""
    versions = service.get("versions")
    for index, version in enumerate(versions if isinstance(versions, list | tuple) else ()):
        for key in _WITH_REQUIRED_KEYS if isinstance(version, dict) else ():
            if isinstance(version.get(key), dict) and isinstance(service.get(key), dict):
                place = (*at, "versions", index, key)
                report.layers.underlay(place, service[key], written_at=report.layers.origin((*at, key))[1])


def _unknown_profile(place: Path, profile: str, known: list[str]) -> Finding:
    close = did_you_mean(profile, known)
    fix = f'did you mean "{close}"?' if close else f"add [profiles.{profile}], or use one of {', '.join(known)}"
    return Finding(place=place, message=f'unknown profile "{profile}"; {fix}')


def _wrong_shared(defaults: Any, profiles: Any) -> Iterator[Finding]:
    """[defaults] and [profiles] are checked on their own, so that an unused one hides no mistake.

    Texts with placeholders are left to the services that use them: only there are they filled.
    """
    if isinstance(defaults, dict) and "profile" in defaults:
        del defaults["profile"]
        yield Finding(place=("defaults", "profile"), message="a profile is a service's own choice; write it there")
    yield from _wrong_names(defaults, ("defaults",))
    yield from _wrong_table(defaults, ("defaults",))
    if not isinstance(profiles, dict):
        yield Finding(place=("profiles",), message="expected tables [profiles.NAME]; write one")
        return
    for name, table in profiles.items():
        if not re.fullmatch(NAME_PATTERN, name):
            message = "is not a name; use lower-case letters, digits and single hyphens, beginning with a letter"
            yield Finding(place=("profiles", name), message=message)
        if isinstance(table, dict) and "profile" in table:
            del table["profile"]
            yield Finding(place=("profiles", name, "profile"), message="a profile cannot build on another; remove it")
        yield from _wrong_names(table, ("profiles", name))
        yield from _wrong_table(table, ("profiles", name))


def _wrong_names(table: Any, place: Path) -> Iterator[Finding]:
    """A name that several services would have is none."""
    for key in _NAMES if isinstance(table, dict) else ():
        if key in table:
            del table[key]
            yield Finding(place=(*place, key), message="is a name of one service; write it there")


def _wrong_table(table: Any, place: Path) -> Iterator[Finding]:
    if table == {}:
        return
    from catalog.model.service import PartialServiceKeys  # only now: few catalogs need to build it

    try:
        PartialServiceKeys.model_validate(table)
    except ValidationError as error:
        for entry in error.errors(include_url=False):
            if isinstance(entry["input"], str) and interpolation.any_in(entry["input"]):
                continue
            if entry["type"] == "missing" and not any(isinstance(part, int) for part in entry["loc"]):
                continue  # a service may say it: tables merge, what is in lists is whole
            found = validation.finding({**entry, "loc": ("services", "*", *entry["loc"])}, removed={})
            yield Finding(place=(*place, *found.place[2:]), message=found.message)


def take_images(report: Report, source: Document, values: Mapping[str, str]) -> None:
    """Let the images of [catalog] images win over the services' own."""
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
        fix = f'did you mean "{close}"?' if close else "remove it, or add the service"
        message = f"unknown service; {fix}"
        report.problems.append(Problem(file=shown, line=images.line((name,)), place=spelled((name,)), message=message))
