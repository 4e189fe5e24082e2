"""README shows the real output of its commands. test_toml_blocks.py tests its TOML."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError
from catalog.load import load
from tests import emulator
from tests.conftest import ROOT
from tests.emulator.provider import QUICK, plugin_dir
from tests.project.test_main import called
from tests.support.synth import catalog_output
from tests.support.toml_blocks import blocks
from tools.pictures import THEMES, picture

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines()]
SHOWN = re.findall(r"```text\n(.*?)```", README, re.S)


def test_readme_shows_the_summary_of_the_shipped_catalog(tmp_path: Path) -> None:
    shutil.copy(ROOT / "services.toml", tmp_path)

    assert called(tmp_path).stdout == SHOWN[0]


def test_the_first_catalog_of_readme_makes_as_many_resources_as_its_heading_says(tmp_path: Path) -> None:
    first = next(blocks(ROOT / "README.md"))
    output = catalog_output(first.text, tmp_path)["assistant"]
    count = sum(map(len, output["resource"].values()))
    assert f"Terraform creates {count} resources" in README


def test_the_pictures_of_readme_are_current() -> None:
    for name, theme in THEMES.items():
        assert (ROOT / "docs" / "images" / f"overview-{name}.svg").read_text("utf-8") == picture(theme)


def test_readme_shows_the_errors_of_its_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    catalog = next(block.text for block in blocks(ROOT / "README.md") if "[services.api]" in block.text)
    wrong = catalog.replace('calls = ["api"]', 'calls = ["api"]\ntimeout = "5s"').replace('["llm", ', '["lmm", ')
    Path("my.toml").write_text(wrong)
    with pytest.raises(CatalogError) as found:
        load("my.toml")

    assert f"{found.value}\n" == SHOWN[2]


@pytest.fixture
def clone(tmp_path: Path, aws: None) -> Iterator[Path]:
    """A fresh clone of the working tree, including uncommitted files, with nothing installed."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            target = tmp_path / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    emulator.reset()
    yield tmp_path / "clone"
    emulator.reset()


@pytest.mark.slow
def test_every_command_of_readme_works_in_a_fresh_clone(clone: Path) -> None:
    mirror = plugin_dir()
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("CATALOG_", "CDKTF_", "JSII_"))}
    environ |= emulator.environment() | QUICK
    # README has Terraform fetch the provider from the registry; here it may come from a mirror on the disk.
    environ |= {"TF_CLI_ARGS_init": f"-plugin-dir={mirror}"} if mirror else {}
    assert COMMANDS == ["make synth", "make demo", "make plan", "make apply", "make destroy"]

    said = {}
    for command in COMMANDS:
        done = subprocess.run(
            command.split(), cwd=clone, env=environ, input="yes\n", capture_output=True, text=True, check=False
        )
        said[command] = done.stdout
        assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    assert said["make synth"] == SHOWN[0]
    for line in ("No changes. Your infrastructure matches the configuration.", "Left in the account: nothing"):
        assert line in said["make demo"]
    resources = re.search(r"(\d+) added", said["make demo"])
    assert resources is not None and f" {resources[1]} " in SHOWN[0]
    assert f"{resources[1]} added, 0 changed, 0 destroyed" in said["make apply"]
    assert f"{resources[1]} destroyed" in said["make destroy"]
    assert emulator.leftovers() == {}
