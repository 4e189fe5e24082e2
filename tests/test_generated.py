"""services.schema.json and docs/catalog.md: current, and with every key of the model."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from catalog.model import Catalog
from catalog.reference import reference
from catalog.schema import schema, schema_text

ROOT = Path(__file__).parents[1]
SCHEMA = schema()
REFERENCE = reference()


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


KEYS = sorted({(table.__name__, key) for table in tables(Catalog) for key in table.model_fields})


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_key_is_in_the_schema_and_in_the_documentation(table: str, key: str) -> None:
    if table == "Catalog":
        assert key in SCHEMA["properties"]
        assert re.search(rf"^### `\[{key}[\].]", REFERENCE, re.MULTILINE)
    else:
        assert key in SCHEMA["definitions"][table]["properties"]
        assert f"| `{key}` |" in REFERENCE


@pytest.mark.parametrize(("table", "key"), [(table, key) for table, key in KEYS if table != "Catalog"])
def test_every_key_is_explained(table: str, key: str) -> None:
    node = SCHEMA["definitions"][table]["properties"][key]
    below = SCHEMA["definitions"].get(node.get("$ref", "").rpartition("/")[2], node)
    assert below["description"].endswith((".", "…"))


def test_the_schema_knows_no_null() -> None:
    assert "null" not in schema_text()


def test_defaults_are_shown_as_users_write_them() -> None:
    health = SCHEMA["definitions"]["Health"]["properties"]
    assert (health["interval"]["default"], health["grace"]["default"]) == ("10s", "1m")
