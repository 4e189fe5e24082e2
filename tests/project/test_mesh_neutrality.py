"""Meshes must be easy to add and remove: only files in their own folders name one."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT

MESH = re.compile(r"app.?mesh|virtual.?(node|gateway|router|service)|service.?connect|lattice|envoy", re.I)
"""Names of meshes in code, in Terraform's types and in prose."""
OWN = ("catalog/meshes/", "stacks/mesh/")
"""The folders of meshes, with the registries in them."""
ALLOWED = {
    "catalog/model/network.py": {
        "Kind = Literal[": "the words that a catalog chooses by",
    },
    "catalog/model/ingress.py": {
        "virtual gateway:": "the description of a key of the catalog",
    },
    "catalog/model/platform.py": {
        "envoy: str | None": "a key of the catalog",
        "App Mesh's Envoy. Default": "the description of that key",
    },
    "catalog/model/workload.py": {
        "Without it, Envoy proxies check the port": "the description of a key of the catalog",
        "balancers and VPC Lattice request /": "the description of a key of the catalog",
    },
}
"""By file, a piece of each line that may name a mesh, and why."""


def _files() -> list[Path]:
    found = [ROOT / "main.py"]
    for folder in ("catalog", "stacks", "deploy"):
        found += [file for end in ("py", "cjs", "json") for file in sorted((ROOT / folder).rglob(f"*.{end}"))]
    return found


def _naming() -> list[tuple[str, int, str]]:
    """The lines outside the meshes' folders that name one: file, number and text."""
    return [
        (name, number, line.strip())
        for file in _files()
        if not (name := file.relative_to(ROOT).as_posix()).startswith(OWN)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if MESH.search(line)
    ]


def test_only_files_in_the_folders_of_meshes_name_a_mesh() -> None:
    assert [each for each in _naming() if not any(piece in each[2] for piece in ALLOWED.get(each[0], ()))] == []


def test_every_exception_is_needed() -> None:
    lines = _naming()
    unused = [
        (file, piece)
        for file, pieces in ALLOWED.items()
        for piece in pieces
        if not any(name == file and piece in line for name, _, line in lines)
    ]
    assert unused == []
