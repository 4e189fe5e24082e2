"""`python -m catalog`, as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.__main__ import main
from tests.conftest import ROOT
from tests.support.in_process import call

CATALOG = (
    "[catalog]\nname = 'x'\nregion = 'us-west-2'\n[mesh]\nkind = 'none'\n[services.web]\nimage = 'a.example/x:1'\n"
)
LOOK = "import runpy, sys\ntry: runpy.run_module('catalog', run_name='__main__', alter_sys=True)\nfinally: print({})"
IMPORTED = "sorted({name.partition('.')[0] for name in sys.modules} & {'cdktf', 'cdktf_cdktf_provider_aws', 'jsii'})"


def _environment(changed: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("CATALOG_")} | changed


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Called in this process."""
    return call(lambda: main(arguments), folder=ROOT, environment=_environment(environment))


def started(*arguments: str, code: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same as a process."""
    command = ["-c", code] if code else ["-m", "catalog"]
    return subprocess.run(
        [sys.executable, *command, *arguments],
        cwd=ROOT,
        env=_environment(environment),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.toml"
    path.write_text(CATALOG, "utf-8")
    return path


def test_a_good_catalog_is_counted_in_one_line(file: Path) -> None:
    done = run("check", str(file))
    assert (done.returncode, done.stdout) == (0, f"{file}: OK, 1 deployment, 1 service, 0 calls\n")


def test_what_an_author_should_know_goes_to_stderr(file: Path) -> None:
    file.write_text(file.read_text() + "[external.db]\nhost = 'db.example.com'\n")
    assert f"{file}:8: external.db: notice: no service calls it" in run("check", str(file)).stderr


def test_the_shipped_catalog_is_checked_by_default() -> None:
    assert run("check").stdout.startswith("services.toml: OK, ")


def test_a_variable_names_another_catalog(file: Path) -> None:
    assert run("check", CATALOG_FILE=str(file)).stdout.startswith(f"{file}: OK")


def test_a_variable_narrows_the_check_to_one_environment() -> None:
    both = run("check", "examples/environments.toml").stdout
    one = run("check", "examples/environments.toml", CATALOG_ENVIRONMENT="dev").stdout
    assert (both.split(", ")[1], one.split(", ")[1]) == ("2 deployments", "1 deployment")


def test_every_problem_is_a_line_on_stderr(file: Path) -> None:
    file.write_text(CATALOG + "port = '80'\ncalls = 'nobody'\n", "utf-8")
    done = run("check", str(file))
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (2, "", 2)
    assert lines[0].startswith(f"{file}:8: services.web.port: ")
    assert lines[1].startswith(f"{file}:9: services.web.calls: ")


def test_a_file_that_is_not_there_is_a_problem_without_a_traceback() -> None:
    done = run("check", "nowhere.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nowhere.toml: doesn't exist.")


def test_a_wrong_command_exits_like_a_wrong_catalog() -> None:
    assert run("chekc").returncode == 2


@pytest.mark.parametrize(("command", "made"), [("schema", "services.schema.json"), ("reference", "docs/catalog.md")])
def test_what_is_made_is_what_lies_in_the_repository(command: str, made: str) -> None:
    done = started(command, PYTHONHASHSEED="7", PYTHONIOENCODING="latin-1")
    assert done.stdout == (ROOT / made).read_text("utf-8")


@pytest.mark.parametrize("command", ["check", "schema", "reference"])
def test_nothing_of_cdktf_is_imported(command: str) -> None:
    assert started(command, code=LOOK.format(IMPORTED)).stdout.splitlines()[-1] == "[]"
