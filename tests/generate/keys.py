"""The keys of the model: all tables of a catalog, their types, and the keys that a catalog sets."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from catalog.model.deployment import Catalog
from catalog.model.service import PartialServiceKeys
from catalog.model.types import Table

Model = type[Table]


@functools.cache
def hints(model: Model) -> dict[str, Any]:
    """The types of a table's keys, with their annotations."""
    return typing.get_type_hints(model, include_extras=True)


def _tables(root: Model) -> Iterator[Model]:
    """A table and all tables within it."""
    todo: list[Any] = [root]
    seen: set[Any] = set()
    while todo:
        hint = todo.pop()
        if isinstance(hint, type) and issubclass(hint, Table) and not get_args(hint):
            if hint not in seen:
                seen.add(hint)
                yield hint
                todo += [hints(hint)[name] for name in hint.model_fields]
        else:
            todo += [each for each in get_args(hint) if not isinstance(each, (str, int, FieldInfo))]


TABLES: dict[str, Model] = {model.__name__: model for model in _tables(Catalog)}
ALL = frozenset(f"{name}.{key}" for name, model in TABLES.items() for key in model.model_fields)
"""`Mesh.kind`: every field of a catalog's models."""


def set_in(tree: dict[str, Any]) -> frozenset[str]:
    """The fields of the models that a catalog sets, in defaults and profiles too."""
    shared = (tree.get("defaults", {}), *tree.get("profiles", {}).values())
    return frozenset([*_set(Catalog, tree), *(key for each in shared for key in _set(PartialServiceKeys, each))])


def _set(hint: Any, value: Any) -> Iterator[str]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        for each in arguments:
            yield from _set(each, value)
    elif origin is typing.Annotated:
        yield from _set(arguments[0], value)
    elif origin is tuple and isinstance(value, list):
        for item in value:
            yield from _set(arguments[0], item)
    elif origin is dict and isinstance(value, dict):
        for item in value.values():
            yield from _set(arguments[1], item)
    elif origin is None and isinstance(hint, type) and issubclass(hint, Table) and isinstance(value, dict):
        for name in hint.model_fields.keys() & value.keys():
            yield f"{hint.__name__}.{name}"
            yield from _set(hints(hint)[name], value[name])
