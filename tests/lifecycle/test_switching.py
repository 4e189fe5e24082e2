"""The shipped catalog switches from mesh to mesh on one state: applied at each step, and destroyed at the end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from catalog.meshes import MESHES as TRAITS
from tests import emulator
from tests.conftest import ROOT
from tests.support.catalogs import of_kind
from tests.support.trial import Trial
from tests.support.verify import MESHES

ENDED = [kind for kind, mesh in TRAITS.items() if mesh.ended]
# Leaving a retired mesh takes two steps: with `migrate_from`, and then without it.
STOPS = [*ENDED, "service-connect", *(["service-connect"] if ENDED else []), "vpc-lattice", "none", "service-connect"]
KEPT = ("aws_cloudwatch_log_group.", "aws_ecs_cluster.", "aws_ecs_service.", "aws_iam_role.", "aws_lb.", "aws_vpc.")
"""Resource types that a switch may update. It replaces only resources of the mesh itself."""
UNREACHABLE = "http://127.0.0.1:9"
ENDPOINTS = {"app-mesh": "AWS_ENDPOINT_URL_APP_MESH"}
PAGES = {"app-mesh": "docs/migrating-from-app-mesh.md"}
"""How to leave a retired mesh, and Terraform's output for each way."""


@pytest.mark.nightly
def test_the_shipped_catalog_can_switch_from_mesh_to_mesh(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    before: dict[str, Any] = {}
    printed = ""
    for left, kind in zip([None, *STOPS], STOPS, strict=False):
        migrate_from = f'migrate_from = "{left}"' if left in ENDED else ""
        deployment = trial.write(of_kind(ROOT / "services.toml", kind, mesh=migrate_from))
        planned = trial.planned()
        printed += trial.said
        trial.apply_planned()
        after = trial.state()

        _assert_updated_in_place(before, after, planned)
        assert trial.planned() == {}, f"the second plan at {kind} has changes"
        MESHES[kind].assert_reaches(deployment)
        for other, mesh in MESHES.items():
            assert not mesh.remains(deployment) or other == kind, f"{other} remains at {kind}"
        assert not [address for address in after if left in ENDED and address.startswith(TRAITS[left].resource_prefix)]
        before = after
        if kind in ENDED:  # from here on, calls to it get no response
            trial.environment = {ENDPOINTS[kind]: UNREACHABLE}

    for kind in ENDED:
        _assert_shows(ROOT / PAGES[kind], printed)
    trial.workspace.destroy()
    left_behind = emulator.leftovers()
    left_behind.pop("mesh", None)  # no longer managed by Terraform
    assert left_behind == {}


def _assert_shows(page: Path, printed: str) -> None:
    shown = re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    lines = [line.strip() for block in shown for line in block.splitlines()]
    assert lines and set(lines) <= {line.strip() for line in printed.splitlines()}


def _assert_updated_in_place(before: dict[str, Any], after: dict[str, Any], planned: dict[str, list[str]]) -> None:
    for address, attributes in before.items():
        if address.startswith(KEPT) and not address.endswith(".main_mesh"):
            assert after[address]["id"] == attributes["id"], f"{address} was replaced"
            assert planned.get(address, ["update"]) == ["update"], address
