"""Resources in a state that AWS no longer answers for: deleting them can only fail, so Terraform has to forget them."""

from __future__ import annotations

import shlex

from catalog.meshes import MESHES
from deploy.output import Stack
from deploy.refusal import Refusal
from deploy.states import configuration, in_state


def advice(stack: Stack, *, terraform: str) -> str | None:
    """What to do about resources of a mesh that AWS has ended which are in a stack's state and no longer in its
    configuration, as of a service that left the catalog; None where there are none, or the state cannot be read."""
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
