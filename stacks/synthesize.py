"""From deployments to Terraform JSON: one stack folder for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdktf import App

from catalog.load import Loaded
from catalog.problems import CatalogError, Problem
from stacks.environment import DeploymentStack
from stacks.overrides import UnknownAddress


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """What was written: the output folder, and how many resources each deployment has."""

    outdir: Path
    resources: Mapping[str, int]


def synthesize(loaded: Loaded, *, outdir: Path | None = None) -> Synthesized:
    """Write the stacks of all deployments. Raises CatalogError for overrides of nothing, before anything is written.

    `outdir` is cdktf's own choice where it is not given: CDKTF_OUTDIR, or cdktf.out.
    """
    app = App(outdir=str(outdir)) if outdir is not None else App()
    stacks: dict[str, DeploymentStack] = {}
    problems: list[Problem] = []
    for deployment in loaded.deployments:
        try:
            stacks[deployment.id] = DeploymentStack(app, deployment=deployment)
        except UnknownAddress as error:
            problems += [loaded.reports[deployment.id].problem(finding) for finding in error.findings]
    if problems:
        raise CatalogError(problems)
    app.synth()
    return Synthesized(
        outdir=Path(app.outdir),
        resources={
            id_: sum(not address.startswith("data.") for address in stack.elements) for id_, stack in stacks.items()
        },
    )
