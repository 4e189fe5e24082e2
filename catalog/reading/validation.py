"""Errors of form: pydantic's in the words of this catalog, and keys that are planned and do not exist yet."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from catalog.diagnostics import Finding, Path, did_you_mean, or_list, spelled
from catalog.model import Catalog
from catalog.model.network import KINDS
from catalog.reading import advice

_ADD = {
    "image": 'add image = "registry/name:tag"',
    "kind": f"add kind, as one of {', '.join(KINDS)}",
    "name": 'add name = "…", at most 24 characters',
    "region": 'add region = "us-west-2", or one for each environment',
    "catalog": "add [catalog] with name and region",
    "mesh": "add [mesh] with a kind",
    "services": "add [services.NAME] with an image",
    "host": 'add host = "db.example.com"',
    "path": "add path",
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
_UNSUPPORTED_SERVICE_KEYS = {
    "ports", "alarms",
}  # fmt: skip
_UNSUPPORTED_KEYS: dict[tuple[str, ...], set[str]] = {
    (): {"jobs"},
    ("services", "*"): _UNSUPPORTED_SERVICE_KEYS,
}
_SERVICE_TABLES = (("defaults",), ("profiles", "*"))
"""Tables that may hold whatever a service may."""


def known_keys(path: Path) -> list[str]:
    """The keys that the table at a path takes."""
    model = _type_at(path)
    return sorted(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def literals(path: Path, *, is_key: bool) -> list[str]:
    """The words that a value, or a key of the table around it, may be."""
    table = _unwrapped(_annotation_at(path[:-1])) if is_key else _unwrapped(_annotation_at(path))
    if is_key:
        table = _unwrapped(typing.get_args(table)[0])
    return [str(word) for word in typing.get_args(table)]


def _type_at(path: Path) -> Any:
    return _unwrapped(_annotation_at(path))


def _annotation_at(path: Path) -> Any:
    annotation: Any = Catalog
    for part in path:
        table = _unwrapped(annotation)
        if isinstance(table, type) and issubclass(table, BaseModel):
            field = table.model_fields.get(str(part))
            annotation = field.annotation if field else None
        else:
            arguments = typing.get_args(table)
            annotation = arguments[1 if typing.get_origin(table) is dict else 0] if arguments else None
    return annotation


def _unwrapped(annotation: Any) -> Any:
    """Behind Annotated and `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _unwrapped(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _unwrapped(next(arm for arm in typing.get_args(annotation) if arm is not type(None)))
    return annotation


def place(error: Any) -> Path:
    """Where the value stands that one entry of `ValidationError.errors()` is about."""
    return tuple(part for part in error["loc"] if part != "[key]")


def findings(error: ValidationError, *, removed: Mapping[Path, Path]) -> Iterator[Finding]:
    """What pydantic has found, but for keys that are only missing because they are misspelt. `removed` is what an
    environment took away, and where it says so."""
    entries = error.errors(include_url=False)
    misspelt = _meant(entries)
    for entry in entries:
        if entry["type"] != "missing" or place(entry) not in misspelt:
            yield finding(entry, removed=removed)


def wrong_places(error: ValidationError) -> set[Path]:
    """The values that are wrong or missing, those under misspelt keys included."""
    entries = error.errors(include_url=False)
    return {*map(place, entries), *_meant(entries)}


def _meant(entries: Iterable[Any]) -> set[Path]:
    """The keys that misspelt ones were meant to be."""
    return {
        (*place(entry)[:-1], close)
        for entry in entries
        if entry["type"] == "extra_forbidden"
        and (close := did_you_mean(str(place(entry)[-1]), known_keys(place(entry)[:-1])))
    }


def finding(error: Any, *, removed: Mapping[Path, Path]) -> Finding:
    """The finding for one entry of `ValidationError.errors()`; `removed` is what an environment took away, and where it
    says so."""
    kind: str = error["type"]
    loc = place(error)
    value, context = error["input"], error.get("ctx", {})
    if kind == "missing" and loc in removed:
        message = f"{spelled(loc)} is required; write another one in this environment, or do not unset it"
        return Finding(place=removed[loc], message=message)
    if kind == "missing":
        key = str(loc[-1])
        return Finding(place=loc[:-1], message=f'required key "{key}" is missing; {_ADD.get(key, "add it")}')
    if kind == "extra_forbidden" and loc[2:3] == ("versions",) and len(loc) == 5 and loc[4] in known_keys(loc[:2]):
        message = "belongs to the service as a whole; write it there, beside versions"
        return Finding(place=loc, message=message)
    if kind == "extra_forbidden":
        if said := advice.of_key(loc, value):
            return Finding(place=loc, message=f"unknown key. {said}")
        return Finding(place=loc, message=_unknown(str(loc[-1]), known_keys(loc[:-1])))
    if "[key]" not in error["loc"] and (converted := advice.single(loc, value) or _converted(kind, loc, value)):
        return Finding(place=loc, message=converted)
    if kind == "catalog":
        return Finding(place=loc, message=error["msg"])
    if kind == "literal_error":
        return Finding(place=loc, message=_not_one_of(value, literals(loc, is_key="[key]" in error["loc"])))
    if kind in _EXPECTED:
        return Finding(place=loc, message=_wrong_type(kind, loc, value))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        word = "least" if "ge" in context else "most"
        return Finding(place=loc, message=f"{value} is out of range; write at {word} {bound}")
    if kind == "too_short":
        return Finding(
            place=loc, message=f"is empty; {_ADD.get(str(loc[-1]), 'add at least one')}" if loc else "is empty"
        )
    if kind in ("string_too_long", "too_long") and isinstance(value, str):
        return Finding(place=loc, message=f'"{value}" has {len(value)} characters; use at most {context["max_length"]}')
    return Finding(place=loc, message=f"{error['msg'][:1].lower()}{error['msg'][1:]}; see docs/catalog.md")


def _converted(kind: str, loc: Path, value: object) -> str | None:
    """For a value that the catalog spells in another way, as far as the advice is obvious."""
    if kind not in {*_EXPECTED, "catalog", "literal_error"} or not (said := advice.of_value(loc, value)):
        return None
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {advice.toml_type(value)}. {said}"
    return f"{advice.toml(value)} isn't supported here. {said}"


def _unknown(key: str, known: list[str]) -> str:
    close = did_you_mean(key, known) or did_you_mean(key.replace("-", "_").lower(), known)
    if close:
        return f'unknown key; did you mean "{close}"?'
    return f"unknown key; remove it, or use one of {', '.join(known)}" if known else "unknown key; remove it"


def _not_one_of(value: object, allowed: list[str]) -> str:
    close = did_you_mean(value, allowed) if isinstance(value, str) else None
    shown = f'"{value}"' if isinstance(value, str) else f"{value}"
    return f"{shown} is not possible here; " + (f'did you mean "{close}"?' if close else f"write {or_list(allowed)}")


def _wrong_type(kind: str, loc: Path, value: object) -> str:
    message = f"must be {_EXPECTED[kind]}, not {advice.toml_type(value)}."
    if kind == "int_type" and isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return f"{message} Write {value.strip()} without quotes."
    if kind == "bool_type" and isinstance(value, str) and value in ("true", "false"):
        return f"{message} Write {value} without quotes."
    if kind == "string_type" and isinstance(value, int | float):
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return f'{message} Write "{shown}" in quotes.'
    if kind == "tuple_type" and isinstance(value, str):
        return f"{message} Write {advice.toml([value])}."
    if kind in ("dict_type", "model_type") and loc and all(isinstance(part, str) for part in loc):
        name = ".NAME" if kind == "dict_type" and len(loc) == 1 else ""
        return f"{message} Write [{spelled(loc)}{name}]."
    quotes = " without quotes" if isinstance(value, str) and kind in ("int_type", "float_type", "bool_type") else ""
    return f"{message} Write {_EXPECTED[kind]}{quotes}."


def remove_unsupported(tree: dict[str, Any]) -> list[Finding]:
    """Remove what is not supported yet from a tree, and say where it stood."""
    findings: list[Finding] = []
    for pattern, keys in _everywhere(_UNSUPPORTED_KEYS):
        for path, table in _tables_at(tree, pattern):
            for key in sorted(keys & table.keys()):
                value = table.pop(key)
                said = advice.of_value((*path, "port"), value) if key == "ports" else None
                message = f"several ports aren't supported yet. {said}" if said else "isn't supported yet. Remove it."
                findings.append(Finding(place=(*path, key), message=message))
    return findings


def unsupported_keys() -> list[str]:
    """The keys that are not supported yet, as the documentation spells them."""
    return [".".join((*_named(place), key)) for place, found in _UNSUPPORTED_KEYS.items() for key in sorted(found)]


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


def _tables_at(tree: Any, pattern: tuple[str, ...], at: Path = ()) -> list[tuple[Path, dict[str, Any]]]:
    if not isinstance(tree, dict):
        return []
    if not pattern:
        return [(at, tree)]
    keys = list(tree) if pattern[0] == "*" else [pattern[0]] if pattern[0] in tree else []
    return [found for key in keys for found in _tables_at(tree[key], pattern[1:], (*at, key))]
