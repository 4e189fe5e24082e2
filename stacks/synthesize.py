"""From deployments to Terraform JSON: one stack folder for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdktf import App

from catalog.load import Loaded
from catalog.model import Deployment
from catalog.problems import CatalogError, Problem
from stacks.environment import DeploymentStack
from stacks.overrides import laid_over, unknown_addresses
from stacks.publish import publish, staging_in

_OUTPUT = "cdk.tf.json"
_MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """What was written: the output folder, and how many resources each deployment has."""

    outdir: Path
    resources: Mapping[str, int]


def synthesize(loaded: Loaded, *, outdir: Path) -> Synthesized:
    """Write the stacks of all deployments, all of them or none.

    Raises CatalogError for overrides of nothing, and OSError where the folder cannot be written; what was there before
    stays as it is.
    """
    with staging_in(outdir) as staging:
        resources = _write(loaded, staging)
        stacks = sorted(file.relative_to(staging) for file in staging.glob(f"stacks/*/{_OUTPUT}"))
        publish([*stacks, Path(_MANIFEST)], staging=staging, outdir=outdir)
    return Synthesized(outdir=outdir, resources=resources)


def _write(loaded: Loaded, folder: Path) -> dict[str, int]:
    """Write everything to a folder of its own; how many resources each deployment has."""
    app = App(outdir=str(folder))
    stacks = {deployment.id: DeploymentStack(app, deployment=deployment) for deployment in loaded.deployments}
    problems: list[Problem] = []
    for deployment in loaded.deployments:
        findings = unknown_addresses(deployment.catalog.overrides, stacks[deployment.id].elements)
        problems += map(loaded.reports[deployment.id].problem, findings)
    if problems:
        raise CatalogError(problems)
    app.synth()
    for deployment in loaded.deployments:
        _override(folder / "stacks" / deployment.id / _OUTPUT, deployment)
    return {id_: sum(not address.startswith("data.") for address in stack.elements) for id_, stack in stacks.items()}


def _override(file: Path, deployment: Deployment) -> None:
    if deployment.catalog.overrides:
        output = laid_over(json.loads(file.read_text(encoding="utf-8")), deployment.catalog.overrides)
        file.write_text(json.dumps(output, indent=2, ensure_ascii=False), encoding="utf-8")
