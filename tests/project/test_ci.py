"""The output of `make ci` for its steps."""

from __future__ import annotations

import os
import sys

import pytest

from tools import ci

PRINTS = """
print("tests/test_a.py .F   [100%]")
print("FAILED tests/test_a.py::test_b - assert 1 == 2")
print("========= 1 failed, 1 passed in 0.10s =========")
raise SystemExit(1)
"""


def test_a_step_is_printed_with_its_status_costs_and_last_line_of_pytest(capfd: pytest.CaptureFixture[str]) -> None:
    step = ci.run("fast", [sys.executable, "-c", PRINTS], environment=os.environ)

    assert (step.name, step.status) == ("fast", 1)
    assert step.cpu > 0 and step.wall > 0
    assert step.last_words == [
        "FAILED tests/test_a.py::test_b - assert 1 == 2",
        "========= 1 failed, 1 passed in 0.10s =========",
    ]
    assert "[100%]" in capfd.readouterr().out


def test_costs_are_summed_and_printed_with_units() -> None:
    steps = [
        ci.Step(name="lint", status=0, cpu=10, wall=5, last_words=[]),
        ci.Step(name="fast", status=1, cpu=30, wall=20, last_words=[]),
    ]

    assert [line.split() for line in ci.table(steps, unit=0.5)[1:]] == [
        ["lint", "10", "5", "20", "10", "0"],
        ["fast", "30", "20", "60", "40", "1"],
        ["sum", "40", "25", "80", "50"],
        ["one", "unit", "=", "0.50", "s", "of", "CPU", "time"],
    ]


@pytest.mark.parametrize("wrong", ["", "slow"])
def test_all_steps_run_and_a_failed_step_fails_the_run(
    wrong: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []

    def run(name: str, words: list[str], **_: object) -> ci.Step:
        ran.append(name)
        return ci.Step(name=name, status=int(name == wrong), cpu=1, wall=1, last_words=[f"=== {name} in 1s ==="])

    monkeypatch.setenv("TF_PLUGIN_DIR", "/mirror")
    monkeypatch.setattr(ci, "run", run)
    monkeypatch.setattr(ci, "measured_unit", lambda: 1.0)
    monkeypatch.setattr(ci, "_print_versions", lambda: None)

    assert ci.main("ci") == bool(wrong)
    assert ran == ["lint", "fast", "slow", "security"]
    said = capsys.readouterr().out.splitlines()
    assert said[-5:-1] == [f"=== {name} in 1s ===" for name in ran]
    assert said[-1] == ("failed: slow" if wrong else "passed: lint, fast, slow, security")
