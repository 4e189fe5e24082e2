"""Examples in the documentation can be copied: every TOML block loads and is valid by the schema."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from catalog.load import load
from catalog.reports.schema import schema
from tests.support.toml_blocks import ROOT, Block, blocks, written

FILES = sorted(file for pattern in ("*.md", "docs/**/*.md") for file in ROOT.glob(pattern))
BLOCKS = [block for file in FILES for block in blocks(file)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.where)
def test_a_toml_block_of_the_documentation_loads(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    file.write_text(block.catalog(), "utf-8")
    load(file)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.where)
def test_a_toml_block_of_the_documentation_is_what_the_schema_allows(block: Block) -> None:
    jsonschema.validate(tomllib.loads(block.catalog()), schema())


def test_a_block_in_a_file_is_merged_into_its_tables() -> None:
    block = Block("x.md:1", '# in examples/smallest.toml\n[catalog]\nregion = "eu-west-1"\n')
    catalog = tomllib.loads(block.catalog())["catalog"]
    assert (catalog["name"], catalog["region"]) == ("smallest", "eu-west-1")


def test_a_written_block_is_parsed_to_the_same_values() -> None:
    tree = {"a b": {"c": ['"\\\n\x7fé', 1, True, {"d": 1.5}], "e": {}}}
    assert tomllib.loads(written(tree)) == tree
