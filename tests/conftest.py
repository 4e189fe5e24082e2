"""Fixtures that all tests share."""

from __future__ import annotations

import stacks as stacks  # isort: skip  (before cdktf: it makes that import fast)

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.outputs import ShippedOutputs

ROOT = Path(__file__).parent.parent

# `make test ARGS=...` exports these to every make that a test starts.
for _name in ("ARGS", "ENV", "PLANS", "STACK", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"):
    os.environ.pop(_name, None)

# Garbage collection over the thousands of collected tests takes an eighth of the CPU time.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files that use Terraform first: some take minutes, mostly waiting, while other processes continue."""
    first = {item.path for item in items if "terraform" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in first)


@pytest.fixture
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the processes that a test starts. Otherwise they inherit the signals that this
    process's parent ignores: shells ignore SIGINT for their background jobs."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def terraform() -> None:
    """Skip without terraform on the PATH; with DEMAND_TERRAFORM=1, fail."""
    from tests.emulator.terraform import find_terraform

    if find_terraform() is None:
        if os.environ.get("DEMAND_TERRAFORM") == "1":
            pytest.fail("DEMAND_TERRAFORM=1, and terraform is not on the PATH")
        pytest.skip("terraform is not on the PATH")


@pytest.fixture(scope="session")
def aws(terraform: None) -> Iterator[None]:
    """The emulated AWS, one for each test process; skips without terraform."""
    from tests import emulator  # takes two seconds, and the process that only distributes tests doesn't need it

    emulator.start()
    yield
    emulator.stop()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> ShippedOutputs:
    """The output of a catalog of this repository on a mesh: `shipped(file, kind)`."""
    from tests.support.outputs import ShippedOutputs  # starts Node

    own = tmp_path_factory.getbasetemp()
    # Each process of pytest-xdist has its own folder beside the others.
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shipped"
    folder.mkdir(exist_ok=True)
    return ShippedOutputs(folder)
