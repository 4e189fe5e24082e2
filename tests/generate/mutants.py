"""Mutants: valid catalogs, shipped or generated, with changes. Each loads or has errors with lines."""

from __future__ import annotations

import functools
import tomllib
from random import Random
from typing import Any

from tests.conftest import ROOT
from tests.generate.catalogs import generated
from tests.generate.example import Example, at, places
from tests.generate.mutations import IN_BYTES, IN_TREE, KEYS, TEXTS
from tests.support.catalogs import of_kind
from tests.support.toml_blocks import written

_FOLDERS = ("examples", "tests/more_catalogs")
_GENERATED = 0.1
"""The fraction of generated catalogs among the mutated ones."""


@functools.cache
def shipped() -> tuple[Example, ...]:
    """The catalogs of this repository, on every mesh."""
    teams = {file.name: file.read_bytes() for file in sorted((ROOT / "examples/teams").glob("*.toml"))}
    found = [Example(origin="teams", files=teams, file=".")]
    for file in (
        ROOT / "services.toml",
        *(file for folder in _FOLDERS for file in sorted((ROOT / folder).glob("*.toml"))),
    ):
        beside = {f"images/{each.name}": each.read_bytes() for each in file.parent.glob("images/*.toml")}
        for kind in ("", "service-connect", "vpc-lattice", "none"):
            text = of_kind(file, kind) if kind else file.read_text("utf-8")
            files = {file.name: text.encode(), **beside}
            found.append(Example(origin=f"{file.stem} {kind}".strip(), files=files, file=file.name))
    return tuple(found)


def mutant(random: Random) -> Example:
    """A valid catalog with changes to the values or to the bytes of one file."""
    source = generated(random) if random.random() < _GENERATED else random.choice(shipped())
    # Files of images are small: they are changed less often than the others.
    changed = random.choice([file for file in source.files if not file.startswith("images/")] + list(source.files))
    how, raw = random.random(), source.files[changed]
    texts: tuple[str, ...] = ()
    applied: list[str] = []
    if how < 0.8:
        tree = tomllib.loads(raw.decode())
        if how < 0.6:
            applied = _mutated(tree, random)
        else:
            texts = _with_text(tree, random)
            applied = [f"texts {texts}"]
        raw = written(tree).encode()
    if how >= 0.8 or random.random() < 0.05:
        for _ in range(random.choice([1, 1, 2])):
            bytewise = random.choice(IN_BYTES)
            applied.append(bytewise.__name__)
            raw = bytewise(raw or b"\n", random)
        texts = ()
    origin = f"{source.origin}: {', '.join(applied)}"
    return Example(origin=origin, files={**source.files, changed: raw}, file=source.file, texts=texts)


def _mutated(tree: dict[str, Any], random: Random) -> list[str]:
    applied = []
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        # Terraform checks [overrides].
        if found := [place for place in places(tree) if place[0] != "overrides"]:
            change, place = random.choice(IN_TREE), random.choice(found)
            applied.append(f"{change.__name__} {'.'.join(map(str, place))}")
            change(tree, place, random)
    return applied


def _with_text(tree: dict[str, Any], random: Random) -> tuple[str, ...]:
    """Put a string where a catalog allows any; returns the strings that the output must have."""
    services = tree.get("services", {})
    if not services:
        return ()
    service = services[random.choice(sorted(services))]
    value = "".join(random.choice(TEXTS) for _ in range(random.choice([1, 1, 2, 3])))
    place = random.choice(["environment", "command", "labels", "label names", "health", "vars", "tags", "unknown"])
    if place == "environment":
        service.setdefault("environment", {})["PUT_IN"] = value
    elif place == "command":
        service["command"] = ["run", value]
    elif place == "labels":
        service.setdefault("container", {}).setdefault("dockerLabels", {})["put-in"] = value
    elif place == "label names":
        value = random.choice([key for key in (*KEYS, *TEXTS) if key])
        service.setdefault("container", {}).setdefault("dockerLabels", {})[value] = "put-in"
    elif place == "health":
        service.setdefault("health", {})["command"] = ["check", value]
    elif place == "tags":
        random.choice([tree.get("catalog", service), service]).setdefault("tags", {})["put-in"] = value
    elif place == "unknown":
        value = "unknown-key"
        tables = [each for each in places(tree) if isinstance(at(tree, each), dict)]
        at(tree, random.choice([each for each in tables if each[0] not in ("vars", "profiles")]))[value] = "x"
    else:
        tree.setdefault("vars", {})["put-in"] = value
        service.setdefault("environment", {})["PUT_IN"] = "{var.put-in}"
    return (value,)
