"""The shape of container definitions comes from AWS's API model, and the app reads it without botocore."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from catalog.task.addition import SHAPE_FILE, container_definition_shape
from tools.aws_data import container_definition


def test_the_shape_matches_the_installed_botocore() -> None:
    assert SHAPE_FILE.read_text() == container_definition(), "python -m tools.aws_data writes it anew"


def test_the_shape_has_types_values_and_required_keys() -> None:
    limits = container_definition_shape()["members"]["ulimits"]["member"]
    assert limits["required"] == ["hardLimit", "name", "softLimit"]
    assert limits["members"]["hardLimit"] == {"type": "integer"}
    assert "nofile" in limits["members"]["name"]["enum"]


def test_the_app_does_not_import_botocore(root: Path) -> None:
    program = "import sys, catalog.load; catalog.load.load('services.toml'); sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
