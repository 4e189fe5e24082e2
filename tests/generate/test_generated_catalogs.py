"""Generated catalogs, over every key and every mesh, and mutants of valid ones: each gives output that
Terraform accepts, or errors with lines. `make fuzz` tries thousands."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from catalog.load import Loaded
from catalog.meshes import MESHES
from stacks.mesh import GATEWAYS
from stacks.synthesize import OUTPUT
from tests.emulator.terraform import workspace
from tests.generate import keys
from tests.generate.counts import Counts
from tests.generate.run import CATALOGS, MUTANTS, SOURCES, Run, examples, run
from tools import fuzz

COUNT, SYNTHESIZED = 300, 0.14
LEAST_LOADED = 0.6
"""The minimum fraction of catalogs that load: rejected catalogs test little."""
MUTATED, MUTANTS_SYNTHESIZED = 400, 0.1
VALIDATED = 5


@pytest.fixture(scope="module")
def catalogs(terraform: None) -> Run:
    done = run(CATALOGS, start=20261130, count=COUNT, share=SYNTHESIZED)
    print(f"\ncatalogs: {done.counts}; {done.compared} synthesized again without a key")
    return done


@pytest.fixture(scope="module")
def mutants(terraform: None) -> Run:
    done = run(MUTANTS, start=20261125, count=MUTATED, share=MUTANTS_SYNTHESIZED)
    print(f"\nmutants: {done.counts}")
    return done


def test_no_catalog_ends_in_a_traceback(catalogs: Run) -> None:
    assert catalogs.counts.tracebacks == []


def test_every_problem_has_its_file_and_line(catalogs: Run) -> None:
    assert catalogs.counts.unplaced == []


def test_the_provider_schema_accepts_every_output(catalogs: Run) -> None:
    assert catalogs.counts.wrong_outputs == []


def test_every_key_is_in_the_output_or_has_a_notice(catalogs: Run) -> None:
    assert catalogs.counts.silent_drops == []


def test_most_catalogs_load_and_some_are_rejected(catalogs: Run) -> None:
    counts = catalogs.counts
    assert counts.loaded >= LEAST_LOADED * counts.tried
    assert counts.refused > 0
    assert counts.synthesized > 0
    assert catalogs.compared > 0


def test_every_key_of_the_model_is_in_a_catalog_that_loads(catalogs: Run) -> None:
    # Keys of a mesh that isn't here.
    ended = any(mesh.ended for mesh in MESHES.values())
    of_no_mesh = {*(() if ended else ("Mesh.migrate_from",)), *(() if GATEWAYS else ("Ingress.gateway",))}
    # Versions are rare, and have the same keys as services.
    of_versions = {f"Version.{each.partition('.')[2]}" for each in catalogs.keys if each.startswith("Service")}
    assert keys.ALL - catalogs.keys.keys() - of_no_mesh - of_versions == set()


def test_every_mesh_is_generated(catalogs: Run) -> None:
    assert catalogs.kinds.keys() == MESHES.keys()


def test_mutants_load_or_have_errors_with_lines(mutants: Run) -> None:
    counts = mutants.counts
    assert counts.defects == []
    assert counts.loaded + counts.refused == counts.tried == MUTATED
    assert counts.loaded >= 0.15 * MUTATED and counts.refused >= 0.4 * MUTATED and counts.synthesized >= 0.02 * MUTATED


@pytest.mark.parametrize("source", SOURCES)
def test_a_seed_always_generates_the_same_examples(source: str) -> None:
    once = examples(SOURCES[source], start=7, count=4)
    random.random()  # independent of other draws

    assert examples(SOURCES[source], start=7, count=4) == once
    assert examples(SOURCES[source], start=8, count=4) != once


def test_a_run_with_a_defect_fails_and_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Counts(tried=3, loaded=2, tracebacks=["/tmp/x: boom"])
    monkeypatch.setattr(fuzz, "_checked", lambda source, *, seed, count: found)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--count", "3", "--seed", "9", "--only", "mutants"])

    assert fuzz.main() == 1
    said = capsys.readouterr()
    assert "/tmp/x: boom" in said.err
    assert [line.split() for line in said.out.splitlines()][:2] == [["seed", "9", "mutants"], ["tried", "3"]]

    found.tracebacks.clear()
    assert fuzz.main() == 0


@pytest.mark.slow
def test_terraform_validates_generated_catalogs(aws: None, tmp_path: Path) -> None:
    kept: list[Path] = []

    def keep(outdir: Path, loaded: Loaded) -> None:
        if len(kept) < VALIDATED:
            kept.append(tmp_path / str(len(kept)))
            shutil.copytree(outdir / "stacks" / loaded.deployments[0].id, kept[-1])

    run(CATALOGS, start=7, count=40, share=0.4, on_output=keep)
    assert len(kept) == VALIDATED
    # One folder for all of them, initialized once.
    here = workspace(kept[0], tmp_path / "run")
    here.init()
    for folder in kept:
        shutil.copy2(folder / OUTPUT, here.folder / OUTPUT)
        assert "The configuration is valid" in here.validate()
