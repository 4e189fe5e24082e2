"""`main.py` as `make synth` and `cdktf synth` run it: as a process if that matters, otherwise called in this one."""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from main import main
from tests.conftest import ROOT
from tests.support.in_process import call, run_without_reader


def run(folder: Path, *, catalog: Path | str | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """main.py as a process, run from `folder` as the current one, with its output there."""
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        cwd=folder,
        env=_environment(catalog, environ),
        capture_output=True,
        text=True,
        check=False,
    )


def called(folder: Path, *, catalog: Path | str | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """The same, called in this process."""
    try:
        return call(main, folder=folder, environment=_environment(catalog, environ))
    finally:  # not needed in a process that ends soon
        gc.enable()
        atexit.unregister(gc.freeze)


def _environment(catalog: Path | str | None, environ: dict[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CATALOG_", "CDKTF_"))}
    chosen = {"CATALOG_FILE": str(catalog)} if catalog is not None else {}
    return {**kept, **chosen, **environ}


def written(folder: Path) -> dict[str, bytes]:
    """Every file of the output, by its path."""
    out = folder / "cdktf.out"
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The output of the shipped catalog."""
    folder = tmp_path_factory.mktemp("reference")
    done = run(folder, catalog=ROOT / "services.toml")
    assert done.returncode == 0, done.stderr
    return written(folder)


def test_the_summary_names_the_output_and_the_next_command(tmp_path: Path) -> None:
    done = called(tmp_path, catalog=ROOT / "services.toml")

    assert done.returncode == 0
    assert "chatqna" in done.stdout and "us-west-2" in done.stdout and "9" in done.stdout
    assert "Wrote cdktf.out/stacks/chatqna from " in done.stdout


def test_the_last_line_is_the_next_command_with_the_variables_that_synth_was_given(tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text((ROOT / "examples" / "smallest.toml").read_text())
    shutil.copytree(ROOT / "examples" / "images", tmp_path / "images")
    catalog = tmp_path / "my catalog.toml"
    catalog.write_text((ROOT / "examples" / "environments.toml").read_text())

    plain = called(tmp_path)
    given = called(tmp_path, catalog="my catalog.toml", CATALOG_ENVIRONMENT="dev", CDKTF_OUTDIR="out")

    assert plain.stdout.splitlines()[-1] == "Next: make plan"
    assert given.stdout.splitlines()[-1] == "Next: make plan CATALOG_FILE='my catalog.toml' ENV=dev CDKTF_OUTDIR=out"


def test_a_reader_that_closes_the_pipe_gets_no_traceback(tmp_path: Path) -> None:
    environment = _environment(ROOT / "examples" / "smallest.toml", {})
    done = run_without_reader([str(ROOT / "main.py")], folder=tmp_path, environment=environment)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_another_folder_gives_the_same_bytes(reference: dict[str, bytes], tmp_path: Path) -> None:
    elsewhere = tmp_path / "a folder" / "with spaces"
    elsewhere.mkdir(parents=True)

    assert called(elsewhere, catalog=ROOT / "services.toml").returncode == 0

    assert written(elsewhere) == reference


@pytest.mark.parametrize("seed", [pytest.param("0", marks=pytest.mark.slow), "4711"])
def test_another_hash_seed_gives_the_same_bytes(reference: dict[str, bytes], tmp_path: Path, seed: str) -> None:
    assert run(tmp_path, catalog=ROOT / "services.toml", PYTHONHASHSEED=seed).returncode == 0

    assert written(tmp_path) == reference


def test_tables_in_another_order_give_the_same_bytes(reference: dict[str, bytes], tmp_path: Path) -> None:
    shuffled = tmp_path / "shuffled.toml"
    shuffled.write_text(_shuffled((ROOT / "services.toml").read_text()))

    assert called(tmp_path, catalog=shuffled).returncode == 0

    assert written(tmp_path) == reference


def test_no_path_of_this_machine_is_in_the_output(tmp_path: Path) -> None:
    assert called(tmp_path, catalog=ROOT / "services.toml").returncode == 0

    text = b"".join(written(tmp_path).values()).decode()
    assert str(ROOT) not in text and str(tmp_path) not in text


def test_an_invalid_catalog_exits_with_2_lists_all_errors_and_keeps_the_last_valid_output(tmp_path: Path) -> None:
    catalog = tmp_path / "services.toml"
    catalog.write_text((ROOT / "examples" / "smallest.toml").read_text())
    assert called(tmp_path).returncode == 0
    good = written(tmp_path)
    catalog.write_text(
        catalog.read_text() + '\n[services.chat]\nport = "80"\ncalls = "lmm"\n[services.llm]\nimage = "x"\n'
    )

    done = called(tmp_path)

    lines = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == ""
    assert all(line.startswith("services.toml:") for line in lines) and len(lines) == 3
    assert "Traceback" not in done.stderr
    assert written(tmp_path) == good


def test_an_invalid_catalog_is_reported_before_cdktf_is_imported(tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text("[catalog]\n")
    script = (
        "import runpy, sys\n"
        "try: runpy.run_path(sys.argv[1], run_name='__main__')\n"
        "except SystemExit as stop: code = stop.code\n"
        "print(code, sorted(m for m in ('cdktf', 'jsii', 'constructs', 'stacks') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / "main.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "2 []\n"


def test_an_override_for_an_unknown_resource_is_an_error_with_its_line(tmp_path: Path) -> None:
    catalog = tmp_path / "services.toml"
    text = (ROOT / "examples" / "smallest.toml").read_text()
    catalog.write_text(text + '\n[overrides."aws_ecs_service.wep"]\nenable_execute_command = true\n')

    done = called(tmp_path)

    line = len(text.splitlines()) + 2
    assert done.returncode == 2
    assert done.stderr == (
        f'services.toml:{line}: overrides."aws_ecs_service.wep": no resource has this address; '
        'did you mean "aws_ecs_service.web"?\n'
    )
    assert written(tmp_path) == {}


def test_an_override_for_a_resource_that_one_environment_lacks_names_the_environment(tmp_path: Path) -> None:
    catalog = tmp_path / "services.toml"
    text = (ROOT / "examples" / "smallest.toml").read_text()
    text = text.replace("my-microservices", "my-{environment}")
    own = '[environments.dev.services.probe]\nimage = "r.io/p:1"\n[environments.prod]\n'
    catalog.write_text(f'{text}\n[overrides."aws_ecs_service.probe"]\nenable_execute_command = true\n{own}')

    done = called(tmp_path)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "no resource has this address" in line and line.endswith(" (in prod)")


def test_an_output_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = called(tmp_path, catalog=ROOT / "examples" / "smallest.toml", CDKTF_OUTDIR="file/out")

    assert done.returncode == 2
    assert done.stderr.startswith("file/out: can't be written: Not a directory. Set CDKTF_OUTDIR to another folder.")
    assert "Traceback" not in done.stderr


def test_the_output_folder_is_created_with_its_parents(tmp_path: Path) -> None:
    done = called(tmp_path, catalog=ROOT / "examples" / "smallest.toml", CDKTF_OUTDIR="not/there/yet")

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "not" / "there" / "yet").iterdir()) == ["manifest.json", "stacks"]


def test_a_variable_selects_one_environment(tmp_path: Path) -> None:
    done = called(tmp_path, catalog=ROOT / "examples" / "environments.toml", CATALOG_ENVIRONMENT="prod")

    (stack,) = (tmp_path / "cdktf.out" / "stacks").iterdir()
    assert done.returncode == 0, done.stderr
    assert stack.name.endswith("-prod")


def test_a_variable_selects_the_output_folder(tmp_path: Path) -> None:
    done = called(tmp_path, catalog=ROOT / "examples" / "smallest.toml", CDKTF_OUTDIR="elsewhere")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "manifest.json").exists()


def _shuffled(text: str) -> str:
    """The same catalog with its tables, and the keys within them, in another order."""
    catalog = tomllib.loads(text)
    random.Random(7).shuffle(keys := list(catalog))
    lines: list[str] = []
    for key in keys:
        _table((key,), catalog[key], lines)
    return "\n".join(lines)


def _table(path: tuple[str, ...], table: dict[str, object], lines: list[str]) -> None:
    items = list(reversed(table.items()))
    lines.append("[" + ".".join(f'"{part}"' for part in path) + "]")
    lines += [f'"{key}" = {_toml(value)}' for key, value in items if not isinstance(value, dict)]
    for key, value in items:
        if isinstance(value, dict):
            _table((*path, key), value, lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value)


def test_a_state_from_before_the_name_changed_is_a_notice_above_the_summary(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "smallest.toml").read_text()
    (tmp_path / "services.toml").write_text(text)
    held = [{"mode": "managed", "type": "aws_ecs_service", "name": name} for name in ("web", "api")]
    state = tmp_path / "state" / "smallest" / "base.tfstate"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"version": 4, "resources": held}))

    same = called(tmp_path)
    (tmp_path / "services.toml").write_text(text.replace('name = "smallest"', 'name = "shop"'))
    changed = called(tmp_path)

    assert "base.tfstate" not in same.stderr
    assert "\nstate/smallest/base.tfstate: notice: has 2 resources of smallest, which isn't in this" in changed.stderr
    assert changed.stdout.splitlines()[-2] == "2 notices above"


def test_the_states_of_other_environments_are_no_notice(tmp_path: Path) -> None:
    catalog = tmp_path / "services.toml"
    text = (ROOT / "examples" / "smallest.toml").read_text()
    catalog.write_text(f"{text}\n[environments.dev]\n[environments.prod]\n")
    held = [{"mode": "managed", "type": "aws_ecs_service", "name": name} for name in ("web", "api")]
    state = tmp_path / "state" / "smallest-prod" / "base.tfstate"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"version": 4, "resources": held}))

    for environ in ({}, {"CATALOG_ENVIRONMENT": "dev"}):
        assert "base.tfstate" not in called(tmp_path, **environ).stderr
