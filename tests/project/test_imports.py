"""Imports go one way: main -> stacks -> catalog. Parts don't depend on the mesh in use."""

from __future__ import annotations

import ast
import functools
import importlib
import re
from pathlib import Path

import pytest

from catalog.meshes import MESHES
from tests.conftest import ROOT


@functools.cache
def _imports(file: Path) -> frozenset[str]:
    """Every module that a file imports, at any level."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                assert _inside_emulator(file), f"{file} has a relative import"
                folder = file.relative_to(ROOT).parents[node.level - 1]
                module = ".".join((*folder.parts, module)).rstrip(".")
            found.add(module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def _inside_emulator(file: Path) -> bool:
    return file.is_relative_to(ROOT / "tests" / "emulator")


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("file", _files("catalog"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_catalog_imports_neither_cdktf_nor_modules_that_use_it(file: Path) -> None:
    heads = {name.partition(".")[0] for name in _imports(file)}

    assert not heads & {"cdktf", "constructs", "jsii", "cdktf_cdktf_provider_aws", "stacks", "deploy", "main", "tests"}


@pytest.mark.parametrize("file", _files("stacks"), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_stacks_import_neither_the_driver_nor_the_tests(file: Path) -> None:
    heads = {name.partition(".")[0] for name in _imports(file)}

    assert not heads & {"deploy", "main", "tests", "boto3", "botocore"}


def test_the_driver_imports_the_catalog_and_no_module_that_starts_node() -> None:
    heads = {name.partition(".")[0] for file in _files("deploy") for name in _imports(file)}

    assert not heads & {"cdktf", "constructs", "jsii", "cdktf_cdktf_provider_aws", "stacks", "main", "tests"}


EMULATOR_FOR_OTHERS = {
    f"tests.emulator{name}"
    for name in ("", ".existing", ".faults", ".provider", ".resolver", ".terraform", ".validation")
}


def test_other_folders_use_only_the_public_modules_of_the_emulator() -> None:
    exported = {f"tests.emulator.{name}" for name in _literals(ROOT / "tests" / "emulator" / "__init__.py")}
    used: set[str] = set()
    for file in [*_files("tests"), *_files("tools")]:
        if not _inside_emulator(file):
            of_emulator = {name for name in _imports(file) if f"{name}.".startswith("tests.emulator.")}
            modules = {name for name in of_emulator if _is_module(name)}
            assert modules <= EMULATOR_FOR_OTHERS, file
            assert {name for name in of_emulator - modules if name.count(".") == 2} <= exported, file
            used |= modules

    assert used == EMULATOR_FOR_OTHERS


def test_the_emulator_imports_no_module_of_this_project() -> None:
    heads = {name.partition(".")[0] for file in _files("tests/emulator") for name in _imports(file)}
    of_tests = {
        name
        for file in _files("tests/emulator")
        for name in _imports(file)
        if name.startswith("tests.") and not name.startswith("tests.emulator")
    }

    assert not heads & {"catalog", "stacks", "deploy", "main", "tools", "cdktf", "constructs"}
    assert of_tests == set()


MODULES = {
    f"{package}.{kind.replace('-', '_')}": kind for package in ("catalog.meshes", "stacks.mesh") for kind in MESHES
}
"""The module, or package, of every mesh in the catalog and in the stacks."""


def _mesh_of(file: Path) -> str | None:
    """The mesh that a file belongs to."""
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    return next((kind for name, kind in MODULES.items() if f"{module}.".startswith(f"{name}.")), None)


def _meshes_in(imports: frozenset[str]) -> set[str]:
    return {kind for name, kind in MODULES.items() for each in imports if f"{each}.".startswith(f"{name}.")}


def test_only_the_registries_import_a_concrete_mesh() -> None:
    importing = {
        file.relative_to(ROOT).as_posix()
        for folder in ("catalog", "stacks", "deploy")
        for file in _files(folder)
        if _meshes_in(_imports(file)) - {_mesh_of(file)}
    }

    assert importing == {"catalog/meshes/__init__.py", "stacks/mesh/__init__.py"}


@pytest.mark.parametrize("kind", MESHES)
def test_only_the_files_of_a_mesh_and_the_type_of_its_kind_name_it(kind: str) -> None:
    """A dictionary selects the mesh. Any other mention of a mesh would have to be found when the mesh is removed."""
    others = [*_files("stacks"), *_files("catalog"), *_files("deploy"), ROOT / "main.py"]
    may = {"catalog/meshes/__init__.py", "stacks/mesh/__init__.py", "catalog/model/network.py"}
    naming = {
        file.relative_to(ROOT).as_posix()
        for file in others
        if _mesh_of(file) is None and kind in _literals(file) and kind != "none"
    }

    assert naming <= may


@functools.cache
def _literals(file: Path) -> frozenset[str]:
    """The strings of a file's code, without docstrings and comments."""
    tree = ast.parse(file.read_text())
    return frozenset(
        each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    )


def test_a_mesh_imports_only_shared_modules_of_the_stacks() -> None:
    allowed = (
        "stacks.mesh.base",
        "stacks.kms",
        "stacks.part",
        "stacks.network.discovery",
        "stacks.network.security_groups",
    )

    for file in _files("stacks/mesh"):
        if kind := _mesh_of(file):
            own = f"stacks.mesh.{kind.replace('-', '_')}"
            of_stacks = {name for name in _imports(file) if name.startswith("stacks.")}
            assert {name for name in of_stacks if not name.startswith((own, *allowed))} == set(), file


def test_comments_name_modules_that_exist() -> None:
    for file in [*_files("stacks"), *_files("catalog"), *_files("deploy"), ROOT / "main.py"]:
        for name in re.findall(r"`((?:stacks|deploy|catalog\.\w+)\.[\w.]+)`", file.read_text()):
            module, _, rest = name.rpartition(".")
            assert _is_module(name) or (_is_module(module) and hasattr(importlib.import_module(module), rest)), file


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_every_resource_is_created_with_an_address_of_its_part() -> None:
    """Only Part.add creates resources: a bare constructor call would get a hash as its address."""
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
            # Structs accept only keywords; a call with a scope creates a resource.
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
        }
        assert made & generated <= {"AwsProvider"}, file
