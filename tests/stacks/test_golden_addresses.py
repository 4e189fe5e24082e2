"""The recorded list of every address that a catalog produces: a change breaks deployments that were already applied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.outputs import ShippedOutputs
from tests.support.synth import catalog_output

GOLDEN = ROOT / "tests" / "addresses"
CATALOGS = [
    ROOT / "services.toml",
    *sorted((ROOT / "examples").glob("*.toml")),
    ROOT / "examples" / "teams",
    *sorted((ROOT / "tests" / "more_catalogs").glob("*.toml")),
]


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda path: path.stem)
def test_every_address_is_in_the_recorded_list(shipped: ShippedOutputs, catalog: Path, tmp_path: Path) -> None:
    outputs = shipped(catalog).folders if catalog.is_file() else catalog_output(catalog, tmp_path)
    addresses = sorted(
        f"{stack} {type_}.{name}"
        for stack, output in outputs.items()
        for type_, named in output["resource"].items()
        for name in named
    )
    golden = GOLDEN / f"{catalog.stem}.txt"
    if os.environ.get("WRITE_ADDRESSES") == "1":
        golden.write_text("\n".join(addresses) + "\n")

    written = golden.read_text().splitlines()

    assert addresses == written, (
        "addresses live in users' states: tell what they will see in CHANGELOG.md, "
        "then write the list anew with WRITE_ADDRESSES=1 python -m pytest tests/stacks/test_golden_addresses.py"
    )
