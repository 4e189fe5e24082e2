"""The shape of container definitions is AWS's own, and needs no botocore to be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from catalog.task.addition import SHAPE_FILE, container_definition_shape
from tools.aws_data import container_definition


def test_the_shape_is_that_of_the_installed_botocore() -> None:
    assert SHAPE_FILE.read_text() == container_definition(), "python -m tools.aws_data writes it anew"


def test_the_shape_says_types_words_and_what_is_required() -> None:
    limits = container_definition_shape()["members"]["ulimits"]["member"]
    assert limits["required"] == ["hardLimit", "name", "softLimit"]
    assert limits["members"]["hardLimit"] == {"type": "integer"}
    assert "nofile" in limits["members"]["name"]["enum"]


def test_nobody_who_runs_the_app_needs_botocore(root: Path) -> None:
    program = "import sys, catalog.load; catalog.load.load('services.toml'); sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
