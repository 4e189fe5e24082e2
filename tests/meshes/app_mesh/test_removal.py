"""Removing App Mesh from the project: deleting its files and lines breaks nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FILES = (
    "catalog/meshes/app_mesh",
    "stacks/mesh/app_mesh",
    "tests/meshes/app_mesh",
    "tests/support/verify/app_mesh.py",
    "tests/more_catalogs/everything.toml",  # it requests a combination that only App Mesh supports
    "docs/migrating-from-app-mesh.md",
)
REGISTRIES = ("catalog/meshes/__init__.py", "stacks/mesh/__init__.py", "tests/support/verify/__init__.py")
TYPE = "catalog/model/network.py"
PLATFORM_NOTES = "docs/platform-notes.md"
ELSEWHERE = (
    "project/test_readme",
    "project/test_troubleshooting",
    "project/test_official_cli",
    "project/test_makefile",
    "lifecycle/test_lifecycle",
    "lifecycle/test_deployments",
    "stacks/test_bindings",
)
"""Tests of the shipped catalog's prose, and tests that take minutes and don't depend on a mesh."""


def _copied(folder: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _without_app_mesh(folder: Path) -> None:
    for name in FILES:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in REGISTRIES:
        text = (folder / name).read_text().replace("import app_mesh, ", "import ")
        assert re.search("app.mesh|AppMesh", text, re.I), name
        lines = [line for line in text.splitlines(keepends=True) if not re.search("app.mesh|AppMesh", line, re.I)]
        (folder / name).write_text("".join(lines))
    lines = (folder / PLATFORM_NOTES).read_text().splitlines(keepends=True)
    (folder / PLATFORM_NOTES).write_text(
        "".join(line for line in lines if not any(f"`{name}" in line for name in FILES))
    )
    text = (folder / TYPE).read_text()
    assert text.count('"app-mesh", ') == 1
    (folder / TYPE).write_text(text.replace('"app-mesh", ', ""))
    for catalog in folder.rglob("*.toml"):
        catalog.write_text(catalog.read_text().replace('kind = "app-mesh"', 'kind = "service-connect"'))


@pytest.mark.nightly
def test_all_other_tests_pass_without_app_mesh(tmp_path: Path) -> None:
    _copied(tmp_path)
    _without_app_mesh(tmp_path)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CATALOG_", "CDKTF_"))}

    def run(*arguments: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path, env=environ | more, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    run("ruff", "check", ".")
    run("mypy")
    # Regenerate the documents, and the addresses of catalogs whose mesh has changed.
    for command, file in (
        ("schema", "services.schema.json"),
        ("reference", "docs/catalog.md"),
        ("meshes", "docs/meshes.md"),
        ("permissions", "docs/permissions.md"),
    ):
        (tmp_path / file).write_text(run("catalog", command), encoding="utf-8")
    run("pytest", "-q", "tests/stacks/test_golden_addresses.py", WRITE_ADDRESSES="1")
    (tmp_path / "tests/addresses/everything.txt").unlink()

    ignored = [f"--ignore=tests/{name}.py" for name in ELSEWHERE]
    said = run("pytest", "-q", "-m", "not slow and not nightly", "--ignore=tests/emulator/checks", *ignored, "tests")

    assert re.search(r"\d{3,} passed", said) and "failed" not in said
