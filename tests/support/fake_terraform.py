"""A terraform that only writes down how it was called, and output folders for it to run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from deploy.__main__ import main
from tests.conftest import ROOT
from tests.support.in_process import call

# A stack's outputs.json has its outputs, the file addresses the addresses in its state, and state.json its state.
# STATUS_<command>_<stack> says how a command ends; FAKE_LOCK_<stack> is what init leaves as lock file.
FAKE = """#!/bin/sh
stack=${PWD##*/}
case "$1" in
  output) cat outputs.json 2> /dev/null || echo "{}"; exit ;;
  state)
    test -e unreadable && { echo "AccessDenied" >&2; exit 1; }
    test "$2" = pull && { cat state.json 2> /dev/null; exit 0; }
    cat addresses 2> /dev/null
    exit 0 ;;
esac
echo "$stack: $*" >> "$CALLS"
echo "terraform says: $1 $stack"
test -e .terraform.lock.hcl && echo "$stack has lock: $(cat .terraform.lock.hcl)" >> "$LOCKS"
variable=$stack
while test "$variable" != "${variable%%-*}"; do variable="${variable%%-*}_${variable#*-}"; done
if test "$1" = init; then
  eval "lock=\\${FAKE_LOCK_$variable}"
  test -n "$lock" && echo "$lock" > .terraform.lock.hcl
fi
eval "exit \\${STATUS_$1_$variable:-0}"
"""

CATALOG = """
[catalog]
name = "shop"
region = "us-west-2"

[mesh]
kind = "none"

[services.web]
image = "web:1"
"""


@dataclass(kw_only=True)
class Project:
    """A folder with a catalog and an output folder, in which the driver runs."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        binary = self.folder / "bin" / "terraform"
        binary.parent.mkdir()
        binary.write_text(FAKE)
        binary.chmod(0o755)
        (self.folder / "services.toml").write_text(CATALOG)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CATALOG_", "TF_"))}
        self.environment = inherited | {
            "PATH": f"{binary.parent}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "CALLS": str(self.folder / "calls"),
            "LOCKS": str(self.folder / "locks"),
        }

    def add_environments(self, *names: str) -> None:
        with (self.folder / "services.toml").open("a") as catalog:
            catalog.writelines(f"[environments.{name}]\n" for name in names)

    def write_output(self, stacks: dict[str, list[str]], *, outdir: str = "cdktf.out") -> None:
        """An output folder as cdktf 0.21 writes it: stacks, each with those it depends on."""
        entries = {}
        for name, dependencies in stacks.items():
            (self.folder / outdir / "stacks" / name).mkdir(parents=True)
            entries[name] = {
                "annotations": [],
                "constructPath": name,
                "dependencies": dependencies,
                "name": name,
                "stackMetadataPath": f"stacks/{name}/metadata.json",
                "synthesizedStackPath": f"stacks/{name}/cdk.tf.json",
                "workingDirectory": f"stacks/{name}",
            }
        manifest = {"stacks": entries, "version": "0.21.0"}
        (self.folder / outdir / "manifest.json").write_text(json.dumps(manifest))

    def stack(self, name: str) -> Path:
        return self.folder / "cdktf.out" / "stacks" / name

    def deploy(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The output and exit status of the driver, called in this process."""
        return call(lambda: main(arguments), folder=self.folder, environment=self.environment | environment)

    def started(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The same of a process of its own, as make starts it."""
        return subprocess.run(
            [sys.executable, "-m", "deploy", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def calls(self) -> list[str]:
        """The calls of terraform, as "<stack>: <arguments>"."""
        return _lines(self.folder / "calls")

    def locks(self) -> list[str]:
        return _lines(self.folder / "locks")


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
