"""docs/tutorial.md: every step gives what the page shows."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.__main__ import main as catalog_main
from main import main as synth_main
from tests.conftest import ROOT
from tests.support.in_process import call

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^## (\d)\. .*?(?:^```(?:toml|TOML)\n(.*?)^```\n.*?)?^```sh\n(make .*?)\n```\n+```text\n(.*?)^```", re.M | re.S
)
STEPS = STEP.findall(PAGE)


def test_the_page_has_a_step_for_each_numbered_heading() -> None:
    assert [number for number, *_ in STEPS] == re.findall(r"^## (\d)\.", PAGE, re.M)


@pytest.mark.parametrize(("number", "toml", "command", "shown"), STEPS)
def test_a_step_prints_what_the_page_shows(
    number: str, toml: str, command: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my.toml").write_text(toml, encoding="utf-8")
    _, target, *settings = command.split()
    values = dict(setting.split("=") for setting in settings)
    programs: dict[str, tuple[Callable[[], int], list[str]]] = {
        "check": (catalog_main, ["check"]),
        "explain": (catalog_main, ["explain", values.get("SERVICE", "")]),
        "synth": (synth_main, []),
    }
    main, arguments = programs[target]
    monkeypatch.setattr("sys.argv", [target, *arguments])
    try:
        done = call(main, folder=tmp_path, environment={"CATALOG_FILE": values["CATALOG_FILE"]})
    finally:  # synth switches the collector off, as its process ends soon
        gc.enable()
    assert done.stderr + done.stdout == shown
