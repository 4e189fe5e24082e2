"""The model of container definitions is AWS's own, and needs no botocore to be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from catalog.task.document_sizes import FILE, container_definition, current_model


def test_the_model_is_that_of_the_installed_botocore() -> None:
    assert FILE.read_text() == current_model(), "python -m catalog.task.document_sizes writes it anew"


def test_the_model_says_types_words_and_what_is_required() -> None:
    limits = container_definition()["members"]["ulimits"]["member"]
    assert limits["required"] == ["hardLimit", "name", "softLimit"]
    assert limits["members"]["hardLimit"] == {"type": "integer"}
    assert "nofile" in limits["members"]["name"]["enum"]


def test_nobody_who_runs_the_app_needs_botocore(root: Path) -> None:
    program = "import sys, catalog.load; catalog.load.load('services.toml'); sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
