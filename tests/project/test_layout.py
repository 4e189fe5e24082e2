"""The layout of the code: the number and length of modules, layers that import one way, and a map whose paths exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("catalog", "stacks", "deploy")
MOST_MODULES, MOST_LOOSE, MOST_LINES = 165, 12, 250
LAYERS = (
    "unknowns",
    "names",
    "diagnostics",
    "model",
    "frame",
    "reading",
    "analysis",
    "task",
    "meshes",
    "endpoints",
    "resolve",
    "rules",
    "load",
    "reports",
)

Graph = Mapping[str, set[str]]


@cache
def modules() -> Mapping[str, Path]:
    """The file of every module, by its dotted name; a package has the name of its folder."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


@cache
def imports() -> Graph:
    """The modules of this project that each module imports, at any level."""
    return {name: set(_imported(file)) for name, file in modules().items()}


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from {inner if inner in modules() else node.module or ""} & modules().keys()
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & modules().keys()


def cycles(graph: Graph) -> list[set[str]]:
    """The groups of nodes that reach each other, or themselves."""
    reach = {name: _reachable(graph, name) for name in graph}
    return [{each for each in reach[name] if name in reach.get(each, ())} for name in graph if name in reach[name]]


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in graph.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def test_a_cycle_of_imports_is_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) != []
    assert cycles({"a": {"a"}, "b": {"a"}}) == [{"a"}]
    assert cycles({"a": {"b"}, "b": {"c"}, "c": set(), "d": {"a"}}) == []


def test_no_modules_import_each_other_in_a_cycle() -> None:
    assert cycles(imports()) == []


def test_no_packages_import_each_other_in_a_cycle() -> None:
    def package(name: str) -> str:
        return ".".join(name.split(".")[:2])

    graph: dict[str, set[str]] = {package(name): set() for name in imports()}
    for name, imported in imports().items():
        graph[package(name)] |= {package(each) for each in imported} - {package(name)}

    assert cycles(graph) == []


def test_every_module_of_the_catalog_is_in_a_layer() -> None:
    found = {name.split(".")[1] for name in modules() if name.startswith("catalog.")}

    assert found == {*LAYERS, "__main__"}


def test_the_layers_of_the_catalog_import_only_those_before_them() -> None:
    for name, imported in imports().items():
        layer = name.split(".")[1] if name.startswith("catalog.") else ""
        if layer in LAYERS:
            above = LAYERS[LAYERS.index(layer) + 1 :]
            assert not {each for each in imported if each.split(".")[1:2] and each.split(".")[1] in above}, name


def test_the_number_and_the_length_of_modules_are_limited() -> None:
    loose = [name for name, file in modules().items() if file.parent == ROOT / "catalog"]
    long = {name for name, file in modules().items() if len(file.read_text("utf-8").splitlines()) > MOST_LINES}

    assert len(modules()) <= MOST_MODULES
    assert len(loose) <= MOST_LOOSE
    assert long == set()


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "README.md", "docs/decisions", "docs/platform-notes.md", "docs/security.md"]
)
def test_paths_in_prose_exist(page: str) -> None:
    pages = sorted((ROOT / page).glob("*.md")) if (ROOT / page).is_dir() else [ROOT / page]
    for file in pages:
        for path in re.findall(
            r"`((?:catalog|stacks|deploy|tests|tools|docs|requirements|examples)/[\w./-]+)`", file.read_text("utf-8")
        ):
            assert (ROOT / path).exists(), f"{file.name} names {path}"
