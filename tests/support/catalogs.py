"""Catalogs in a few lines, for tests: missing tables are added, and expected problems are below their lines."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from catalog.diagnostics import CatalogError
from catalog.load import Loaded, load
from catalog.meshes import MESHES
from tests.conftest import ROOT

EXAMPLES = [ROOT / "services.toml", *sorted((ROOT / "examples").glob("*.toml"))]
MORE = sorted((ROOT / "tests" / "more_catalogs").glob("*.toml"))
"""The shipped catalog and examples, and catalogs for tests alone."""

PLAIN = "none"
"""The kind of mesh in tests that aren't about meshes."""


REFUSED = {
    ("canary", "service-connect"): "services.llm.versions",
    ("canary", "none"): "services.llm.versions",
    ("everything", "service-connect"): "services.web.public",  # encrypted, and behind a load balancer
    ("everything", "vpc-lattice"): "services.web.timeout",  # beyond ten minutes
    ("everything", "none"): "mesh.tls",
    ("encrypted", "vpc-lattice"): "mesh.tls",  # which has certificates of its own
    ("encrypted", "none"): "mesh.tls",
    ("signed", "app-mesh"): "mesh.auth",
    ("signed", "service-connect"): "mesh.auth",
    ("signed", "none"): "mesh.auth",
}
"""The catalogs of examples/ and tests/more_catalogs/ that a mesh refuses, with the place of the error."""


def once(kinds: Iterable[str], *, on: str) -> list[Any]:
    """Kinds of mesh to parametrize with: `make ci` runs the test on one, `make test-all` on the others too."""
    return [pytest.param(kind, marks=pytest.mark.slow if kind == on else pytest.mark.nightly) for kind in kinds]


def complete(snippet: str, *, kind: str = PLAIN) -> str:
    """A snippet as a whole catalog: [catalog], [mesh] and [services] are added if they're missing."""
    toml = textwrap.dedent(snippet).strip("\n") + "\n"
    rest = {
        "catalog": '[catalog]\nname = "shop"\nregion = "us-west-2"\n',
        "mesh": f'[mesh]\nkind = "{kind}"\n',
        "services": '[services.stub]\nimage = "r.io/stub:1"\n',
    }
    return toml + "".join(text for table, text in rest.items() if not re.search(rf"^\[+{table}\b", toml, re.M))


def loaded(snippet: str, *, kind: str = PLAIN) -> Loaded:
    """The deployments of a snippet, as services.toml of the current folder."""
    file = Path("services.toml")
    assert file.absolute() != ROOT / file, "the shipped catalog would be written over: chdir first"
    file.write_text(complete(snippet, kind=kind))
    return load("services.toml")


def problems_of(snippet: str, *, kind: str = PLAIN) -> list[str]:
    """The lines that a user sees for a wrong catalog."""
    with pytest.raises(CatalogError) as refused:
        loaded(snippet, kind=kind)
    return [str(problem) for problem in refused.value.problems]


def notices_of(snippet: str, *, kind: str = PLAIN) -> list[str]:
    """The lines that a user sees for a catalog that loads, without notices about the choice of its mesh, the features
    that the mesh lacks, and the vCPUs of a new account."""
    return [
        str(notice)
        for notice in loaded(snippet, kind=kind).notices
        if notice.place != "mesh.kind"
        and not notice.message.startswith(("with kind = ", "isn't supported by kind = "))
        and "vCPUs count against the quota" not in notice.message
    ]


def pointed_out(snippet: str) -> list[str]:
    """The expected problems in a snippet, after `#^` and `#|`, with the number of the line above."""
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


def copied_of_kind(file: Path, kind: str, folder: Path) -> Path:
    """A copy of a catalog with another mesh, and of the files that it reads."""
    if (images := file.parent / "images").is_dir():
        shutil.copytree(images, folder / "images")
    copy = folder / file.name
    copy.write_text(of_kind(file, kind), encoding="utf-8")
    return copy


def on_meshes(files: Iterable[Path]) -> list[Any]:
    """Parameters: every catalog on every mesh that supports it."""
    return [
        pytest.param(file, kind, id=f"{file.stem}-{kind}")
        for file in files
        for kind in MESHES
        if (file.stem, kind) not in REFUSED
    ]
