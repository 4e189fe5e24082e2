"""Errors of form: pydantic's errors, worded for users and with advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from catalog.diagnostics import Finding, Path, did_you_mean, or_list, spelled, toml_key, toml_type, toml_value
from catalog.model.deployment import meant_backend
from catalog.model.network import KINDS
from catalog.model.types import table_or_true
from catalog.names import known_regions
from catalog.reading import misplaced, suggestions
from catalog.reading.layers import Report, value_at
from catalog.reading.misplaced import annotation_at, is_valid, known_keys, literals

_ADD = {
    "image": 'Add image = "registry/name:tag".',
    "kind": f"Add kind, one of {', '.join(KINDS)}.",
    "name": 'Add name = "shop", with at most 24 characters.',
    "region": 'Add region = "us-west-2", or a region for each environment.',
    "catalog": "Add [catalog] with name and region.",
    "mesh": "Add [mesh] with a kind.",
    "services": "Add [services.NAME] with an image.",
    "host": 'Add host = "db.example.com".',
    "path": "Add path.",
    "private_subnet_ids": 'Write private_subnet_ids = ["subnet-0a1b2c3d", "subnet-1a2b3c4d"].',
    "public_subnet_ids": 'Write public_subnet_ids = ["subnet-2a1b2c3d", "subnet-3a2b3c4d"].',
}
_EXPECTED = {
    "int_type": "an integer",
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}
_DURATION = 'Write a number and s, m or h in quotes, such as "30s", "10m" or "1h".'
_MAIN_KEYS = {"mesh": "kind", "model": "source", "logs": "retention_days"}
"""Tables that a single value often stands for, and the key that has the value."""
_SINGLE = {"host": "a service has one host", "ingress": "a service has one ingress"}


def place(error: Any) -> Path:
    """The path of the value that an entry of `ValidationError.errors()` is about."""
    return tuple(part for part in error["loc"] if part != "[key]")


def findings(error: ValidationError, report: Report) -> Iterator[Finding]:
    """Pydantic's errors about a tree, without missing keys that are only misspelt."""
    unnamed = misplaced.unnamed(report.layers.tree)
    yield from unnamed.values()
    entries = [entry for entry in error.errors(include_url=False) if not {*place(entry)[:1]} & unnamed.keys()]
    misspelt = _meant(entries)
    # pydantic counts only the valid items of a list.
    with_wrong_items = {place(entry)[:-1] for entry in entries}
    for entry in entries:
        is_misspelt = entry["type"] == "missing" and place(entry) in misspelt
        if not is_misspelt and not (entry["type"] == "too_short" and place(entry) in with_wrong_items):
            table = place(entry)[:-1]
            beside = value_at(report.layers.tree, *table)
            keys = beside if isinstance(beside, dict) else {}
            here = {key: value for key, value in keys.items() if report.is_set_here(*table, key)}
            above = wrong_table(entry, tree=report.layers.tree, origin=report.layers.origin)
            yield above or finding(entry, removed=report.layers.removed, beside=here)


def wrong_table(error: Any, *, tree: Mapping[str, Any], origin: misplaced.Origin) -> Finding | None:
    """The finding for an entry of `ValidationError.errors()` that is about a key of another table."""
    is_unknown = error["type"] == "extra_forbidden"
    at = place(error)
    found = misplaced.of_table_above(at, tree=tree, origin=origin, is_unknown=is_unknown)
    if found is None and error["type"] == "missing":
        below = ((*at[:-1], free, at[-1]) for free in ("environment", "tags"))
        found = next(filter(None, (misplaced.of_table_above(each, tree=tree, origin=origin) for each in below)), None)
    return found


def wrong_places(error: ValidationError) -> set[Path]:
    """The values that are wrong or missing, including those under misspelt keys."""
    entries = error.errors(include_url=False)
    return {*map(place, entries), *_meant(entries)}


def _meant(entries: Iterable[Any]) -> set[Path]:
    """The keys that misspelt ones were meant to be."""
    return {
        (*place(entry)[:-1], close)
        for entry in entries
        if entry["type"] == "extra_forbidden" and (close := _meant_key(place(entry)))
    }


def finding(error: Any, *, removed: Mapping[Path, Path], beside: Mapping[str, Any]) -> Finding:
    """The finding for one entry of `ValidationError.errors()`. `removed` maps the values that an environment
    unsets to the places that unset them. `beside` has the keys that are set in the table that has the value."""
    kind: str = error["type"]
    loc = place(error)
    value, context = error["input"], error.get("ctx", {})
    if kind == "missing" and loc in removed:
        message = f"{spelled(loc)} is required. Set another value in this environment, or remove the key from unset."
        return Finding(place=removed[loc], message=message)
    if kind == "missing":
        key = str(loc[-1])
        return Finding(place=loc[:-1], message=f'required key "{key}" is missing. {_ADD.get(key, "Add it.")}')
    if kind == "extra_forbidden" and loc[2:3] == ("versions",) and len(loc) == 5 and loc[4] in known_keys(loc[:2]):
        return Finding(place=loc, message=f"can't differ between versions. Move it to {spelled(loc[:2])}.")
    if kind == "extra_forbidden":
        return Finding(place=loc, message=_unknown(loc, value, beside=beside))
    if kind == "catalog":
        meant = _meant_region(value) if loc == ("catalog", "region") else None
        message = f'{toml_value(value)} is not an AWS region; did you mean "{meant}"?' if meant else error["msg"]
        return Finding(place=loc, message=message)
    if kind == "duration":
        return Finding(place=loc, message=f"{error['msg']}. {_instead(loc, value) or _DURATION}")
    if kind == "literal_error":
        return Finding(place=loc, message=_not_one_of(loc, value, literals(loc, is_key="[key]" in error["loc"])))
    if kind in _EXPECTED:
        return Finding(place=loc, message=_wrong_type(kind, loc, value))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        word = "least" if "ge" in context else "most"
        return Finding(place=loc, message=f"{value} is out of range. Write at {word} {bound}.")
    if kind == "too_short":
        return Finding(
            place=loc, message=f"is empty. {_ADD.get(str(loc[-1]), 'Add at least one.')}" if loc else "is empty"
        )
    if kind in ("string_too_long", "too_long") and isinstance(value, str):
        message = f"{toml_value(value)} has {len(value)} characters. Use at most {context['max_length']}."
        return Finding(place=loc, message=message)
    return Finding(place=loc, message=f"{error['msg'][:1].lower()}{error['msg'][1:]}. See docs/catalog.md.")


