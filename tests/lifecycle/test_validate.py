"""Real Terraform on every catalog and mesh: each is valid and can be planned, or has an error with the reason."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError
from catalog.load import load
from catalog.meshes import MESHES
from stacks.synthesize import synthesize
from tests import emulator
from tests.conftest import ROOT
from tests.emulator.terraform import plugin_dir, workspace
from tests.support.catalogs import EXAMPLES, MORE, REFUSED, copied_of_kind
from tests.support.roots import Root

KEPT = os.environ.get("KEEP_PLANS")
"""A folder for the plans as JSON, for `make security` to read."""


def _own_kind(file: Path) -> str:
    return load(file).deployments[0].catalog.mesh.kind


def _root(pairs: Iterable[tuple[Path, str]], *, into: Path, existing_network: bool) -> Root:
    """A root module of all deployments of these catalogs and meshes that use, or don't use, an existing network."""
    root = Root(into / "root")
    for file, kind in pairs:
        folder = into / f"{file.stem}.{kind}"
        folder.mkdir()
        loaded = load(copied_of_kind(file, kind, folder))
        deployments = [each for each in loaded.deployments if each.uses_existing_network == existing_network]
        outdir = synthesize(loaded, outdir=folder / "out").outdir if deployments else folder
        for deployment in deployments:
            root.add(f"{file.stem}.{kind}.{deployment.id}", outdir / "stacks" / deployment.id)
    root.init()
    return root


PAIRS = [(file, kind) for file in (*EXAMPLES, *MORE) for kind in MESHES if (file.stem, kind) not in REFUSED]
SMALLEST = [(file, kind) for file, kind in PAIRS if file.stem == "smallest"]


def _assert_can_be_planned(pairs: Iterable[tuple[Path, str]], folder: Path) -> None:
    emulator.reset()
    for name, plan in _root(pairs, into=folder, existing_network=False).plans().items():
        assert plan["resource_changes"], name
        if KEPT:
            (ROOT / KEPT).mkdir(parents=True, exist_ok=True)
            (ROOT / KEPT / f"{name}.json").write_text(json.dumps(plan), encoding="utf-8")


def test_the_smallest_catalog_can_be_planned_on_every_mesh(aws: None, tmp_path: Path) -> None:
    _assert_can_be_planned(SMALLEST, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MESHES)
def test_every_catalog_that_loads_can_be_planned(aws: None, kind: str, tmp_path: Path) -> None:
    _assert_can_be_planned([pair for pair in PAIRS if pair[1] == kind], tmp_path)


@pytest.mark.parametrize("existing_network", [False, True])
def test_every_catalog_that_loads_is_valid(aws: None, existing_network: bool, tmp_path: Path) -> None:
    # A plan with an existing network would need that network in the emulated account.
    pairs = PAIRS if existing_network else [(file, _own_kind(file)) for file in (*EXAMPLES, *MORE)]
    root = _root(pairs, into=tmp_path, existing_network=existing_network)
    assert "The configuration is valid" in root.workspace.validate()


def test_the_output_accepts_the_installed_provider(aws: None, tmp_path: Path) -> None:
    [deployment] = load(ROOT / "examples" / "smallest.toml").deployments
    outdir = synthesize(load(ROOT / "examples" / "smallest.toml"), outdir=tmp_path / "out").outdir
    here = workspace(outdir / "stacks" / deployment.id, tmp_path / "run", shares_provider=False)
    (here.folder / "harness_override.tf.json").unlink()
    here.run("init", "-backend=false", *([f"-plugin-dir={place}"] if (place := plugin_dir()) else []))


@pytest.mark.parametrize(
    ("file", "kind", "place"),
    [
        pytest.param(ROOT / "tests" / "more_catalogs" / f"{name}.toml", kind, place, id=f"{name}-{kind}")
        for (name, kind), place in REFUSED.items()
        if kind in MESHES and name in {file.stem for file in MORE}
    ],
)
def test_a_catalog_that_a_mesh_does_not_support_is_an_error_with_the_reason(
    file: Path, kind: str, place: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogError) as refused:
        load(copied_of_kind(file, kind, tmp_path))

    assert place in {problem.place for problem in refused.value.problems}


@pytest.mark.parametrize("kind", MESHES)
def test_every_example_loads_on_every_mesh_that_supports_it(kind: str, tmp_path: Path) -> None:
    for file in EXAMPLES:
        if (file.stem, kind) in REFUSED:
            continue
        folder = tmp_path / file.stem
        folder.mkdir()
        assert load(copied_of_kind(file, kind, folder)).deployments
