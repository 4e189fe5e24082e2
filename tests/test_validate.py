"""Real `terraform validate` on what no test applies, or only a slow one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.load import load
from stacks.synthesize import synthesize
from tests.conftest import ROOT
from tests.emulator.terraform import workspace

CATALOGS = sorted((ROOT / "tests" / "more_catalogs").glob("*.toml"))


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda path: path.stem)
def test_terraform_finds_the_output_valid(aws: None, catalog: Path, tmp_path: Path) -> None:
    loaded = load(catalog)
    outdir = synthesize(loaded, outdir=tmp_path / "out").outdir
    for deployment in loaded.deployments:
        here = workspace(outdir / "stacks" / deployment.id, tmp_path / "run")
        here.init()
        assert "The configuration is valid" in here.validate()
