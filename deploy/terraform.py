"""Terraform in one stack folder after another."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from deploy import ended, half_made, lock_file, process
from deploy.output import Stack
from deploy.refusal import NO_TERRAFORM, Refusal

Command = Literal["plan", "apply", "destroy"]
CHANGES_PLANNED = 2  # what `terraform plan -detailed-exitcode` ends with where there is something to do


def find_terraform() -> str:
    """The binary's path. TERRAFORM names another, such as tofu; so does the variable that cdktf's own CLI reads."""
    name = os.environ.get("TERRAFORM") or os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    found = shutil.which(name)
    if found is None:
        raise Refusal(f"{name} is not on the PATH; install 1.10 or newer", status=NO_TERRAFORM)
    return str(Path(found).absolute())  # it runs in other folders


def visit(
    stacks: Sequence[Stack], *, command: Command, arguments: Sequence[str], terraform: str, kept_lock: Path
) -> int:
    """Run the command in every stack, in the order given, up to the first that fails.

    The greatest exit status, so that a plan with changes is not hidden by a later one without.
    """
    fine = {0, CHANGES_PLANNED} if command == "plan" and _tells_changes_by_status(arguments) else {0}
    greatest = 0
    for number, stack in enumerate(stacks, start=1):
        print(f"\n=== {stack.id}: terraform {command} ({number} of {len(stacks)})\n", flush=True)
        lock_file.put_into(stack.folder, kept=kept_lock)
        status = process.run([terraform, "init", "-input=false"], folder=stack.folder)
        if status != 0:
            return _failed("init", status=status, at=stack, left=stacks[number:])
        lock_file.take_from(stack.folder, kept=kept_lock)
        status = process.run([terraform, command, *arguments], folder=stack.folder)
        if advice := ended.advice(stack, terraform=terraform):
            print(f"\n{advice}", file=sys.stderr)
        if status not in fine:
            if command == "apply" and (advice := half_made.advice(stack, terraform=terraform)):
                print(f"\n{advice}", file=sys.stderr)
            return _failed(command, status=status, at=stack, left=stacks[number:])
        greatest = max(greatest, status)
    return greatest


def _tells_changes_by_status(arguments: Sequence[str]) -> bool:
    added = [os.environ.get(name, "") for name in ("TF_CLI_ARGS", "TF_CLI_ARGS_plan")]
    return any("-detailed-exitcode" in text for text in (*arguments, *added))


def _failed(command: str, *, status: int, at: Stack, left: Sequence[Stack]) -> int:
    not_reached = f"; not reached: {', '.join(stack.id for stack in left)}" if left else ""
    print(f"{at.id}: terraform {command} ended with {status} in {at.folder}{not_reached}", file=sys.stderr)
    return status
