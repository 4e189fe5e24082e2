"""Real Terraform on every catalog and every mesh: what loads is valid and can be planned, what does not says why."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from catalog.load import load
from catalog.meshes import MESHES
from catalog.problems import CatalogError
from stacks.synthesize import synthesize
from tests import emulator
from tests.catalogs import REFUSED, of_kind
from tests.conftest import ROOT
from tests.emulator.terraform import Workspace, workspace

EXAMPLES = [ROOT / "services.toml", *sorted((ROOT / "examples").glob("*.toml"))]
MORE = sorted((ROOT / "tests" / "more_catalogs").glob("*.toml"))


KEPT = os.environ.get("KEEP_PLANS")
"""A folder for the plans as JSON, for `make security` to read."""


def keep_plan(here: Workspace, name: str) -> None:
    if KEPT:
        folder = ROOT / KEPT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(here.run("show", "-json", "planned"), encoding="utf-8")


def _cases() -> list[Any]:
    return [
        # All but a few take half a minute.
        pytest.param(file, kind, id=f"{file.stem}-{kind}", marks=() if file.stem == "smallest" else pytest.mark.slow)
        for file in (*EXAMPLES, *MORE)
        for kind in MESHES
        if (file.stem, kind) not in REFUSED
    ]


def copied_of_kind(file: Path, kind: str, folder: Path) -> Path:
    """A copy of a catalog with another mesh, beside what it reads."""
    if (images := file.parent / "images").is_dir():
        shutil.copytree(images, folder / "images")
    copy = folder / file.name
    copy.write_text(of_kind(file, kind), encoding="utf-8")
    return copy


@pytest.mark.parametrize(("file", "kind"), _cases())
def test_what_loads_is_valid_and_can_be_planned(aws: None, file: Path, kind: str, tmp_path: Path) -> None:
    emulator.reset()
    loaded = load(copied_of_kind(file, kind, tmp_path))
    outdir = synthesize(loaded, outdir=tmp_path / "out").outdir
    for deployment in loaded.deployments:
        here = workspace(outdir / "stacks" / deployment.id, tmp_path / "run")
        here.init()
        if deployment.uses_existing_network:
            # It is somebody's, and the emulated account has none.
            assert "The configuration is valid" in here.validate()
        else:
            # Which validates first.
            assert here.plan("-out=planned") is True
            keep_plan(here, f"{file.stem}.{kind}.{deployment.id}")


@pytest.mark.parametrize("catalog", MORE, ids=lambda path: path.stem)
def test_what_no_fast_test_applies_is_valid(aws: None, catalog: Path, tmp_path: Path) -> None:
    loaded = load(catalog)
    outdir = synthesize(loaded, outdir=tmp_path / "out").outdir
    for deployment in loaded.deployments:
        here = workspace(outdir / "stacks" / deployment.id, tmp_path / "run")
        here.init()
        assert "The configuration is valid" in here.validate()


@pytest.mark.parametrize(
    ("file", "kind", "place"),
    [
        pytest.param(ROOT / "tests" / "more_catalogs" / f"{name}.toml", kind, place, id=f"{name}-{kind}")
        for (name, kind), place in REFUSED.items()
        if kind in MESHES and name in {file.stem for file in MORE}
    ],
)
def test_what_a_mesh_cannot_carry_is_refused_with_the_reason(file: Path, kind: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as refused:
        load(copied_of_kind(file, kind, tmp_path))

    assert place in {problem.place for problem in refused.value.problems}


@pytest.mark.parametrize("kind", MESHES)
def test_every_example_loads_on_every_mesh_that_can_carry_it(kind: str, tmp_path: Path) -> None:
    for file in EXAMPLES:
        if (file.stem, kind) in REFUSED:
            continue
        folder = tmp_path / file.stem
        folder.mkdir()
        assert load(copied_of_kind(file, kind, folder)).deployments