def _meant_key(path: Path) -> str | None:
    """The key that another tool's, or a misspelt one, stands for."""
    key, known = str(path[-1]), known_keys(path[:-1])
    if suggestions.unsupported(path):
        return None
    return suggestions.renamed(path) or did_you_mean(key, known) or did_you_mean(key.replace("-", "_").lower(), known)


def _meant_region(value: object) -> str | None:
    text = value.lower().replace(" ", "-").replace("_", "-") if isinstance(value, str) else ""
    return did_you_mean(text, [region for region in known_regions() if "-iso" not in region]) if text else None


def _unknown(path: Path, value: object, *, beside: Mapping[str, Any]) -> str:
    known = known_keys(path[:-1])
    if path in (("backend",), ("remote_state",), ("terraform", "backend"), ("terraform", "cloud")):
        fix = meant_backend({"cloud": value} if "cloud" in path else value)
        return f"unknown key; the backend is a table of [state]. {fix}"
    if message := misplaced.on_fargate(path, beside) or misplaced.of_public(path, value, beside):
        return message
    if message := suggestions.unsupported(path):
        return message
    if (key := suggestions.renamed(path)) and key in known and key in beside:
        fix = "Move its values there." if isinstance(value, dict) else "Remove it."
        return f'unknown key; the catalog calls it "{key}", which is set. {fix}'
    if key and key in known and value == () and key in _ADD:
        return f'unknown key; the catalog calls it "{key}", and it is empty. {_ADD[key]}'
    if key and key in known:
        advice = _instead((*path[:-1], key), value, accept_value=True) or f"Use {key}."
        several = ". A service has one port" if key == "port" and isinstance(value, tuple) and len(value) > 1 else ""
        return f'unknown key; the catalog calls it "{key}"{several}. {advice}'
    if close := _meant_key(path):
        return f'unknown key; did you mean "{close}"?'
    return f"unknown key. Remove it, or use one of {', '.join(known)}." if known else "unknown key. Remove it."


def _not_one_of(path: Path, value: object, allowed: list[str]) -> str:
    if message := suggestions.wrong_value(path, value):
        return message
    close = did_you_mean(value, allowed) if isinstance(value, str) else None
    shown = toml_value(value)
    return (
        f'{shown} is not allowed here; did you mean "{close}"?'
        if close
        else (f"{shown} is not allowed here. Write {or_list(allowed)}.")
    )


def _wrong_type(kind: str, path: Path, value: object) -> str:
    key = str(path[-1]) if path else ""
    if kind == "string_type" and isinstance(value, list | tuple) and path[2:3] == ("public",) and key in _SINGLE:
        first = next((item for item in value if isinstance(item, str)), None)
        advice = f"Write {key} = {toml_value(first)}." if first is not None else f"Write one {key}."
        return f"{_SINGLE[key]}, not a list. {advice}"
    if message := misplaced.listed_table(path, value) or suggestions.wrong_value(path, value):
        return message
    steps = getattr(annotation_at(path), "__metadata__", ())
    expected = "true or a table" if any(getattr(s, "func", None) is table_or_true for s in steps) else _EXPECTED[kind]
    fallback = f"Write {key} = true." if expected != _EXPECTED[kind] else f"Write {expected}."
    return f"must be {expected}, not {toml_type(value)}. {_instead(path, value) or fallback}"


def _instead(path: Path, value: object, *, accept_value: bool = False) -> str | None:
    """Advice with the value that was most likely meant, as the catalog spells it, if there is a valid one."""
    key = next((str(part) for part in reversed(path) if not isinstance(part, int)), "")
    in_table = [{_MAIN_KEYS[key]: value}] if key in _MAIN_KEYS else []
    if key == "backlog":
        in_table = [{"queue": value, "seconds_per_message": 1, "latency": "10m"}]
    if key == "volumes" and isinstance(value, list | tuple) and len(value) == 1:
        in_table = [{"data": {"path": value[0]}}]
    for meant in (*((value,) if accept_value else ()), *in_table, *suggestions.candidates(key, value)):
        if is_valid(path, meant) and len(spelled_value := toml_value(meant)) <= 200:
            return (
                f"Write {spelled_value}." if isinstance(path[-1], int) else f"Write {toml_key(key)} = {spelled_value}."
            )
    return None
