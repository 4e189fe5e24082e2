"""A deployment whose catalog changes while its state stays, on the emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog.load import load
from catalog.model import Deployment
from stacks.synthesize import synthesize
from tests import emulator
from tests.emulator.terraform import Workspace, workspace
from tests.support.plan_text import Planned, planned

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

    def __init__(self, folder: Path, *, shares_provider: bool = True) -> None:
        """Runs that are killed or overlap with others need `shares_provider=False` (tests/emulator/provider.py)."""
        self._folder = folder
        self._shares_provider = shares_provider
        self.workspace: Workspace
        self.environment: dict[str, str] = {}
        """Variables of terraform, beyond those that lead it to the emulator."""
        self.said = ""
        """The output of the last `terraform plan`."""
        self.moved: dict[str, str] = {}
        """New addresses of resources that the plan moves, by old address."""

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
            workspace(stack, self._folder / "run", shares_provider=self._shares_provider).init()
        self.workspace = Workspace(
            folder=here,
            environment=emulator.environment() | self.environment,
            shares_provider=self._shares_provider,
        )
        return deployment

    def planned(self, *arguments: str) -> dict[str, list[str]]:
        """Planned changes by address, without unchanged resources."""
        self.said = self.workspace.run("plan", "-out=planned", *arguments)
        plan: Planned = planned(self.said)
        self.moved = plan.moved
        return plan.changes

    def apply_planned(self) -> None:
        """Let terraform do what was planned last."""
        self.workspace.run("apply", "planned")

    def state(self) -> dict[str, dict[str, Any]]:
        """The attributes of every resource that terraform keeps, by address."""
        return state_of(self.workspace)

    def tainted(self) -> list[str]:
        """Addresses of tainted resources, which were only partly created: Terraform replaces them."""
        return [address for address, instance in _instances(self.workspace) if instance.get("status") == "tainted"]

    def orphans(self) -> dict[str, list[str]]:
        """Names and ids of resources in the account that aren't in the state, by kind."""
        state = self.state()
        found = {}
        # Application Auto Scaling creates and deletes the alarms of target tracking itself.
        scalers = "TargetTracking-"
        for kind, there in emulator.leftovers().items():
            known = json.dumps(
                [values for address, values in state.items() if address.startswith(_TYPES.get(kind, ""))]
            )
            found[kind] = [
                name for name in there if f'"{name.removesuffix(".")}"' not in known and not name.startswith(scalers)
            ]
        return {kind: names for kind, names in found.items() if names}


def state_of(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """The attributes of every managed resource in a workspace's state file, by address."""
    return {address: instance["attributes"] for address, instance in _instances(workspace)}


def _instances(workspace: Workspace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every managed resource. `terraform show` says the same of them, for a second of CPU time."""
    state = json.loads((workspace.folder / "terraform.tfstate").read_text(encoding="utf-8"))
    for resource in state["resources"]:
        for instance in resource["instances"] if resource["mode"] == "managed" else ():
            key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
            if "deposed" not in instance:
                yield f"{resource['type']}.{resource['name']}{key}", instance
