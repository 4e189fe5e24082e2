"""Valid catalogs over every key of the model. Keys are read from the model: a new key needs no change here. values.py,
tables.py and services.py have the keys that need more than a value of their type."""

from __future__ import annotations

import functools
import types
import typing
from random import Random
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator

from catalog.model.deployment import Catalog
from catalog.model.service import PartialServiceKeys
from catalog.model.types import Table, table_or_true
from tests.generate import services, tables
from tests.generate.example import FILE, Example
from tests.generate.keys import TABLES, Model, hints, set_in
from tests.generate.values import TYPES, matching
from tests.generate.world import ABSENT, World
from tests.support.toml_blocks import written

FIELDS = {**tables.FIELDS, **services.FIELDS}

_PLAIN: dict[Any, Any] = {
    str: lambda world: world.text(),
    bool: lambda world: world.chance(50),
    int: lambda world: world.number(1, 20),
    float: lambda world: world.number(1, 100) / 2,
}
_ALWAYS = {make for make in FIELDS.values() if getattr(make, "always", False)}


def generated(random: Random) -> Example:
    """A catalog that usually loads: dependent keys get matching values if the tables describe them."""
    world = World(random)
    drawing = _Drawing(world)
    tree = drawing.table(Catalog, ())
    tree["defaults"] = drawing.table(PartialServiceKeys, ("defaults",))
    for name in world.profiles:
        tree.setdefault("profiles", {})[name] = drawing.table(PartialServiceKeys, ("profiles", name))
    world.finish(tree)
    files = {FILE: written(tree).encode(), **{name: text.encode() for name, text in world.files.items()}}
    return Example(origin="generated", files=files, tree=tree, keys=set_in(tree))


class _Drawing:
    """Generates tables of the model, key by key."""

    def __init__(self, world: World) -> None:
        self.world = world

    def table(self, model: Model | str, place: tuple[str, ...]) -> dict[str, Any]:
        """A table of a model, with the generators of its fields."""
        model = TABLES[model] if isinstance(model, str) else model
        made: dict[str, Any] = {}
        for name, key in model.model_fields.items():
            special = FIELDS.get(_label(model, name))
            if not (key.is_required() or special in _ALWAYS or self.world.chance(self.world.density(model))):
                continue
            below = (*place, name)
            value = special(self.world, made, below, self) if special else self.value(hints(model)[name], below)
            if value is not ABSENT:
                made[name] = value
        return made

    def value(self, hint: Any, place: tuple[str, ...]) -> Any:
        """A value of a type."""
        for known, make in TYPES:
            if hint == known:
                return make(self.world)
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is typing.Annotated:
            return self._annotated(arguments[0], arguments[1:], place)
        if origin in (Union, types.UnionType):
            return self.value(next(each for each in arguments if each is not type(None)), place)
        if origin is Literal:
            return self.world.pick(arguments)
        if origin is tuple:
            return [self.value(arguments[0], place) for _ in range(self.world.number(1, 2))]
        if origin is dict:
            pairs = ((self.value(arguments[0], place), arguments[1]) for _ in range(self.world.number(1, 2)))
            return {key: self.value(inner, (*place, key)) for key, inner in pairs}
        if isinstance(hint, type) and issubclass(hint, Table):
            return self.table(hint, place)
        if hint in _PLAIN:
            return _PLAIN[hint](self.world)
        raise TypeError(f"tests/generate/values.py does not say how {'.'.join(place)} is generated, a {hint}")

    def _annotated(self, base: Any, metadata: tuple[Any, ...], place: tuple[str, ...]) -> Any:
        for each in metadata:
            if isinstance(each, BeforeValidator):
                if each.func is table_or_true and self.world.chance(30):
                    return True
                if base is str and (pattern := _pattern(each.json_schema_input_type)):
                    return matching(pattern, self.world)
        if base is int:
            bounds = [each for annotated in metadata for each in getattr(annotated, "metadata", [annotated])]
            low = next((each.ge for each in bounds if hasattr(each, "ge")), 1)
            high = next((each.le for each in bounds if hasattr(each, "le")), low + 20)
            return self.world.number(low, high)
        return self.value(base, place)


@functools.cache
def _label(model: Model, name: str) -> str:
    """`WorkloadKeys.image`: the key with the nearest class that is in the tables."""
    owners = [cls.__name__ for cls in model.__mro__ if name in getattr(cls, "__annotations__", {})]
    return next((f"{owner}.{name}" for owner in owners if f"{owner}.{name}" in FIELDS), f"{owners[0]}.{name}")


def _pattern(user_type: Any) -> str | None:
    """The pattern of the value that a user writes, as in the JSON schema."""
    schemas = [getattr(each, "json_schema", None) for each in getattr(user_type, "__metadata__", ())]
    return next((schema["pattern"] for schema in schemas if schema and "pattern" in schema), None)
