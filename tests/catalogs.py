"""Catalogs in a few lines, for tests: what is left out of them is added, what is said of them stands below its line."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from catalog.load import Loaded, load
from catalog.problems import CatalogError

_REST = {
    "catalog": '[catalog]\nname = "shop"\nregion = "us-west-2"\n',
    "mesh": '[mesh]\nkind = "app-mesh"\n',
    "services": '[services.stub]\nimage = "r.io/stub:1"\n',
}


def complete(snippet: str) -> str:
    """A snippet as a whole catalog: [catalog], [mesh] and [services] are added behind it where it leaves them out."""
    toml = textwrap.dedent(snippet).strip("\n") + "\n"
    return toml + "".join(rest for table, rest in _REST.items() if not re.search(rf"^\[+{table}\b", toml, re.M))


def loaded(snippet: str) -> Loaded:
    """The deployments of a snippet, as services.toml of the current folder."""
    Path("services.toml").write_text(complete(snippet))
    return load("services.toml")


def problems_of(snippet: str) -> list[str]:
    """The lines that a user sees for a wrong catalog."""
    with pytest.raises(CatalogError) as refused:
        loaded(snippet)
    return [str(problem) for problem in refused.value.problems]


def notices_of(snippet: str) -> list[str]:
    """The lines that a user sees for a catalog that loads, the one about the end of App Mesh aside."""
    return [str(notice) for notice in loaded(snippet).notices if notice.place != "mesh.kind"]


def pointed_out(snippet: str) -> list[str]:
    """What stands behind `#^` and `#|` in a snippet, with the number of the line above."""
    lines: list[str] = []
    line = 0
    for number, text in enumerate(textwrap.dedent(snippet).lstrip("\n").splitlines(), start=1):
        if text.startswith("#^ "):
            lines.append(f"services.toml:{line}: {text[3:]}")
        elif text.startswith("#| "):
            lines[-1] += f" {text[3:]}"
        else:
            line = number
    return lines


def of_kind(file: Path, kind: str, *, mesh: str = "") -> str:
    """A catalog's text with another mesh.kind, and with more lines (TOML) in its [mesh]."""
    text, count = re.subn(r"^kind = .*$", f'kind = "{kind}"\n{mesh}', file.read_text(), count=1, flags=re.M)
    assert count == 1, f"{file} has no line for mesh.kind"
    return text
