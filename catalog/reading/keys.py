"""What the model knows about a place in the catalog: the keys of a table, the words of a value."""

from __future__ import annotations

import types
import typing
from typing import Any

from pydantic import BaseModel

from catalog.model import Catalog
from catalog.problems import Path


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
