"""A deployment whose catalog changes while its state stays, on the emulated AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.load import load
from catalog.model import Deployment
from stacks.synthesize import synthesize
from tests import emulator
from tests.emulator.terraform import Workspace, workspace

_TYPES = {
    "Cloud Map service": "aws_service_discovery_service.",
    "cluster": "aws_ecs_cluster.",
    "load balancer": "aws_lb.",
    "log group": "aws_cloudwatch_log_group.",
    "role": "aws_iam_role.",
    "security group": "aws_security_group.",
    "service": "aws_ecs_service.",
    "target group": "aws_lb_target_group.",
}
"""For what shares its name with something of another type, its own."""


class Trial:
    """One catalog of one deployment, written again and again, and the folder in which terraform runs on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.workspace: Workspace
        self.environment: dict[str, str] = {}
        """Variables of terraform, beyond those that lead it to the emulator."""
        self.said = ""
        """What terraform printed when it planned last."""
        self.moved: dict[str, str] = {}
        """The new addresses of what that plan moves, by the old."""

    def write(self, catalog: str) -> Deployment:
        """Synthesize a catalog, given as TOML, in the place of the one before."""
        file = self._folder / "services.toml"
        file.write_text(catalog, encoding="utf-8")
        loaded = load(file)
        [deployment] = loaded.deployments
        stack = synthesize(loaded, outdir=self._folder / "out").outdir / "stacks" / deployment.id
        here = self._folder / "run" / deployment.id
        if here.exists():
            (here / "cdk.tf.json").write_bytes((stack / "cdk.tf.json").read_bytes())
        else:
            workspace(stack, self._folder / "run").init()
        self.workspace = Workspace(folder=here, environment=emulator.environment() | self.environment)
        return deployment

    def planned(self) -> dict[str, list[str]]:
        """What terraform would do, by address; what stays as it is, is left out."""
        self.said = self.workspace.run("plan", "-out=planned")
        plan = json.loads(self.workspace.run("show", "-json", "planned"))
        changes = plan.get("resource_changes", [])
        self.moved = {each["previous_address"]: each["address"] for each in changes if "previous_address" in each}
        found = {change["address"]: change["change"]["actions"] for change in changes}
        return {address: actions for address, actions in found.items() if actions not in (["no-op"], ["read"])}

    def apply_planned(self) -> None:
        """Let terraform do what was planned last."""
        self.workspace.run("apply", "planned")

    def state(self) -> dict[str, dict[str, Any]]:
        """The attributes of every resource that terraform keeps, by address."""
        resources = self.workspace.show()["values"]["root_module"]["resources"]
        return {each["address"]: each["values"] for each in resources if each["mode"] == "managed"}

    def tainted(self) -> list[str]:
        """What was made, but not in whole: terraform makes it anew."""
        resources = self.workspace.show()["values"]["root_module"]["resources"]
        return [each["address"] for each in resources if each.get("tainted")]

    def orphans(self) -> dict[str, list[str]]:
        """What the account holds and the state does not know, by kind: names and ids."""
        state = self.state()
        found = {}
        # Application Auto Scaling makes and deletes the alarms of target tracking itself.
        scalers = "TargetTracking-"
        for kind, there in emulator.leftovers().items():
            known = json.dumps(
                [values for address, values in state.items() if address.startswith(_TYPES.get(kind, ""))]
            )
            found[kind] = [
                name for name in there if f'"{name.removesuffix(".")}"' not in known and not name.startswith(scalers)
            ]
        return {kind: names for kind, names in found.items() if names}
