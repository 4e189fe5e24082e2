"""Many stacks in one run of Terraform: each is a module of one root folder.

Terraform reads the provider's schema once for all of them, which is most of what it costs to validate or plan a stack.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.emulator.terraform import Workspace


class Root:
    """A folder whose modules are stacks. Each is called by its own name, such as "services.none.chatqna"."""

    def __init__(self, folder: Path) -> None:
        self._names: dict[str, str] = {}
        self.workspace = Workspace(folder=folder)

    def add(self, name: str, stack: Path) -> None:
        """Add the folder of a stack, as synth wrote it."""
        module = re.sub(r"\W", "_", name)
        assert module not in self._names, f"two modules called {module}"
        self._names[module] = name
        (self.workspace.folder / module).mkdir(parents=True)
        (self.workspace.folder / module / "cdk.tf.json").write_bytes((stack / "cdk.tf.json").read_bytes())

    def init(self) -> None:
        calls = {"module": {module: {"source": f"./{module}"} for module in self._names}}
        (self.workspace.folder / "main.tf.json").write_text(json.dumps(calls))
        self.workspace.init()

    def plans(self) -> dict[str, dict[str, Any]]:
        """The plan of every module, by its name: as if it had been planned alone, in the JSON of `terraform show`."""
        self.workspace.plan("-out=planned")
        plan = json.loads(self.workspace.run("show", "-json", "planned"))
        return {name: _alone(plan, module) for module, name in self._names.items()}


def _alone(plan: dict[str, Any], module: str) -> dict[str, Any]:
    values = plan["planned_values"]["root_module"]["child_modules"]
    [here] = [child for child in values if child["address"] == f"module.{module}"]
    changes = [change for change in plan["resource_changes"] if change["module_address"] == f"module.{module}"]
    configuration = plan["configuration"]["root_module"]["module_calls"][module]["module"]
    return {
        "format_version": plan["format_version"],
        "terraform_version": plan["terraform_version"],
        "planned_values": {"root_module": {"resources": [_stripped(each, module) for each in here["resources"]]}},
        "resource_changes": [_stripped(each, module) for each in changes],
        "configuration": {"root_module": configuration},
    }


def _stripped(resource: dict[str, Any], module: str) -> dict[str, Any]:
    kept = {key: value for key, value in resource.items() if key != "module_address"}
    return kept | {"address": resource["address"].removeprefix(f"module.{module}.")}
