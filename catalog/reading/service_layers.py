"""Each service completed by its profile and by [defaults], and its image by the images file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from catalog.model.types import NAME_PATTERN
from catalog.problems import CatalogError, Finding, Path, Problem, did_you_mean, spelled
from catalog.reading import placeholders, schema_errors
from catalog.reading.filling import filled
from catalog.reading.layers import BUILT_IN_PROFILES, Tree
from catalog.reading.report import Report
from catalog.reading.source import Document, Source

_NAMES = ("aws_name", "renamed_from")
_WITH_REQUIRED_KEYS = ("model", "scale", "sidecars", "volumes")


def lay_services(report: Report) -> None:
    """Take [defaults] and [profiles] out of the tree and lay them under the services."""
    layers = report.layers
    defaults, profiles = layers.tree.pop("defaults", {}), layers.tree.pop("profiles", {})
    report.add(_wrong_shared(defaults, profiles))
    known = dict(_tables(profiles))
    for name, table in _tables(layers.tree.get("services")):
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
    cure = f'did you mean "{close}"?' if close else f"add [profiles.{profile}], or use one of {', '.join(known)}"
    return Finding(place=place, message=f'unknown profile "{profile}"; {cure}')


def _tables(value: object) -> list[tuple[str, Tree]]:
    return (
        [(name, table) for name, table in value.items() if isinstance(table, dict)] if isinstance(value, dict) else []
    )


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
    from catalog.model.partial import PartialServiceKeys  # only now: few catalogs need to build it

    try:
        PartialServiceKeys.model_validate(table)
    except ValidationError as error:
        for entry in error.errors(include_url=False):
            if isinstance(entry["input"], str) and placeholders.any_in(entry["input"]):
                continue
            if entry["type"] == "missing" and not any(isinstance(part, int) for part in entry["loc"]):
                continue  # a service may say it: tables merge, what is in lists is whole
            found = schema_errors.finding({**entry, "loc": ("services", "*", *entry["loc"])}, removed={})
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
    services = dict(_tables(tree.get("services")))
    for name, image in images.data.items():
        if name in services:
            report.layers.set(("services", name, "image"), image, source=images, written_at=(name,))
            continue
        close = did_you_mean(name, list(services))
        cure = f'did you mean "{close}"?' if close else "remove it, or add the service"
        message = f"unknown service; {cure}"
        report.problems.append(Problem(file=shown, line=images.line((name,)), place=spelled((name,)), message=message))
