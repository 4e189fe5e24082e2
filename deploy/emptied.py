"""Local states that a killed terraform left empty: taken for none, everything would be made a second time."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from deploy.output import Stack
from deploy.refusal import Refusal


def refuse_emptied(stacks: Sequence[Stack]) -> None:
    """Raise Refusal for a local state that is empty while its backup is not: Terraform 1.11 truncates a state before it
    writes it, and keeps beside it what was there before the run (measured)."""
    for stack in stacks:
        state = _local_state(stack)
        backup = state and state.with_name(f"{state.name}.backup")
        if state and backup and _holds_nothing(state) and not _holds_nothing(backup):
            raise Refusal(
                f"{stack.id}: {state} is empty and {backup.name} beside it is not, as where terraform was killed while "
                f"it wrote: nothing is done, as it would make everything again. Copy {backup.name} over it, and import "
                "what the killed run had made; or delete both, if all of it is gone"
            )


def _local_state(stack: Stack) -> Path | None:
    """The file of a stack's state, where it has one that is there."""
    file = stack.folder / "cdk.tf.json"
    output = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    local = output.get("terraform", {}).get("backend", {}).get("local")
    if local is None:
        return None
    path = Path(os.path.normpath(stack.folder / local.get("path", "terraform.tfstate")))
    return path if path.is_file() else None


def _holds_nothing(file: Path) -> bool:
    return not file.is_file() or not file.read_bytes().strip()
