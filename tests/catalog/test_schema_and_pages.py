"""services.schema.json and docs/catalog.md: current, and with every key of the model."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from catalog.model import Catalog
from catalog.reports.reference import catalog_page
from catalog.reports.schema import schema, schema_text
from tests.conftest import ROOT

SCHEMA = schema()
REFERENCE = catalog_page()


def test_the_schema_in_the_repository_is_current() -> None:
    assert (ROOT / "services.schema.json").read_text("utf-8") == schema_text(), "run `make docs`"


def test_the_documentation_in_the_repository_is_current() -> None:
    assert (ROOT / "docs" / "catalog.md").read_text("utf-8") == REFERENCE, "run `make docs`"


def tables(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A table of the model and all tables below it."""
    yield model
    for field in model.model_fields.values():
        waiting = [field.annotation]
        while waiting:
            annotation = waiting.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from tables(annotation)
            waiting += typing.get_args(annotation)


KEYS = {table.__name__: table.model_fields.keys() for table in tables(Catalog)}
"""The keys of every table."""


@pytest.mark.parametrize("table", KEYS)
def test_every_key_is_in_the_schema_and_in_the_documentation(table: str) -> None:
    node = SCHEMA if table == "Catalog" else SCHEMA["definitions"][table]
    assert KEYS[table] - node["properties"].keys() == set()
    assert [key for key in KEYS[table] if not _is_documented(table, key)] == []


def _is_documented(table: str, key: str) -> bool:
    if table == "Catalog":
        return re.search(rf"^### `\[{key}[\].]", REFERENCE, re.MULTILINE) is not None
    return f"| `{key}` |" in REFERENCE


@pytest.mark.parametrize("table", [table for table in KEYS if table != "Catalog"])
def test_every_key_is_explained(table: str) -> None:
    nodes = SCHEMA["definitions"][table]["properties"]
    below = {
        key: SCHEMA["definitions"].get(node.get("$ref", "").rpartition("/")[2], node) for key, node in nodes.items()
    }
    assert [key for key in KEYS[table] if not below[key]["description"].endswith((".", "…"))] == []


def test_the_schema_has_no_null() -> None:
    assert "null" not in schema_text()


def test_defaults_are_shown_as_users_write_them() -> None:
    health = SCHEMA["definitions"]["Health"]["properties"]
    assert (health["interval"]["default"], health["grace"]["default"]) == ("10s", "1m")


def test_every_table_of_the_catalog_page_has_a_worked_example_and_a_line_in_its_contents() -> None:
    page = catalog_page()
    headings = re.findall(r"^### `(\[.*\])`$", page, re.M)
    examples = tomllib.loads((ROOT / "catalog/reports/examples.toml").read_text("utf-8"))
    assert sorted(examples) == sorted(headings)
    assert [f"[`{heading}`](#" in page for heading in headings] == [True] * len(headings)
