"""What a catalog that loads is synthesized to, all stacks of it, checked against the provider."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.load import Loaded
from catalog.states import BASE, folder_of, stacks_of
from stacks.synthesize import synthesize
from tests.provider_schema import problems_of


def outputs_of(loaded: Loaded, outdir: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """The Terraform JSON of every state, by deployment and state."""
    stacks = synthesize(loaded, outdir=outdir).outdir / "stacks"
    return {
        each.id: {
            state: json.loads((stacks / folder_of(each.id, state) / "cdk.tf.json").read_text("utf-8"))
            for state in (BASE, *stacks_of(each))
        }
        for each in loaded.deployments
    }


def wrong_outputs(outputs: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """What Terraform would refuse of them."""
    return [
        f"{folder_of(id_, state)}: {problem}"
        for id_, states in outputs.items()
        for state, output in states.items()
        for problem in problems_of(output, base=states[BASE])
    ]
