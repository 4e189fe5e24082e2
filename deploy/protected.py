"""`security.deletion_protection`: destroy refuses before Terraform has deleted the half of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from deploy.output import Stack
from deploy.refusal import Refusal

_CONFIGURATION = "cdk.tf.json"


def refuse_protected(stacks: Sequence[Stack]) -> None:
    """Raise Refusal where the output of any of these stacks protects something."""
    for stack in stacks:
        file = stack.folder / _CONFIGURATION
        if kept := sorted(_kept(json.loads(file.read_text(encoding="utf-8")))) if file.is_file() else []:
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
