"""What is done on Terraform JSON that cdktf has finished: overrides, imports, and what states read of their base."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.model import Deployment
from catalog.state import backend_arguments
from catalog.states import BASE, folder_of
from stacks.environment import DeploymentStack
from stacks.imports import take_over
from stacks.overrides import laid_over
from stacks.remote_state import read_from_base
from stacks.states import handed_over

OUTPUT = "cdk.tf.json"


def finish(stacks: Path, stack: DeploymentStack, deployment: Deployment) -> None:
    """Finish the files of a deployment; `stacks` is the folder that holds those of all."""
    if not deployment.catalog.overrides and not stack.stacks:
        return
    files = {state: stacks / folder_of(deployment.id, state) / OUTPUT for state in (BASE, *stack.stacks)}
    outputs = {state: json.loads(file.read_text(encoding="utf-8")) for state, file in files.items()}
    states = {address: ref.state for address, ref in stack.elements.items()}
    for state, output in outputs.items():
        overrides = {at: over for at, over in deployment.catalog.overrides.items() if states[at] == state}
        laid_over(output, overrides)
    moving = [address for address, _ in handed_over(states, deployment)]
    configurations = _configurations(outputs) if moving else {}
    for state, output in outputs.items():
        here = [address for address in moving if states[address] == state]
        take_over(output, here, configurations=configurations)
    read_from_base(outputs, states=states, backend=backend_arguments(deployment))
    for state, file in files.items():
        file.write_text(json.dumps(outputs[state], indent=2, ensure_ascii=False), encoding="utf-8")


def _configurations(outputs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        f"{type_}.{name}": arguments
        for output in outputs.values()
        for type_, named in output.get("resource", {}).items()
        for name, arguments in named.items()
    }
