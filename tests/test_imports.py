"""Imports run one way: main -> stacks -> catalog; parts do not know which mesh there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT


def _imports(file: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("file", _files("catalog"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_catalog_imports_neither_cdktf_nor_what_is_built_on_it(file: Path) -> None:
    heads = {name.partition(".")[0] for name in _imports(file)}

    assert not heads & {"cdktf", "constructs", "jsii", "cdktf_cdktf_provider_aws", "stacks", "deploy", "main", "tests"}


@pytest.mark.parametrize("file", _files("stacks"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_stacks_import_neither_the_driver_nor_the_tests(file: Path) -> None:
    heads = {name.partition(".")[0] for name in _imports(file)}

    assert not heads & {"deploy", "main", "tests", "boto3", "botocore"}


def test_the_driver_imports_the_catalog_but_nothing_that_starts_node() -> None:
    heads = {name.partition(".")[0] for file in _files("deploy") for name in _imports(file)}

    assert not heads & {"cdktf", "constructs", "jsii", "cdktf_cdktf_provider_aws", "stacks", "main", "tests"}


def test_only_the_registry_imports_a_concrete_mesh() -> None:
    outside = [file for file in _files("stacks") if file.parent != ROOT / "stacks" / "mesh" / "app_mesh"]

    importing = {file.relative_to(ROOT).as_posix() for file in outside if _names_a_mesh(_imports(file))}

    assert importing == {"stacks/mesh/__init__.py"}


def _names_a_mesh(imports: set[str]) -> bool:
    shared = ("stacks.mesh.base", "stacks.mesh.MESHES")
    return any(name.startswith("stacks.mesh.") and not name.startswith(shared) for name in imports)


def test_a_mesh_imports_of_the_stacks_only_what_all_meshes_share() -> None:
    allowed = ("stacks.mesh.base", "stacks.mesh.app_mesh", "stacks.part", "stacks.discovery")

    for file in sorted((ROOT / "stacks" / "mesh" / "app_mesh").glob("*.py")):
        of_stacks = {name for name in _imports(file) if name.startswith("stacks.")}
        assert all(name.startswith(allowed) for name in of_stacks), file


def test_no_part_makes_resources_behind_the_back_of_the_addresses() -> None:
    """Resources are made by Part.add alone: a bare constructor call would get a hash for an address."""
    for file in _files("stacks"):
        tree = ast.parse(file.read_text())
        generated = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cdktf_cdktf_provider_aws.")
            for alias in node.names
        }
        made = {
            node.func.id
            for node in ast.walk(tree)
            # Structs take keywords only; what is given a scope is a resource.
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
        }
        assert made & generated <= {"AwsProvider"}, file
