"""The output folder: which stacks synth wrote, and in which order terraform may visit them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from deploy.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A Terraform root module with a state of its own."""

    id: str
    folder: Path
    dependencies: frozenset[str]
    """Ids of the stacks whose outputs it reads."""


def output_folder() -> Path:
    """Where synth writes, by cdktf's own variable."""
    return Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")


def read_stacks(outdir: Path) -> list[Stack]:
    """Every stack of the last synth, by id. Folders that older ones left behind are not in its manifest."""
    try:
        manifest = json.loads((outdir / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"there is no {outdir / 'manifest.json'}; run make synth first") from None
    except json.JSONDecodeError:
        raise Refusal(f"{outdir / 'manifest.json'} is not complete; run make synth again") from None
    stacks = [
        Stack(id=id_, folder=outdir / entry["workingDirectory"], dependencies=frozenset(entry["dependencies"]))
        for id_, entry in sorted(manifest["stacks"].items())
    ]
    for stack in stacks:
        if not stack.folder.is_dir():
            raise Refusal(f"there is no {stack.folder}, although the manifest lists it; run make synth again")
    return stacks


def in_order(stacks: Iterable[Stack]) -> list[Stack]:
    """Every stack after those it depends on; by id where nothing else decides, so that every run is alike."""
    by_id = {stack.id: stack for stack in stacks}
    sorter = TopologicalSorter({id_: stack.dependencies & by_id.keys() for id_, stack in by_id.items()})
    sorter.prepare()
    ordered: list[Stack] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [by_id[id_] for id_ in ready]
        sorter.done(*ready)
    return ordered
