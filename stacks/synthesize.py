"""Write Terraform JSON for deployments: a stack folder for each, and one for every other state of its services."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdktf import App

from catalog.analysis.states import BASE, backend_arguments, folder_of, places_of, stacks_of
from catalog.diagnostics import CatalogError, Problem
from catalog.load import Loaded, of_environments
from catalog.model import Deployment
from catalog.model.types import NAME_PATTERN
from stacks.deployment_stack import DeploymentStack
from stacks.overrides import between_states, unknown_addresses, with_overrides
from stacks.publish import publish, staging_in
from stacks.states import add_import_blocks, moved_between_states
from stacks.states.remote_state import read_from_base

OUTPUT = "cdk.tf.json"
_MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """The written output: its folder, and the number of resources of each deployment."""

    outdir: Path
    resources: Mapping[str, int]
    folders: tuple[str, ...]
    """The folders of all stacks, by name."""
    emptied: tuple[str, ...]
    """Those of an earlier synth whose states no service uses any more."""


def synthesize(loaded: Loaded, *, outdir: Path) -> Synthesized:
    """Write the stacks of all deployments: all of them or none.

    Raises CatalogError for overrides of unknown addresses or across states, and OSError if the folder can't be written.
    The previous output doesn't change then.
    """
    with staging_in(outdir) as staging:
        emptied = {deployment.id: _emptied(outdir, deployment) for deployment in loaded.deployments}
        resources = _write(loaded, staging, emptied=emptied)
        stacks = sorted(file.relative_to(staging) for file in staging.glob(f"stacks/*/{OUTPUT}"))
        publish([*stacks, Path(_MANIFEST)], staging=staging, outdir=outdir)
    left = sorted(folder_of(id_, state) for id_, states in emptied.items() for state in states)
    named = [folder_of(each.id, state) for each in loaded.deployments for state in (BASE, *stacks_of(each))]
    return Synthesized(outdir=outdir, resources=resources, folders=tuple(sorted((*named, *left))), emptied=tuple(left))


def _write(loaded: Loaded, folder: Path, *, emptied: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Write all stacks to `folder`. Returns the number of resources of each deployment."""
    # cdktf's validation runs `terraform version` for every terraform_data: synthesis would require Terraform and take
    # 0.05 CPU s more for each. The output has `required_version`, so an older Terraform exits with an error.
    app = App(outdir=str(folder), skip_validation=True)
    stacks = {
        deployment.id: DeploymentStack(app, deployment=deployment, emptied=emptied[deployment.id])
        for deployment in loaded.deployments
    }
    found: dict[str | None, list[Problem]] = {}
    for deployment in loaded.deployments:
        overrides, elements = deployment.catalog.overrides, stacks[deployment.id].elements
        states = {address: ref.state for address, ref in elements.items()}
        findings = [*unknown_addresses(overrides, elements), *between_states(overrides, states)]
        found[deployment.environment] = [loaded.reports[deployment.id].problem(finding) for finding in findings]
    if problems := list(of_environments(found)):
        raise CatalogError(problems)
    app.synth()
    for deployment in loaded.deployments:
        _post_process(folder / "stacks", stacks[deployment.id], deployment)
    return {id_: sum(not address.startswith("data.") for address in stack.elements) for id_, stack in stacks.items()}


def _post_process(stacks: Path, stack: DeploymentStack, deployment: Deployment) -> None:
    """Finish the files of a deployment. `stacks` is the folder of all stacks."""
    if not deployment.catalog.overrides and not stack.stacks:
        return
    files = {state: stacks / folder_of(deployment.id, state) / OUTPUT for state in (BASE, *stack.stacks)}
    outputs = {state: json.loads(file.read_text(encoding="utf-8")) for state, file in files.items()}
    states = {address: ref.state for address, ref in stack.elements.items()}
    for state, output in outputs.items():
        overrides = {at: over for at, over in deployment.catalog.overrides.items() if states[at] == state}
        with_overrides(output, overrides)
    moving = [address for address, _ in moved_between_states(states, deployment)]
    configurations = _configurations(outputs) if moving else {}
    for state, output in outputs.items():
        here = [address for address in moving if states[address] == state]
        add_import_blocks(output, here, configurations=configurations)
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


def _emptied(outdir: Path, deployment: Deployment) -> list[str]:
    """The states that have a folder from an earlier synth but that no service uses any more. Their resources must
    still be deleted, and applying the old folders would create them again."""
    folders = (folder.name for folder in outdir.glob(f"stacks/{deployment.id}_*") if (folder / OUTPUT).is_file())
    named = (name.partition("_")[2] for name in folders)
    left = {state for state in named if re.fullmatch(NAME_PATTERN, state)} - set(stacks_of(deployment))
    # If several states have the same place, as with one backend path for all, emptying one would empty the base.
    places = places_of(deployment, left)
    return sorted(state for state in left if list(places.values()).count(places[state]) == 1)
