"""Several Terraform states: virtual nodes and routes are in the state of their service."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.analysis.states import BASE
from catalog.load import load
from tests import emulator
from tests.stacks.test_states import TEAMS, outputs_of
from tests.support.catalogs import complete
from tests.support.states_trial import States, walk


@pytest.mark.nightly
def test_virtual_nodes_and_routes_move_with_their_services(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    walk(States(tmp_path, kind="app-mesh", state=""))


def test_migrate_from_applies_to_the_state_with_the_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = complete(TEAMS, kind="service-connect").replace("[mesh]\n", '[mesh]\nmigrate_from = "app-mesh"\n')
    Path("services.toml").write_text(text)
    outputs = outputs_of(load("services.toml"))

    def forgotten(state: str) -> set[str]:
        return {block["from"] for block in outputs[state]["removed"]}

    assert "aws_appmesh_virtual_node.llm" in forgotten("rag") - forgotten(BASE)
    assert {"aws_appmesh_mesh.main_mesh", "aws_appmesh_virtual_node.web"} <= forgotten(BASE)
