"""Whole catalogs, over every key and every mesh: each becomes what Terraform takes, or is refused line by line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from catalog.load import Loaded
from catalog.meshes import MESHES
from stacks.finish import OUTPUT
from stacks.mesh import GATEWAYS
from tests.drawn import fields_of
from tests.drawn_run import Run, run
from tests.emulator.terraform import workspace

COUNT, SYNTHESIZED = 300, 0.14
"""As many as take twenty seconds on one core; `make fuzz` draws thousands."""
LEAST_LOADED = 0.6
"""Of the catalogs: refused ones say little."""
VALIDATED = 5


@pytest.fixture(scope="module")
def drawn_run(terraform: None) -> Run:
    done = run(20261125, COUNT, share=SYNTHESIZED)
    print(f"\ndrawn: {done.counts}; {done.compared} synthesized again without a key")
    return done


def test_no_catalog_ends_in_a_traceback(drawn_run: Run) -> None:
    assert drawn_run.counts.tracebacks == []


def test_every_problem_says_where_it_is(drawn_run: Run) -> None:
    assert drawn_run.counts.unplaced == []


def test_the_provider_takes_what_is_synthesized(drawn_run: Run) -> None:
    assert drawn_run.counts.wrong_outputs == []


def test_nothing_is_dropped_in_silence(drawn_run: Run) -> None:
    assert drawn_run.counts.silent_drops == []


def test_most_catalogs_load_and_some_are_refused(drawn_run: Run) -> None:
    counts = drawn_run.counts
    assert counts.loaded >= LEAST_LOADED * counts.tried
    assert counts.refused > 0
    assert counts.synthesized > 0
    assert drawn_run.compared > 0


def test_every_key_of_the_model_is_in_a_catalog_that_loads(drawn_run: Run) -> None:
    # What only some mesh has, and none that is here.
    ended = any(mesh.ended for mesh in MESHES.values())
    of_no_mesh = {*(() if ended else ("Mesh.leaving",)), *(() if GATEWAYS else ("Ingress.gateway",))}
    # Versions are few, and say what services say too.
    of_versions = {f"Version.{each.partition('.')[2]}" for each in drawn_run.said if each.startswith("Service")}
    assert fields_of() - drawn_run.said.keys() - of_no_mesh - of_versions == set()


def test_every_mesh_is_drawn(drawn_run: Run) -> None:
    assert drawn_run.kinds.keys() == MESHES.keys()


@pytest.mark.slow
def test_terraform_validates_drawn_catalogs(aws: None, tmp_path: Path) -> None:
    kept: list[Path] = []

    def keep(outdir: Path, loaded: Loaded) -> None:
        if len(kept) < VALIDATED:
            kept.append(tmp_path / str(len(kept)))
            shutil.copytree(outdir / "stacks" / loaded.deployments[0].id, kept[-1])

    run(7, 40, share=0.4, on_output=keep)
    assert len(kept) == VALIDATED
    # One folder for all of them, made ready once.
    here = workspace(kept[0], tmp_path / "run")
    here.init()
    for folder in kept:
        shutil.copy2(folder / OUTPUT, here.folder / OUTPUT)
        assert "The configuration is valid" in here.validate()
