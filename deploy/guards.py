"""What the driver refuses to run into: a local state that a killed terraform left empty, and deletion protection."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.errors import Refusal
from deploy.stacks import Stack


def refuse_empty_state(stacks: Sequence[Stack]) -> None:
    """Raise Refusal for a local state that is empty while its backup is not: taken for none, everything would be made a
    second time. Terraform 1.11 truncates a state before it writes it, and keeps beside it what was there before the run
    (measured)."""
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
    local = json.loads(stack.text()).get("terraform", {}).get("backend", {}).get("local")
    if local is None:
        return None
    path = Path(os.path.normpath(stack.folder / local.get("path", "terraform.tfstate")))
    return path if path.is_file() else None


def _holds_nothing(file: Path) -> bool:
    return not file.is_file() or not file.read_bytes().strip()


def refuse_protected(stacks: Sequence[Stack]) -> None:
    """Raise Refusal where the output of any of these stacks protects something."""
    for stack in stacks:
        if kept := sorted(_kept(json.loads(stack.text()))):
            raise Refusal(
                f"{stack.id}: security.deletion_protection keeps {', '.join(kept)}; nothing was deleted. To delete it, "
                "write deletion_protection = false, make apply, and make destroy again"
            )


def refuse_what_aws_protects(stack: Stack, *, terraform: str) -> None:
    """Raise Refusal where the state of an initialized stack has load balancers that AWS would not delete: Terraform
    would find that out last, when what is behind them is gone."""
    pulled = subprocess.run([terraform, "state", "pull"], cwd=stack.folder, capture_output=True, text=True, check=False)
    try:
        state = json.loads(pulled.stdout)
    except ValueError:  # none yet, or none that can be read: destroy will say so
        return
    if kept := sorted(_protected_by_aws(state)):
        raise Refusal(
            f"{stack.id}: AWS still protects {', '.join(kept)} from deletion; nothing was deleted. "
            "make apply takes the protection away, then make destroy again"
        )


def _kept(configuration: dict[str, Any]) -> Iterator[str]:
    for type_, named in configuration.get("resource", {}).items():
        for name, body in named.items():
            if (body.get("lifecycle") or {}).get("prevent_destroy"):
                yield f"{type_}.{name}"


def _protected_by_aws(state: dict[str, Any]) -> Iterator[str]:
    for resource in state.get("resources", ()):
        for instance in resource["instances"]:
            if instance["attributes"].get("enable_deletion_protection"):
                yield f"{resource['type']}.{resource['name']}"
