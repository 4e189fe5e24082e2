"""docs/meshes.md: what each mesh can do, from the table of parity, behind an introduction written by hand."""

from __future__ import annotations

from pathlib import Path

from catalog.meshes import MESHES
from catalog.meshes.parity import FEATURES

_INTRODUCTION = Path(__file__).with_name("reference.intro.md")
_NOTE = "<!-- Made by `make docs` from catalog/meshes: change that. -->"
_EFFECTS = {
    "meaning": "an error, with the alternatives",
    "tuning": "a notice; with `mesh.strict`, an error",
    "detour": "a notice",
}


def reference() -> str:
    """The documentation as it lies in the repository."""
    return "\n".join([_NOTE, "", _INTRODUCTION.read_text("utf-8").rstrip(), "", *_table(), ""])


def _table() -> list[str]:
    kinds = list(MESHES)
    lines = [
        f"| asked by | {' | '.join(f'`{kind}`' for kind in kinds)} | where it is missing |",
        "|---|" + "---|" * (len(kinds) + 1),
    ]
    for feature in FEATURES:
        verdicts = [MESHES[kind].parity[feature.key] for kind in kinds]
        cells = [f"{'yes' if verdict.carried else '**no**'}: {verdict.how}" for verdict in verdicts]
        lines.append(f"| {feature.title}: `{feature.keys}` | {' | '.join(cells)} | {_EFFECTS[feature.effect]} |")
    return lines
