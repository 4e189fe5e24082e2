"""`make atlantis`: the projects of an atlantis.yaml, one for each stack (Atlantis, "Repo Level atlantis.yaml")."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from catalog.reading import folder
from deploy.stacks import Stack, in_order


def atlantis_yaml(stacks: Sequence[Stack], *, catalog: Path) -> str:
    """The file's text, for a repository whose root is the current folder: every stack is planned when the catalog
    changes, and applied after those that it depends on. Raises CatalogError where the catalog cannot be read."""
    groups: dict[str, int] = {}
    for stack in in_order(stacks):
        groups[stack.id] = max((groups[each] + 1 for each in stack.dependencies & groups.keys()), default=0)
    lines = ["# Written by make atlantis.", "version: 3", "projects:"]
    for stack in sorted(stacks, key=lambda each: (groups[each.id], each.id)):
        patterns = [_from(stack.folder, pattern) for pattern in _read(catalog)]
        lines += [
            f"  - name: {json.dumps(stack.id)}",
            f"    dir: {json.dumps(stack.folder.as_posix())}",
            f"    execution_order_group: {groups[stack.id]}",
            "    autoplan:",
            f"      when_modified: {json.dumps(patterns)}",
        ]
    return "\n".join(lines) + "\n"


def _read(catalog: Path) -> list[Path]:
    """The files that a catalog is read from, as patterns: its own, and the machine-written ones that it names."""
    document = folder.read(catalog, shown=str(catalog))
    named = document.data.get("catalog")
    images = named.get("images") if isinstance(named, dict) else None
    written = [document.beside / re.sub(r"\{[^}]*\}", "*", images)] if isinstance(images, str) else []
    return [catalog / "*.toml" if catalog.is_dir() else catalog, *written]


def _from(stack: Path, pattern: Path) -> str:
    """Atlantis takes patterns from the project's folder on."""
    return Path(os.path.relpath(pattern, stack)).as_posix()
