"""What to do about resources in a state that Terraform alone can't deal with."""

from __future__ import annotations

import json
import shlex
import subprocess

from catalog.meshes import MESHES
from deploy.errors import Refusal
from deploy.stacks import Stack
from deploy.state import configuration, in_state


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
    known = configuration(stack).addresses
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
                "If the catalog has just left that mesh, write leaving in its [mesh] table instead "
                f"({mesh.leaving_page})."
            )
    return None
