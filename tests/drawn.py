"""Whole catalogs, drawn over every key of the model: what is written is found in the model itself, so that a new key is
drawn without anybody remembering it. What a key needs beyond its type stands in tests/drawn_types.py, drawn_tables.py
and drawn_services.py."""

from __future__ import annotations

import functools
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from catalog.model.catalog import Catalog
from catalog.model.partial import PartialServiceKeys
from catalog.model.types import Table, table_or_true
from tests import drawn_services, drawn_tables
from tests.drawn_types import TYPES
from tests.drawn_world import ABSENT, World
from tests.toml_blocks import written

WRONG: tuple[Any, ...] = (1, True, -1.5, "", "x", "{nobody.url}", "\u202e\x7f", [], ["x", "x"], [[]], {}, {"a": 1})
"""What takes the place of a value in a few catalogs."""
_MUTATED = 12
"""Percent of the catalogs with something wrong put in."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A catalog as a user would write it, and which keys of the model it says."""

    tree: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)
    """What lies beside it, by name."""
    said: frozenset[str] = frozenset()
    """`Mesh.kind`: fields of the models."""
    wrong: bool = False
    """Whether something wrong was put in on purpose."""

    def write(self, folder: Path) -> Path:
        """The catalog's file."""
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        file = folder / "services.toml"
        file.write_text(written(self.tree), encoding="utf-8")
        return file


@st.composite
def catalogs(draw: st.DrawFn) -> Drawn:
    """Catalogs of which most load: what depends on one another is drawn to fit, as far as the tables know."""
    world = World(draw)
    drawing = _Drawing(world)
    tree = drawing.table(Catalog, ())
    _lay_under(tree, drawing)
    world.finish(tree)
    said = frozenset(_said(Catalog, tree)) | frozenset(
        key
        for table in (tree.get("defaults", {}), *tree.get("profiles", {}).values())
        for key in _said(PartialServiceKeys, table)
    )
    wrong = world.chance(_MUTATED)
    if wrong:
        _put_in(tree, world)
    return Drawn(tree=tree, files=world.files, said=said, wrong=wrong)


def _lay_under(tree: dict[str, Any], drawing: _Drawing) -> None:
    """What services have in common."""
    tree["defaults"] = drawing.table(PartialServiceKeys, ("defaults",))
    for name in drawing.world.profiles:
        tree.setdefault("profiles", {})[name] = drawing.table(PartialServiceKeys, ("profiles", name))


class _Drawing:
    """Tables of the model, key by key."""

    def __init__(self, world: World) -> None:
        self.world = world

    def table(self, model: type[Table], place: tuple[str, ...]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, key in model.model_fields.items():
            label = _label(model, name)
            special = FIELDS.get(label)
            if not (key.is_required() or special in _ALWAYS_ASKED or self.world.chance(self.world.density(model))):
                continue
            below = (*place, name)
            value = special(self.world, made, below, self) if special else self.value(_hint(model, name), below)
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
        raise TypeError(f"tests/drawn_types.py does not say how {'.'.join(place)} is drawn, a {hint}")

    def _annotated(self, base: Any, metadata: tuple[Any, ...], place: tuple[str, ...]) -> Any:
        for each in metadata:
            if isinstance(each, BeforeValidator):
                if each.func is table_or_true and self.world.chance(30):
                    return True
                if base is str and (pattern := _pattern(each.json_schema_input_type)):
                    return self.world.draw(_matching(pattern))
        if base is int:
            bounds = [each for annotated in metadata for each in getattr(annotated, "metadata", [annotated])]
            low = next((each.ge for each in bounds if hasattr(each, "ge")), 1)
            high = next((each.le for each in bounds if hasattr(each, "le")), low + 20)
            return self.world.number(low, high)
        return self.value(base, place)


FIELDS = {**drawn_tables.FIELDS, **drawn_services.FIELDS}

_PLAIN: dict[Any, Any] = {
    str: lambda world: world.text(),
    bool: lambda world: world.chance(50),
    int: lambda world: world.number(1, 20),
    float: lambda world: world.number(1, 100) / 2,
}
_ALWAYS_ASKED = {make for make in FIELDS.values() if getattr(make, "always", False)}


@functools.cache
def _label(model: type[Table], name: str) -> str:
    """`WorkloadKeys.image`: the key, by the nearest class that the tables know it under."""
    owners = [cls.__name__ for cls in model.__mro__ if name in getattr(cls, "__annotations__", {})]
    return next((f"{owner}.{name}" for owner in owners if f"{owner}.{name}" in FIELDS), f"{owners[0]}.{name}")


@functools.cache
def _hints(model: type[Table]) -> dict[str, Any]:
    return typing.get_type_hints(model, include_extras=True)


def _hint(model: type[Table], name: str) -> Any:
    return _hints(model)[name]


def _pattern(written: Any) -> str | None:
    """The pattern of what a user writes, as the JSON schema has it."""
    schemas = [getattr(each, "json_schema", None) for each in getattr(written, "__metadata__", ())]
    return next((schema["pattern"] for schema in schemas if schema and "pattern" in schema), None)


_ASCII = st.characters(min_codepoint=33, max_codepoint=126)


@functools.cache
def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True, alphabet=_ASCII).filter(lambda t: len(t) < 60)


def _said(hint: Any, value: Any) -> Iterator[str]:
    """Which fields of the models a value says, by the types that it is to have."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        for each in arguments:
            yield from _said(each, value)
    elif origin is typing.Annotated:
        yield from _said(arguments[0], value)
    elif origin is tuple and isinstance(value, list):
        for item in value:
            yield from _said(arguments[0], item)
    elif origin is dict and isinstance(value, dict):
        for item in value.values():
            yield from _said(arguments[1], item)
    elif origin is None and isinstance(hint, type) and issubclass(hint, Table) and isinstance(value, dict):
        for name in hint.model_fields.keys() & value.keys():
            yield f"{hint.__name__}.{name}"
            yield from _said(_hint(hint, name), value[name])


def _put_in(tree: dict[str, Any], world: World) -> None:
    """Something wrong, anywhere."""
    table: Any = tree
    while True:
        # What [overrides] says is Terraform's, which tells what is wrong with it.
        keys = [key for key in (table if isinstance(table, dict) else range(len(table))) if key != "overrides"]
        key = world.pick(keys)
        inner = table[key]
        if not isinstance(inner, (dict, list)) or not inner or world.chance(20):
            table[key] = world.pick(WRONG)
            return
        table = inner


def fields_of(model: type[Table] = Catalog) -> frozenset[str]:
    """`Mesh.kind`: every field of the models that a catalog is made of."""
    found: set[str] = set()
    todo: list[Any] = [model]
    seen: set[Any] = set()
    while todo:
        hint = todo.pop()
        if isinstance(hint, type) and issubclass(hint, Table) and not get_args(hint):
            if hint not in seen:
                seen.add(hint)
                found |= {f"{hint.__name__}.{name}" for name in hint.model_fields}
                todo += [_hint(hint, name) for name in hint.model_fields]
        else:
            todo += [each for each in get_args(hint) if not isinstance(each, (str, int, FieldInfo))]
    return frozenset(found)
