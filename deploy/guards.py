"""Refusals before Terraform runs, and advice on what Terraform alone can't deal with."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from catalog.meshes import MESHES
from deploy.process import Refusal
from deploy.stacks import Stack, configuration_of, in_state


def on_partial_resources(stack: Stack, *, terraform: str) -> str | None:
    """What to do about tainted resources, which AWS made, but not in whole, before an apply failed; None if there are
    none, or the state cannot be read.

    Security groups, what hangs on them and Cloud Map services are made before the former ones are destroyed, so that
    running tasks keep what they use. Of what has a fixed name AWS refuses a second one, however often it is applied.
    """
    shown = subprocess.run([terraform, "show", "-json"], cwd=stack.folder, capture_output=True, text=True, check=False)
    tainted = _tainted(shown.stdout) if shown.returncode == 0 else []
    if not tainted:
        return None
    command = shlex.join(["terraform", "destroy", *(f"-target={address}" for address in tainted)])
    return (
        f"{stack.id}: AWS made a part of {', '.join(tainted)} before something failed. Apply again first. If it then "
        "says that one exists already, destroy what is half made, and apply once more:\n"
        f"  cd {shlex.quote(str(stack.folder))} && {command}"
    )


def _tainted(state: str) -> list[str]:
    try:
        resources = json.loads(state)["values"]["root_module"]["resources"]
    except (ValueError, KeyError):
        return []
    return [resource["address"] for resource in resources if resource.get("tainted")]


def on_retired_mesh(stack: Stack, *, terraform: str) -> str | None:
    """What to do about resources of a mesh that AWS has ended which are in a stack's state and no longer in its
    configuration, as of a service that left the catalog: deleting them can only fail, so Terraform has to forget them.
    None where there are none, or the state cannot be read."""
    known = configuration_of(stack).addresses
    try:
        held = in_state(stack, terraform=terraform) if known else []
    except Refusal:
        return None
    for mesh in MESHES.values():
        stray = [
            address
            for address in held
            if mesh.ended and address.startswith(mesh.resource_prefix) and address not in known
        ]
        if stray:
            command = shlex.join(["terraform", "state", "rm", *stray])
            return (
                f"{stack.id}: AWS has ended {mesh.title}, and Terraform will fail to delete what the state still holds "
                f"of it. Nothing is lost by forgetting it:\n  cd {shlex.quote(str(stack.folder))} && {command}\n"
                "If the catalog has just left that mesh, write migrate_from in its [mesh] table instead "
                f"({mesh.migration_page})."
            )
    return None


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
