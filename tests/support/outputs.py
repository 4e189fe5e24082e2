"""The synthesized output of a catalog, with all its stacks, checked against the provider."""

from __future__ import annotations

import json
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.analysis.states import BASE, folder_of, stacks_of
from catalog.load import Loaded, load
from catalog.model import Deployment
from stacks.synthesize import synthesize
from tests.support.catalogs import copied_of_kind
from tests.support.provider_schema import problems_of

Outputs = dict[str, dict[str, dict[str, Any]]]
"""The Terraform JSON of every state, by deployment and state."""


def outputs_of(loaded: Loaded, outdir: Path) -> Outputs:
    """Synthesize a catalog that is loaded."""
    stacks = synthesize(loaded, outdir=outdir).outdir / "stacks"
    return {
        each.id: {
            state: json.loads((stacks / folder_of(each.id, state) / "cdk.tf.json").read_text("utf-8"))
            for state in (BASE, *stacks_of(each))
        }
        for each in loaded.deployments
    }


def wrong_outputs(outputs: Outputs) -> list[str]:
    """Errors that Terraform would report for them."""
    return [
        f"{folder_of(id_, state)}: {problem}"
        for id_, states in outputs.items()
        for state, output in states.items()
        for problem in problems_of(output, base=states[BASE])
    ]


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A catalog of this repository on one mesh, and its output."""

    loaded: Loaded
    states: Outputs

    @property
    def folders(self) -> dict[str, dict[str, Any]]:
        """Its output by the names of the stack folders."""
        return {
            folder_of(id_, state): output for id_, states in self.states.items() for state, output in states.items()
        }

    @property
    def bases(self) -> list[tuple[Deployment, dict[str, Any]]]:
        """Its deployments, each with the JSON of its base."""
        return [(each, self.states[each.id][BASE]) for each in self.loaded.deployments]


class ShippedOutputs:
    """The catalogs of this repository on all meshes, each synthesized once for all test processes of a run. Many tests
    read them, and none may change what it gets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[Path, str], Shipped] = {}

    def __call__(self, file: Path, kind: str | None = None) -> Shipped:
        """A catalog by its file; on its own mesh unless another is named."""
        kind = kind or tomllib.loads(file.read_text("utf-8"))["mesh"]["kind"]
        if (file, kind) not in self._found:
            self._found[file, kind] = self._made(file, kind)
        return self._found[file, kind]

    def _made(self, file: Path, kind: str) -> Shipped:
        kept = self._folder / f"{file.parent.name}-{file.stem}-{kind}.json"
        own = Path(tempfile.mkdtemp(dir=self._folder))
        loaded = load(copied_of_kind(file, kind, own))
        if not kept.is_file():
            made = own / kept.name
            made.write_text(json.dumps(outputs_of(loaded, own / "out")), encoding="utf-8")
            made.replace(kept)  # whole or not at all, for processes side by side
        return Shipped(loaded=loaded, states=json.loads(kept.read_text("utf-8")))
