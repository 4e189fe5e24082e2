"""`make plan`: of several stacks side by side, with a table of what they would do."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from catalog.diagnostics import plural
from deploy import guards
from deploy.process import Command, Refusal, run_together
from deploy.stacks import Stack, base_of, configuration_of, offered
from deploy.terraform import Failed, Run, Terraform, one_after_another, plan_file, tells_changes_by_status

CHANGES_PLANNED = 2  # what `terraform plan -detailed-exitcode` ends with where there is something to do
_AT_ONCE = 4
_PLANNED = re.compile(
    r"Plan: (?:(?P<imported>\d+) to import, )?(?P<added>\d+) to add, (?P<changed>\d+) to change, "
    r"(?P<destroyed>\d+) to destroy"
)
_FORGOTTEN = re.compile(r"# (\S+) will no longer be managed by Terraform")
_MOVED = re.compile(r"# \S+ has moved to \S+|\(moved from \S+\)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def plan(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Plan all stacks that can be planned, whatever becomes of the others. Raises Refusal for arguments that cannot
    serve them all."""
    fine = {0, CHANGES_PLANNED} if tells_changes_by_status(terraform.arguments) else {0}
    if len(stacks) == 1 and base_of(stacks[0], all_stacks) is None:
        return one_after_another([Run(stack=stacks[0])], command="plan", terraform=terraform, fine=fine)
    _refuse_shared_file(stacks, terraform.arguments)
    bases = {stack.id: base for stack in stacks if (base := base_of(stack, all_stacks)) is not None}
    failed = _initialized([*bases.values(), *stacks], terraform=terraform)
    offers = {base: offered(base, terraform=terraform.binary) for base in set(bases.values()) if base.id not in failed}
    skipped = {}
    for stack in stacks:
        base = bases.get(stack.id)
        if stack.id in failed:
            skipped[stack.id] = "terraform init failed"
        elif base is not None and base.id in failed:
            skipped[stack.id] = f"terraform init of {base.id} failed"
        elif base is not None and (missing := configuration_of(stack).reads - offers[base]):
            skipped[stack.id] = _waits_for(base, missing=len(missing), offers=offers[base])
    return _side_by_side(stacks, terraform=terraform, fine=fine, skipped=skipped, failed=failed)


def _initialized(stacks: Iterable[Stack], *, terraform: Terraform) -> dict[str, int]:
    """Initialize stacks; the exit status of each that failed."""
    failed = {}
    for stack in dict.fromkeys(stacks):
        try:
            terraform.init_quietly(stack)
        except Failed as failure:
            print(failure, file=sys.stderr)
            failed[stack.id] = failure.status
    return failed


def _refuse_shared_file(stacks: Sequence[Stack], words: Sequence[str]) -> None:
    """A relative name is a file in each stack's own folder; any other is one file for all."""
    file = plan_file(words)
    if len(stacks) > 1 and file is not None and file.is_absolute():
        raise Refusal(
            f"-out={file}: {len(stacks)} stacks would write this one file; name one that lies in each stack's own "
            f"folder, as -out={file.name}, or ask for one stack"
        )


def _waits_for(base: Stack, *, missing: int, offers: Collection[str]) -> str:
    if not offers:
        return f"{base.id} is not applied yet; apply that first"
    return f"{base.id} has to be applied first, for {missing} new {plural('output', missing)}"


def at_once() -> int:
    """How many plans run at a time: JOBS, or as many as there are processors, but at most four. Raises Refusal for what
    is no such number."""
    jobs = os.environ.get("JOBS", "")
    if jobs and (not jobs.isdecimal() or int(jobs) == 0):
        raise Refusal(f"JOBS={jobs} is not a number of plans; write a whole number from 1, or leave it out")
    return int(jobs) if jobs else min(_AT_ONCE, os.cpu_count() or 1)


def _side_by_side(
    stacks: Sequence[Stack], *, terraform: Terraform, fine: set[int], skipped: dict[str, str], failed: dict[str, int]
) -> int:
    """Plan stacks that are initialized; `skipped` gives the reason why one is not planned, and `failed` the status of
    what failed before. The greatest exit status among the failures, else among the others, where a stack that waits for
    its base has something to do."""
    planned = [stack for stack in stacks if stack.id not in skipped]
    print(f"Planning {len(planned)} of {len(stacks)} stacks, {at_once()} at a time", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        outputs = {stack.id: Path(folder) / stack.id for stack in planned}
        words = [terraform.binary, "plan", "-input=false", *terraform.arguments]
        commands = [Command(words=words, folder=stack.folder, output=outputs[stack.id]) for stack in planned]
        ended_with = run_together(commands, at_once=at_once())
        statuses = {stack.id: status for stack, status in zip(planned, ended_with, strict=True)}
        texts = {id_: output.read_text(encoding="utf-8", errors="replace") for id_, output in outputs.items()}
    said = {id_: f"not planned: {reason}" for id_, reason in skipped.items()}
    for number, stack in enumerate(stacks, start=1):
        print(f"\n=== {stack.id}: terraform plan ({number} of {len(stacks)})\n")
        print(said[stack.id] if stack.id in skipped else texts[stack.id], flush=True)
        if stack.id not in skipped:
            status = statuses[stack.id]
            said[stack.id] = _summary(texts[stack.id]) if status in fine else f"failed with {status}"
            if found := guards.on_retired_mesh(stack, terraform=terraform.binary):
                print(f"\n{found}", file=sys.stderr)
    width = max(len(stack.id) for stack in stacks)
    print("\n=== all plans\n")
    for stack in stacks:
        print(f"{stack.id.ljust(width)}  {said[stack.id]}")
    failed_plans = {id_: status for id_, status in statuses.items() if status not in fine}
    for id_, status in failed_plans.items():
        print(f"{id_}: terraform plan ended with {status}", file=sys.stderr)
    failed = failed | failed_plans
    return max([*failed.values()] or [*statuses.values(), *(max(fine) for _ in skipped)], default=0)


def _summary(text: str) -> str:
    text = _COLOUR.sub("", text)
    counted = _PLANNED.search(text)
    numbers = {what: int(number) for what, number in counted.groupdict().items() if number} if counted else {}
    numbers["moved"] = len(_MOVED.findall(text))
    numbers["forgotten"] = len(_FORGOTTEN.findall(text))
    said = [f"{number} {what}" for what, number in numbers.items() if number]
    return ", ".join(said) if said else "other outputs" if "Changes to Outputs" in text else "no changes"
