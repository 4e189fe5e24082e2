"""services.schema.json: the schema of a catalog file, for editors that complete and check TOML (`#:schema`).

Draft 7 with `definitions`, which TOML editors support (Taplo documents draft 4 and supports parts of later ones). The
schema allows more than the model, because [defaults], a profile or an environment can set a required key, and any
string can contain a placeholder.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from catalog.model.types import NAME_PATTERN
from catalog.reports.model_schema import Json, definition_of, model_schema, reference_to

_PLACEHOLDER = {"pattern": r"\{[a-z]"}
_LIMITS = ("enum", "maxLength", "minLength", "pattern")
_NAMES = {"pattern": NAME_PATTERN}


def schema_text() -> str:
    """The text of services.schema.json."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def schema() -> Json:
    """The schema of a catalog file."""
    model = model_schema()
    definitions, tables = model["definitions"], model["properties"]
    needed = _needed(model, definitions)
    tables["services"].pop("minProperties")
    _relax(definitions)
    definitions["CatalogTable"]["required"] = ["name"]
    definitions["EnvironmentCatalogTable"] = _without(definitions["CatalogTable"], "name")
    definitions["SharedServiceKeys"] = _without(definitions["ServiceKeys"], "profile")
    definitions["SharedServiceKeys"]["description"] = "Any service keys but a profile."
    tables |= _shared_tables()
    definitions["Environment"] = _environment(tables)
    placed: Json = _with_placeholders(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "Catalog of AI services",
            "type": "object",
            "additionalProperties": False,
            "properties": {**tables, "environments": _environments()},
            "required": ["catalog"],
            "if": {"required": ["environments"]},
            "else": needed,
            "definitions": definitions,
        }
    )
    return placed


def _shared_tables() -> Json:
    shared = reference_to("SharedServiceKeys")
    return {
        "defaults": shared,
        "profiles": {
            "type": "object",
            "description": "Named sets of service keys, which services select with `profile`.",
            "propertyNames": _NAMES,
            "additionalProperties": shared,
        },
    }


def _environments() -> Json:
    return {
        "type": "object",
        "description": "Environments: each entry is a deployment, and overrides the rest of the file.",
        "minProperties": 1,
        "propertyNames": _NAMES,
        "additionalProperties": reference_to("Environment"),
    }


def _environment(tables: Json) -> Json:
    unset = {
        "type": "array",
        "items": {"type": "string"},
        "description": 'Keys of the file to remove in this environment, such as "services.chat.public".',
    }
    return {
        "type": "object",
        "description": "Overrides of one environment: any table of the file, and keys to remove.",
        "additionalProperties": False,
        "properties": {**tables, "catalog": reference_to("EnvironmentCatalogTable"), "unset": unset},
    }


def _without(table: Json, key: str) -> Json:
    copied = copy.deepcopy(table)
    del copied["properties"][key]
    copied.pop("required", None)
    return copied


def _relax(definitions: Json) -> None:
    """Make keys optional, because tables merge across layers. Tables in lists don't merge and stay as they are."""
    in_lists = {
        definition_of(node["items"])
        for table in definitions.values()
        for node in table["properties"].values()
        if "items" in node
    }
    for name, table in definitions.items():
        if name not in in_lists:
            table.pop("required", None)
            table.pop("anyOf", None)


def _needed(node: Json, definitions: Json) -> Json:
    """The required keys of a file without environments, except those that defaults and profiles can set."""
    node = definitions.get(definition_of(node) or "", node)
    needed: Json = {key: node[key] for key in ("required", "minProperties") if key in node}
    if "properties" in node and "anyOf" in node:
        needed["anyOf"] = node["anyOf"]
    properties = {
        key: below
        for key, value in node.get("properties", {}).items()
        if (below := {"minProperties": 1} if key == "services" else _needed(value, definitions))
    }
    if properties:
        needed["properties"] = properties
    if isinstance(node.get("additionalProperties"), dict) and (
        below := _needed(node["additionalProperties"], definitions)
    ):
        needed["additionalProperties"] = below
    return needed


def _with_placeholders(node: Any) -> Any:
    """Allow a placeholder in place of any string value, but not in keys."""
    if isinstance(node, list):
        return [_with_placeholders(item) for item in node]
    if not isinstance(node, dict):
        return node
    limits = {key: node[key] for key in _LIMITS if key in node}
    if node.get("type") == "string" and limits:
        rest = {key: value for key, value in node.items() if key not in _LIMITS}
        return {**rest, "anyOf": [limits, dict(_PLACEHOLDER)]}
    # Beside `$ref`, draft 7 reads nothing.
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    return {key: value if key == "propertyNames" else _with_placeholders(value) for key, value in node.items()}
