"""`make plan`: plans several stacks concurrently and prints a table of their changes."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from catalog.diagnostics import plural
from deploy import guards
from deploy.failures import credentials_advice
from deploy.process import Command, Refusal, run_together
from deploy.stacks import Stack, base_of, configuration_of, offered
from deploy.terraform import (
    Failed,
    Run,
    Terraform,
    one_after_another,
    plan_file,
    tells_changes_by_status,
)

CHANGES_PLANNED = 2  # the exit status of `terraform plan -detailed-exitcode` if there are changes
_AT_ONCE = 4
_PLANNED = re.compile(
    r"Plan: (?:(?P<imported>\d+) to import, )?(?P<added>\d+) to add, (?P<changed>\d+) to change, "
    r"(?P<destroyed>\d+) to destroy"
)
_FORGOTTEN = re.compile(r"# (\S+) will no longer be managed by Terraform")
_MOVED = re.compile(r"# \S+ has moved to \S+|\(moved from \S+\)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def plan(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Plan all stacks that can be planned, even if others fail. Raises Refusal for an absolute plan file."""
    fine = {0, CHANGES_PLANNED} if tells_changes_by_status(terraform.arguments) else {0}
    if len(stacks) == 1 and base_of(stacks[0], all_stacks) is None:
        return one_after_another(
            [Run(stack=stacks[0])], all_stacks=all_stacks, command="plan", terraform=terraform, fine=fine
        )
    _refuse_shared_file(stacks, terraform.arguments)
    bases = {stack.id: base for stack in stacks if (base := base_of(stack, all_stacks)) is not None}
    failed = _initialized([*bases.values(), *stacks], terraform=terraform)
    offers = {base: offered(base, terraform=terraform.binary) for base in set(bases.values()) if base.id not in failed}
    for stack in stacks:
        if stack.id not in failed:
            terraform.refuse_replacement("plan", stack, all_stacks=all_stacks)
    skipped = {}
    for stack in stacks:
        base = bases.get(stack.id)
        if stack.id in failed:
            skipped[stack.id] = "terraform init failed"
        elif base is not None and base.id in failed:
            skipped[stack.id] = f"terraform init of {base.id} failed"
        elif base is not None and (missing := configuration_of(stack).reads - offers[base]):
            skipped[stack.id] = _waits_for(base, missing=len(missing), offers=offers[base])
    return _plan_concurrently(stacks, terraform=terraform, fine=fine, skipped=skipped, failed=failed)


def _initialized(stacks: Iterable[Stack], *, terraform: Terraform) -> dict[str, int]:
    """Initialize stacks; the exit status of each that failed."""
    failed = {}
    for stack in dict.fromkeys(stacks):
        try:
            terraform.init_quietly(stack)
        except Failed as failure:
            print(f"Error: {failure}", file=sys.stderr)
            failed[stack.id] = failure.status
    return failed


def _refuse_shared_file(stacks: Sequence[Stack], words: Sequence[str]) -> None:
    """Raise Refusal for an absolute plan file: all stacks would write it. A relative one is in each stack's folder."""
    file = plan_file(words)
    if len(stacks) > 1 and file is not None and file.is_absolute():
        raise Refusal(
            f"-out={file}: {len(stacks)} stacks would write the same file. Use a relative path, which is in each "
            f"stack's folder: -out={file.name}. Or select one stack with STACK."
        )


def _waits_for(base: Stack, *, missing: int, offers: Collection[str]) -> str:
    if not offers:
        return f"{base.id} isn't applied yet. Apply it first."
    return f"requires {missing} new {plural('output', missing)} of {base.id}. Apply it first."


def at_once() -> int:
    """The number of concurrent plans: JOBS, or one per processor, at most four. Raises Refusal for an invalid JOBS."""
    jobs = os.environ.get("JOBS", "")
    if jobs and (not jobs.isdecimal() or int(jobs) == 0):
        raise Refusal(f"JOBS={jobs} must be a positive integer. Set JOBS=2, for example, or unset it.")
    return int(jobs) if jobs else min(_AT_ONCE, os.cpu_count() or 1)


def _plan_concurrently(
    stacks: Sequence[Stack], *, terraform: Terraform, fine: set[int], skipped: dict[str, str], failed: dict[str, int]
) -> int:
    """Plan initialized stacks. `skipped` has the reason for each stack that isn't planned, `failed` the exit status of
    each failed init. Returns the greatest exit status of the failures, else of the others; a stack that waits for its
    base counts as one with changes."""
    planned = [stack for stack in stacks if stack.id not in skipped]
    print(f"Planning {len(planned)} of {len(stacks)} stacks, {at_once()} concurrently", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        outputs = {stack.id: Path(folder) / stack.id for stack in planned}
        commands = [
            Command(words=terraform.words("plan", stack, "-input=false"), folder=stack.folder, output=outputs[stack.id])
            for stack in planned
        ]
        ended_with = run_together(commands, at_once=at_once())
        statuses = {stack.id: status for stack, status in zip(planned, ended_with, strict=True)}
        texts = {id_: output.read_text(encoding="utf-8", errors="replace") for id_, output in outputs.items()}
    outcomes = {id_: f"not planned: {reason}" for id_, reason in skipped.items()}
    for number, stack in enumerate(stacks, start=1):
        print(f"\n=== {stack.id}: terraform plan ({number} of {len(stacks)})\n")
        print(outcomes[stack.id] if stack.id in skipped else texts[stack.id], flush=True)
        if stack.id not in skipped:
            status = statuses[stack.id]
            outcomes[stack.id] = _summary(texts[stack.id]) if status in fine else f"failed with status {status}"
            if found := guards.on_retired_mesh(stack, terraform=terraform.binary):
                print(f"\n{found}", file=sys.stderr)
    width = max(len(stack.id) for stack in stacks)
    print("\n=== all plans\n")
    for stack in stacks:
        print(f"{stack.id.ljust(width)}  {outcomes[stack.id]}")
    failed_plans = {id_: status for id_, status in statuses.items() if status not in fine}
    for advice in dict.fromkeys(filter(None, (credentials_advice(texts[id_]) for id_ in failed_plans))):
        print(advice, file=sys.stderr)
    for id_, status in failed_plans.items():
        print(f"Error: {id_}: terraform plan exited with status {status}.", file=sys.stderr)
    failed = failed | failed_plans
    return max([*failed.values()] or [*statuses.values(), *(max(fine) for _ in skipped)], default=0)


def _summary(text: str) -> str:
    text = _COLOUR.sub("", text)
    counted = _PLANNED.search(text)
    numbers = {what: int(number) for what, number in counted.groupdict().items() if number} if counted else {}
    numbers["moved"] = len(_MOVED.findall(text))
    numbers["forgotten"] = len(_FORGOTTEN.findall(text))
    changes = [f"{number} {what}" for what, number in numbers.items() if number]
    return ", ".join(changes) if changes else "other outputs" if "Changes to Outputs" in text else "no changes"
