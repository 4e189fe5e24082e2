"""Several Terraform states, with virtual nodes and routes in those of their services."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.states_trial import States, walk


@pytest.mark.slow
def test_virtual_nodes_and_routes_live_and_move_with_their_services(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    walk(States(tmp_path, kind="app-mesh", state=""))
