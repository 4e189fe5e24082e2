"""`make plan`: of several stacks side by side, with a table of what they would do."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from deploy import ended, states
from deploy.output import Stack
from deploy.process import Command, run_together
from deploy.terraform import Terraform, one_after_another

CHANGES_PLANNED = 2  # what `terraform plan -detailed-exitcode` ends with where there is something to do
_AT_ONCE = 4
_PLANNED = re.compile(
    r"Plan: (?:(?P<imported>\d+) to import, )?(?P<added>\d+) to add, (?P<changed>\d+) to change, "
    r"(?P<destroyed>\d+) to destroy"
)
_FORGOTTEN = re.compile(r"# (\S+) will no longer be managed by Terraform")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def plan(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Plan all stacks that can be planned, whatever becomes of the others."""
    fine = {0, CHANGES_PLANNED} if _tells_changes_by_status(terraform.arguments) else {0}
    if len(stacks) == 1 and states.base_of(stacks[0], all_stacks) is None:
        return one_after_another(stacks, command="plan", terraform=terraform, fine=fine)
    bases = {stack.id: base for stack in stacks if (base := states.base_of(stack, all_stacks)) is not None}
    for stack in dict.fromkeys((*bases.values(), *stacks)):
        terraform.init_quietly(stack)
    offers = {base: states.offered(base, terraform=terraform.binary) for base in set(bases.values())}
    skipped = {}
    for stack in stacks:
        base = bases.get(stack.id)
        if base is not None and (missing := states.configuration(stack).reads - offers[base]):
            skipped[stack.id] = _waits_for(base, missing=len(missing), offers=offers[base])
    return _side_by_side(stacks, terraform=terraform, fine=fine, skipped=skipped)


def _waits_for(base: Stack, *, missing: int, offers: Collection[str]) -> str:
    if not offers:
        return f"{base.id} is not applied yet; apply that first"
    return f"{base.id} has to be applied first, for {missing} new output{'s' if missing != 1 else ''}"


def _tells_changes_by_status(arguments: Sequence[str]) -> bool:
    added = [os.environ.get(name, "") for name in ("TF_CLI_ARGS", "TF_CLI_ARGS_plan")]
    return any("-detailed-exitcode" in text for text in (*arguments, *added))


def at_once() -> int:
    """How many plans run at a time: JOBS, or as many as there are processors, but at most four."""
    asked = os.environ.get("JOBS", "")
    return max(1, int(asked)) if asked.isdigit() else min(_AT_ONCE, os.cpu_count() or 1)


def _side_by_side(stacks: Sequence[Stack], *, terraform: Terraform, fine: set[int], skipped: dict[str, str]) -> int:
    """Plan stacks that are initialized; `skipped` gives the reason why one is not. The greatest exit status among the
    failures, else among the others."""
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
            if advice := ended.advice(stack, terraform=terraform.binary):
                print(f"\n{advice}", file=sys.stderr)
    width = max(len(stack.id) for stack in stacks)
    print("\n=== all plans\n")
    for stack in stacks:
        print(f"{stack.id.ljust(width)}  {said[stack.id]}")
    failed = {id_: status for id_, status in statuses.items() if status not in fine}
    for id_, status in failed.items():
        print(f"{id_}: terraform plan ended with {status}", file=sys.stderr)
    return max((failed or statuses).values(), default=0)


def _summary(text: str) -> str:
    text = _COLOUR.sub("", text)
    counted = _PLANNED.search(text)
    numbers = {what: int(number) for what, number in counted.groupdict().items() if number} if counted else {}
    numbers["forgotten"] = len(_FORGOTTEN.findall(text))
    said = [f"{number} {what}" for what, number in numbers.items() if number]
    return ", ".join(said) if said else "other outputs" if "Changes to Outputs" in text else "no changes"
