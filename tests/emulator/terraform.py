"""Run real Terraform on a generated stack folder, in a copy of it, against the emulator.

Nothing in the generated JSON is changed. An override file beside it pins the one provider that is
installed and puts the state into the copy; Terraform merges override files by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import provider, server
from .provider import PROVIDER, plugin_dir

__all__ = ["PROVIDER", "TerraformError", "Workspace", "find_terraform", "plugin_dir", "workspace"]


class TerraformError(AssertionError):
    """A command failed. The message has Terraform's output."""


def find_terraform() -> str | None:
    """The terraform binary, or None."""
    return os.environ.get("TERRAFORM_BINARY_NAME") or shutil.which("terraform")


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A copy of one stack folder in which terraform runs."""

    folder: Path
    environment: dict[str, str] = field(default_factory=server.environment, repr=False)
    shares_provider: bool = True
    """Whether runs use the shared provider process (provider.py). If not, they require `init` to install the provider
    and more than twice the CPU time."""

    def init(self) -> str:
        place = plugin_dir()
        return self.run("init", *([f"-plugin-dir={place}"] if place else []))

    def validate(self) -> str:
        return self.run("validate")

    def plan(self, *arguments: str) -> bool:
        """Whether the plan has changes."""
        return self.run_code("plan", "-detailed-exitcode", *arguments, allowed=(0, 2))[0] == 2

    def apply(self, *arguments: str) -> str:
        return self.run("apply", "-auto-approve", *arguments)

    def destroy(self, *arguments: str) -> str:
        return self.run("destroy", "-auto-approve", *arguments)

    def show(self) -> dict[str, Any]:
        """The state, as `terraform show -json` prints it."""
        return json.loads(self.run("show", "-json"))

    def output(self) -> dict[str, Any]:
        """The outputs' values by name."""
        return {name: each["value"] for name, each in json.loads(self.run("output", "-json")).items()}

    def run(self, command: str, *arguments: str) -> str:
        return self.run_code(command, *arguments)[1]

    def run_code(self, command: str, *arguments: str, allowed: tuple[int, ...] = (0,)) -> tuple[int, str]:
        """Exit code and output of one command. Raises TerraformError for exit codes that aren't allowed."""
        quiet = [] if command in ("show", "validate", "output") else ["-input=false"]
        done = subprocess.run(
            [find_terraform() or "terraform", command, "-no-color", *quiet, *arguments],
            cwd=self.folder,
            env=self.environment | provider.QUICK | (provider.attach(self.environment) if self.shares_provider else {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in allowed:
            raise TerraformError(f"terraform {command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.returncode, done.stdout


def workspace(
    stack: Path,
    into: Path,
    *,
    keep_backend: bool = False,
    variables: dict[str, str] | None = None,
    shares_provider: bool = True,
) -> Workspace:
    """Copy a stack folder into an empty directory and add the override.

    With keep_backend the stack's own backend is used; otherwise its state is in the copy. `variables`
    are added to the environment.
    """
    folder = into / stack.name
    shutil.copytree(stack, folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    override: dict[str, Any] = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER}}},
        # An operation that the emulator lacks answers 500, which the provider would retry 25 times, for minutes. Not
        # fewer than three tries: on a busy machine a connection to the emulator is lost now and then (tokens.py).
        "provider": {"aws": {"max_retries": 3}},
    }
    if not keep_backend:
        override["terraform"]["backend"] = {"local": {}}
    (folder / "harness_override.tf.json").write_text(json.dumps(override, indent=2))
    return Workspace(
        folder=folder, environment=server.environment() | (variables or {}), shares_provider=shares_provider
    )
