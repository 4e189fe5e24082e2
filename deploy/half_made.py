"""Resources that AWS made, but not in whole, before an apply failed: Terraform makes them anew, and some cannot be."""

from __future__ import annotations

import json
import shlex
import subprocess

from deploy.output import Stack


def advice(stack: Stack, *, terraform: str) -> str | None:
    """What to do about tainted resources; None where there are none, or the state cannot be read.

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
