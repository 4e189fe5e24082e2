"""Resources in a state that AWS no longer answers for: deleting them can only fail, so Terraform has to forget them."""

from __future__ import annotations

import json
import shlex
import subprocess

from catalog.meshes import MESHES
from deploy.output import Stack

_CONFIGURATION = "cdk.tf.json"


def advice(stack: Stack, *, terraform: str) -> str | None:
    """What to do about resources of a mesh that AWS has ended which are in a stack's state and no longer in its
    configuration, as of a service that left the catalog; None where there are none, or the state cannot be read."""
    configuration = stack.folder / _CONFIGURATION
    if not configuration.is_file():
        return None
    known = _known(json.loads(configuration.read_text(encoding="utf-8")))
    listed = subprocess.run([terraform, "state", "list"], cwd=stack.folder, capture_output=True, text=True, check=False)
    in_state = listed.stdout.split() if listed.returncode == 0 else []
    for mesh in MESHES.values():
        stray = [
            address
            for address in in_state
            if mesh.ended and address.startswith(mesh.resource_prefix) and address not in known
        ]
        if stray:
            command = shlex.join(["terraform", "state", "rm", *stray])
            return (
                f"{stack.id}: AWS has ended {mesh.title}, and Terraform will fail to delete what the state still holds "
                f"of it. Nothing is lost by forgetting it:\n  cd {shlex.quote(str(stack.folder))} && {command}\n"
                "If the catalog has just left that mesh, write leaving in its [mesh] table instead "
                "(docs/leaving-app-mesh.md)."
            )
    return None


def _known(configuration: dict[str, object]) -> set[str]:
    """The addresses that a configuration has, makes Terraform forget, or moves."""
    resources = configuration.get("resource", {})
    assert isinstance(resources, dict)
    known = {f"{type_}.{name}" for type_, named in resources.items() for name in named}
    gone = [configuration.get(kind, []) for kind in ("removed", "moved")]
    return known | {block["from"] for blocks in gone if isinstance(blocks, list) for block in blocks}
