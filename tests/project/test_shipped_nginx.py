"""The command of the shipped nginx, with the real nginx: what it sends to its callees, and how it finds their tasks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.nginx_stage import FIRST, NAMES, PATHS, PORT, SECOND

SHIPPED = ["services.toml", "examples/chatqna-gpu.toml"]
OWN = ["unshare", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def command_in(file: str) -> list[str]:
    command: list[str] = tomllib.loads((ROOT / file).read_text("utf-8"))["services"]["nginx"]["command"]
    return command


@pytest.fixture
def nginx() -> str:
    """The path of nginx. Skips without it, or without namespaces; with DEMAND_NGINX=1, fails."""
    found = os.environ.get("NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    reason = "" if found and shutil.which("envsubst") else "nginx and envsubst aren't installed"
    if not reason and subprocess.run([*OWN, "true"], capture_output=True, check=False).returncode:
        reason = f"{' '.join(OWN)} isn't permitted"
    if reason and os.environ.get("DEMAND_NGINX") == "1":
        pytest.fail(f"DEMAND_NGINX=1, and {reason}")
    if reason:
        pytest.skip(reason)
    return str(found)


def observed(command: list[str], folder: Path, *, nginx: str, kind: str) -> dict[str, Any]:
    shell, option, script = command
    script = script.replace("/etc/nginx", str(folder)).replace("/usr/local/bin", str(folder))
    (folder / "command").write_text(json.dumps([shell, option, script.replace("sleep 10", "sleep 0.2")]))
    stage = [sys.executable, "-m", "tests.support.nginx_stage", str(folder), kind]
    done = subprocess.run(
        [*OWN, *stage],
        cwd=ROOT,
        env=os.environ | {"NGINX": nginx},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_both_shipped_catalogs_have_the_same_command() -> None:
    assert command_in(SHIPPED[0]) == command_in(SHIPPED[1])


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ["hosts", "dns"])
def test_nginx_sends_what_every_mesh_accepts_and_finds_replaced_tasks(nginx: str, tmp_path: Path, kind: str) -> None:
    seen = observed(command_in(SHIPPED[0]), tmp_path, nginx=nginx, kind=kind)

    hosts = dict(zip(PATHS, NAMES.values(), strict=True))
    assert seen == {
        "before": {path: ["HTTP/1.1", f"{host}:{PORT}", FIRST] for path, host in hosts.items()},
        "reloads without need": False,
        "found": True,
        "after": {path: ["HTTP/1.1", f"{host}:{PORT}", SECOND] for path, host in hosts.items()},
        "status": 0,
    }
