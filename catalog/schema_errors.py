"""pydantic's errors, in the words of this catalog."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel

from catalog.model import Catalog
from catalog.problems import Finding, Path, did_you_mean, or_list

_ADD = {
    "image": 'add image = "registry/name:tag"',
    "kind": 'add kind = "app-mesh"',
    "name": 'add name = "…", at most 24 characters',
    "region": 'add region = "us-west-2", or one for each environment',
    "allow": 'add allow = ["10.0.0.0/8"], the address ranges that may connect',
    "catalog": "add [catalog] with name and region",
    "mesh": 'add [mesh] with kind = "app-mesh"',
    "services": "add [services.NAME] with an image",
    "host": 'add host = "db.example.com"',
    "path": "add path",
}
_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}


def finding(error: Any) -> Finding:
    """The finding for one entry of `ValidationError.errors()`."""
    kind: str = error["type"]
    loc: Path = tuple(part for part in error["loc"] if part != "[key]")
    value, context = error["input"], error.get("ctx", {})
    if kind == "missing":
        key = str(loc[-1])
        return Finding(place=loc[:-1], message=f'required key "{key}" is missing; {_ADD.get(key, "add it")}')
    if kind == "extra_forbidden":
        return Finding(place=loc, message=_unknown(str(loc[-1]), known_keys(loc[:-1])))
    if kind == "catalog":
        return Finding(place=loc, message=error["msg"])
    if kind == "literal_error":
        return Finding(place=loc, message=_not_one_of(value, literals(loc, is_key="[key]" in error["loc"])))
    if kind in _EXPECTED:
        return Finding(place=loc, message=_wrong_type(kind, value))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        word = "least" if "ge" in context else "most"
        return Finding(place=loc, message=f"{value} is out of range; write at {word} {bound}")
    if kind == "too_short":
        return Finding(
            place=loc, message=f"is empty; {_ADD.get(str(loc[-1]), 'add at least one')}" if loc else "is empty"
        )
    if kind == "string_too_long":
        return Finding(place=loc, message=f'"{value}" has {len(value)} characters; use at most {context["max_length"]}')
    return Finding(place=loc, message=f"{error['msg'][:1].lower()}{error['msg'][1:]}; see docs/catalog.md")


def _unknown(key: str, known: list[str]) -> str:
    close = did_you_mean(key, known) or did_you_mean(key.replace("-", "_").lower(), known)
    if close:
        return f'unknown key; did you mean "{close}"?'
    return f"unknown key; remove it, or use one of {', '.join(known)}" if known else "unknown key; remove it"


def _not_one_of(value: object, allowed: list[str]) -> str:
    close = did_you_mean(value, allowed) if isinstance(value, str) else None
    shown = f'"{value}"' if isinstance(value, str) else f"{value}"
    return f"{shown} is not possible here; " + (f'did you mean "{close}"?' if close else f"write {or_list(allowed)}")


def _wrong_type(kind: str, value: object) -> str:
    message = f"expected {_EXPECTED[kind]}, not {toml_type(value)}"
    if kind == "int_type" and isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return f"{message}; write {value.strip()} without quotes"
    if kind == "bool_type" and isinstance(value, str) and value in ("true", "false"):
        return f"{message}; write {value} without quotes"
    if kind == "string_type" and isinstance(value, int | float):
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return f'{message}; write "{shown}" in quotes'
    if kind == "tuple_type" and isinstance(value, str):
        return f'{message}; write ["{value}"]'
    return f"{message}; write {_EXPECTED[kind]}"


def toml_type(value: object) -> str:
    """What TOML calls a value."""
    if isinstance(value, bool):
        return "true or false"
    names: dict[type, str] = {
        str: "text",
        int: "a number",
        float: "a number",
        dict: "a table",
        list: "a list",
        tuple: "a list",
    }
    return names.get(type(value), "a date or time")


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
