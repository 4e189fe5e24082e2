"""Terraform's commands in the folders of stacks."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import ended, half_made, lock_file, process, protected
from deploy.output import Stack
from deploy.process import Command
from deploy.refusal import NO_TERRAFORM, Refusal


def find_terraform() -> str:
    """The binary's path. TERRAFORM names another, such as tofu; so does the variable that cdktf's own CLI reads."""
    name = os.environ.get("TERRAFORM") or os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    found = shutil.which(name)
    if found is None:
        raise Refusal(f"{name} is not on the PATH; install 1.10 or newer", status=NO_TERRAFORM)
    return str(Path(found).absolute())  # it runs in other folders


class Failed(Refusal):
    """A command of terraform ended otherwise than it should; the status is terraform's."""

    def __init__(self, command: str, *, status: int, at: Stack, left: Sequence[Stack] = ()) -> None:
        not_reached = f"; not reached: {', '.join(stack.id for stack in left)}" if left else ""
        super().__init__(f"{at.id}: terraform {command} ended with {status} in {at.folder}{not_reached}", status=status)


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform's commands in the folders of stacks, with the user's own arguments."""

    binary: str
    kept_lock: Path
    arguments: Sequence[str] = ()

    def init(self, stack: Stack, *, output: Path | None = None) -> int:
        """Initialize a stack, with the provider lock that all of them share."""
        lock_file.put_into(stack.folder, kept=self.kept_lock)
        words = [self.binary, "init", "-input=false"]
        [status] = process.run_together([Command(words=words, folder=stack.folder, output=output)], at_once=1)
        if status == 0:
            lock_file.take_from(stack.folder, kept=self.kept_lock)
        return status

    def init_quietly(self, stack: Stack) -> None:
        """Initialize a stack, and show what terraform says only where it fails. Raises Failed there."""
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "init"
            if status := self.init(stack, output=output):
                print(f"\n=== {stack.id}: terraform init\n\n{output.read_text(encoding='utf-8', errors='replace')}")
                raise Failed("init", status=status, at=stack)

    def run(self, command: str, stack: Stack, *arguments: str) -> int:
        status = process.run([self.binary, command, *arguments, *self.arguments], folder=stack.folder)
        if advice := ended.advice(stack, terraform=self.binary):
            print(f"\n{advice}", file=sys.stderr)
        return status


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command in a stack."""

    stack: Stack
    arguments: Sequence[str] = ()
    part: str = ""
    """Of what, where it is not all of the stack."""


def one_after_another(runs: Sequence[Run], *, command: str, terraform: Terraform, fine: set[int]) -> int:
    """Run the command in every stack, in the order given, up to the first that fails. The greatest exit status, so that
    a plan with changes is not hidden by a later one without. Raises Failed."""
    greatest = 0
    for number, run in enumerate(runs, start=1):
        stack, left = run.stack, list(dict.fromkeys(later.stack for later in runs[number:]))
        print(f"\n=== {stack.id}: terraform {command}{run.part} ({number} of {len(runs)})\n", flush=True)
        if status := terraform.init(stack):
            raise Failed("init", status=status, at=stack, left=left)
        if command == "destroy":
            protected.refuse_what_aws_protects(stack, terraform=terraform.binary)
        status = terraform.run(command, stack, *run.arguments)
        if status not in fine:
            if command == "apply" and (advice := half_made.advice(stack, terraform=terraform.binary)):
                print(f"\n{advice}", file=sys.stderr)
            raise Failed(command, status=status, at=stack, left=left)
        greatest = max(greatest, status)
    return greatest
