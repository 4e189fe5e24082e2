"""pydantic's JSON schema of the model, in the words of TOML."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from catalog.model import Catalog
from catalog.model.types import Table, spelled_duration

Json = dict[str, Any]

_DEFINITION = "#/definitions/"


class _Untitled(GenerateJsonSchema):
    """A generator without the titles that pydantic derives from attribute names. Titles of types stay."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def model_schema() -> Json:
    """The schema of one deployment's catalog: its tables under `definitions`, keys in the order of the model."""
    schema = Catalog.model_json_schema(schema_generator=_Untitled, ref_template=_DEFINITION + "{model}")
    documented = {table.__name__: _documentation(table) for table in _tables(Table)}
    definitions = {name: _table(table, documented[name]) for name, table in schema.pop("$defs").items()}
    return {**_table(schema, documented[Catalog.__name__]), "definitions": definitions}


def _tables(base: type[Table]) -> Iterator[type[Table]]:
    for table in base.__subclasses__():
        yield table
        yield from _tables(table)


def _documentation(table: type[Table]) -> dict[str, str]:
    """The description of each key, from the string below it in the source. pydantic would read the source in every run,
    for a fifth of the time that checking a catalog takes."""
    found: dict[str, str] = {}
    for each in reversed([each for each in table.__mro__ if issubclass(each, Table)]):
        (class_,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        assert isinstance(class_, ast.ClassDef)
        for key, text in itertools.pairwise(class_.body):
            if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
                found[ast.unparse(key.target)] = ast.literal_eval(text.value)
    return found


def definition_of(node: Json) -> str | None:
    """The name of the table that a node refers to."""
    reference = node.get("$ref")
    return reference.removeprefix(_DEFINITION) if reference is not None else None


def reference_to(definition: str) -> Json:
    return {"$ref": _DEFINITION + definition}


def _table(node: Json, documentation: dict[str, str]) -> Json:
    table = {key: value for key, value in node.items() if key != "title"}
    return {
        **table,
        "description": " ".join(table["description"].split()),
        "properties": {
            key: _value(value) | _described(documentation.get(key)) for key, value in table["properties"].items()
        },
    }


def _described(text: str | None) -> Json:
    return {"description": " ".join(text.split())} if text else {}


def _value(node: Json) -> Json:
    node = _without_null(node)
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if "default" in node:
        node = _with_written_default(node)
    if "anyOf" in node:
        node["anyOf"] = [_value(arm) for arm in node["anyOf"]]
    if "items" in node:
        node["items"] = _value(node["items"])
    return _named(node) if node.get("type") == "object" else node


def _without_null(node: Json) -> Json:
    """TOML has no null: what may be left out is left out."""
    arms = [arm for arm in node.get("anyOf", ()) if arm.get("type") != "null"]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**rest, **arms[0]} if len(arms) == 1 else {**rest, "anyOf": arms} if arms else rest


def _with_written_default(node: Json) -> Json:
    default = node.pop("default")
    if isinstance(default, float):
        default = json.loads(spelled_duration(default))
    # The keys of a table have the defaults of an empty table.
    return node if default is None or isinstance(default, dict) else {**node, "default": default}


def _named(node: Json) -> Json:
    """A table whose keys are names: what they look like, and what stands under them."""
    words = node.get("propertyNames", {}).pop("enum", None)
    if words is not None:
        del node["propertyNames"]
        below = _value(node["additionalProperties"])
        return {
            **node,
            "properties": dict.fromkeys(words, below),
            "additionalProperties": False,
            "maxProperties": 1,
        }
    patterns = node.pop("patternProperties", None)
    if patterns is not None:
        ((pattern, below),) = patterns.items()
        return {**node, "propertyNames": {"pattern": pattern}, "additionalProperties": _value(below)}
    values = node.get("additionalProperties")
    return {**node, "additionalProperties": _value(values)} if isinstance(values, dict) else node
