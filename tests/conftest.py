"""What all tests share."""

from __future__ import annotations

import stacks as stacks  # isort: skip  (before cdktf: it makes that import fast)

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def root() -> Path:
    """The project's folder."""
    return ROOT
