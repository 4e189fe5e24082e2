"""Measure how much time several Terraform states save: 300 services in twelve stacks, and the same in one state.

    python -m tools.bench --states

Applies the base and two of the stacks to the emulated AWS, plans all, and prints what Terraform and its provider cost.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.load import load
from stacks.synthesize import synthesize
from tests import emulator
from tests.emulator.terraform import plugin_dir

ROOT = Path(__file__).resolve().parent.parent
STACKS = 12
EACH = 25
APPLIED = 2
_HEAD = """
[catalog]
name = "bench"
region = "us-west-2"
[network]
zones = ["us-west-2a", "us-west-2b"]
nat = "none"
[mesh]
kind = "service-connect"
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/bench:1"
port = 8080
"""


def catalog(*, split: bool) -> str:
    """Twelve teams of 25 services; each service calls the next of its team, and the last one the first of the team
    before."""
    text = _HEAD
    for team in range(STACKS):
        for number in range(EACH):
            last = number == EACH - 1
            callee = f"t{team - 1}-s0" if last else f"t{team}-s{number + 1}"
            text += f"[services.t{team}-s{number}]\n"
            text += f'calls = ["{callee}"]\n' if team or not last else ""
            text += f'stack = "team-{team}"\n' if split else ""
    return text


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The seconds that a command took, and its output."""

    wall: float
    cpu: float
    said: str


def _run(words: Sequence[str], folder: Path, environment: dict[str, str]) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)} in {folder}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall=time.perf_counter() - started, cpu=cpu, said=done.stdout)


def _tell(what: str, cost: Cost) -> None:
    print(f"{what.ljust(52)}  {cost.cpu:6.1f} CPU s  {cost.wall:6.1f} s", flush=True)


def measure() -> None:
    emulator.start()
    place = plugin_dir()
    environment = emulator.environment() | {
        "PYTHONPATH": str(ROOT),
        "TF_CLI_ARGS": "-no-color",
        "TF_CLI_ARGS_init": f"-no-color -plugin-dir={place}" if place else "-no-color",
    }
    terraform = os.environ.get("TERRAFORM", "terraform")
    try:
        with tempfile.TemporaryDirectory(prefix="bench-states-") as name:
            folders = {split: Path(name, "split" if split else "whole") for split in (False, True)}
            for split, folder in folders.items():
                folder.mkdir()
                (folder / "services.toml").write_text(catalog(split=split))
                made = synthesize(load(folder / "services.toml"), outdir=folder / "cdktf.out")
                print(f"{len(made.folders)} state(s): {sum(made.resources.values())} resources")
            whole = folders[False] / "cdktf.out" / "stacks" / "bench"
            _run([terraform, "init"], whole, environment)
            _tell("one state, plan of all", _run([terraform, "plan"], whole, environment))

            deploy, here = [sys.executable, "-m", "deploy"], folders[True]
            # From the last one on: these stacks call no service in a stack that isn't applied.
            chosen = ["base", *(f"team-{team}" for team in range(APPLIED))]
            for state in chosen:
                applied = _run([*deploy, "apply", "--stack", state, "--", "-auto-approve"], here, environment)
                _tell(f"{state}, apply", applied)
            for state in chosen:
                planned = _run([*deploy, "plan", "--stack", state], here, environment)
                unchanged = "No changes" in planned.said or "no changes" in planned.said
                _tell(f"{state}, plan again: {'no changes' if unchanged else 'CHANGES'}", planned)
            fresh = _run([*deploy, "plan", "--stack", f"team-{STACKS - 1}"], here, environment)
            _tell(f"team-{STACKS - 1}, first plan", fresh)
            everything = _run([*deploy, "plan"], here, environment)
            _tell(f"{STACKS + 1} stacks, plan of all", everything)
            print(everything.said.partition("=== all plans\n")[2])
    finally:
        emulator.stop()
