"""A service under a new key: Terraform moves its addresses, and its resources in AWS stay the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.stacks.test_golden_addresses import CATALOGS
from tests.support.catalogs import on_meshes
from tests.support.outputs import ShippedOutputs
from tests.support.renamed import assert_only_moved


@pytest.mark.parametrize(("file", "kind"), on_meshes(file for file in CATALOGS if file.is_file()))
def test_renaming_all_services_moves_all_their_resources_and_changes_none(
    shipped: ShippedOutputs, file: Path, kind: str, tmp_path: Path
) -> None:
    tree = tomllib.loads(file.read_text("utf-8"))
    tree["mesh"]["kind"] = kind

    assert_only_moved(tree, tmp_path, made=shipped(file, kind).folders)
