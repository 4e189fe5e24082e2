"""An interrupted driver: it sends terraform the signal exactly once (a second one means "give up") and waits for it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fake_terraform import Project

# Needs a moment to save its state, as terraform does.
SLOW = f"""#!{sys.executable}
import signal, sys, time
from pathlib import Path

heard = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: heard.append(signal.Signals(number).name))
if sys.argv[1] in ("init", "state"):
    sys.exit()
Path("running").touch()
until = time.monotonic() + 600
while not heard and time.monotonic() < until:
    time.sleep(0.05)
time.sleep(0.5)
Path("heard").write_text(" ".join(heard))
sys.exit(1)
"""

pytestmark = pytest.mark.usefixtures("signals")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(folder=tmp_path)
    (tmp_path / "bin" / "terraform").write_text(SLOW)
    project.write_output({"shop-a": [], "shop-b": []})
    return project


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 600
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} was never created"
        time.sleep(0.02)


@pytest.mark.parametrize("send", [os.kill, os.killpg])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_without_a_terminal_the_driver_passes_the_signal_on(
    project: Project, send: Callable[[int, int], None], number: signal.Signals, status: int
) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-m", "deploy", "apply"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(project.stack("shop-a") / "running")

    send(driver.pid, number)
    _, errors = driver.communicate(timeout=600)

    assert (driver.returncode, errors) == (status, "")
    assert (project.stack("shop-a") / "heard").read_text() == number.name
    assert not (project.stack("shop-b") / "running").exists()


def test_ctrl_c_is_not_passed_on_because_the_terminal_sends_it_to_both(project: Project) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(project.folder)
        os.execve(sys.executable, [sys.executable, "-m", "deploy", "apply"], project.environment)
    wait_for(project.stack("shop-a") / "running")

    os.write(terminal, b"\x03")
    wait_for(project.stack("shop-a") / "heard")
    shown = os.read(terminal, 10_000).decode()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)

    assert status == 130
    assert "Traceback" not in shown
    assert (project.stack("shop-a") / "heard").read_text() == "SIGINT"
    assert not (project.stack("shop-b") / "running").exists()
