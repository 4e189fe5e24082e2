"""Mutants of valid catalogs: each loads, or is refused line by line. What loads is synthesized, a sample of it."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from catalog.load import load
from catalog.problems import CatalogError
from tests.catalogs import of_kind
from tests.conftest import ROOT
from tests.counts import Counts
from tests.mutations import IN_BYTES, IN_TREE, KEYS, TEXTS, at, ways
from tests.outputs import outputs_of, wrong_outputs
from tests.terraform_text import evaluated, texts
from tests.toml_blocks import written

_WHOLE_FILE = (
    *("there is no such file", "is a folder", "cannot be read", "nested too deeply", "is not the name of a file"),
    *("holds no TOML file", 'required key "'),
)
"""What is said of a file or folder as a whole, and so of no line."""
_FOLDERS = ("examples", "tests/more_catalogs")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A catalog's files, by name."""

    how: str
    """What it was made of, and by what."""
    files: dict[str, bytes]
    file: str
    """What is loaded: a name, or "." for the folder."""
    says: tuple[str, ...] = ()
    """Texts that were put in where any text may stand: they come out letter for letter, if anything does."""


@functools.cache
def sources() -> dict[str, dict[str, str]]:
    """The valid catalogs, on every mesh; the files of each, the first one to be loaded."""
    found = {"teams": {file.name: file.read_text("utf-8") for file in sorted((ROOT / "examples/teams").glob("*.toml"))}}
    for file in (
        ROOT / "services.toml",
        *(file for folder in _FOLDERS for file in sorted((ROOT / folder).glob("*.toml"))),
    ):
        beside = {f"images/{each.name}": each.read_text("utf-8") for each in file.parent.glob("images/*.toml")}
        for kind in ("", "service-connect", "vpc-lattice", "none"):
            text = of_kind(file, kind) if kind else file.read_text("utf-8")
            found[f"{file.stem} {kind}".strip()] = {file.name: text, **beside}
    return found


def mutant(random: Random) -> Mutant:
    """One of the valid catalogs, changed."""
    name = random.choice([*sources()])
    files = dict(sources()[name])
    changed = random.choice([file for file in files if not file.startswith("images/")] + list(files))
    way, says, raw = random.random(), (), files[changed].encode()
    applied: list[str] = []
    if way < 0.6:
        tree = tomllib.loads(files[changed])
        for _ in range(random.choice([1, 1, 1, 2, 4])):
            if places := [*ways(tree)]:
                change = random.choice(IN_TREE)
                place = random.choice(places)
                applied.append(f"{change.__name__} {'.'.join(map(str, place))}")
                change(tree, place, random)
        raw = written(tree).encode()
    elif way < 0.8:
        tree = tomllib.loads(files[changed])
        says = tuple(_text_put_in(tree, random))
        applied.append(f"texts {says}")
        raw = written(tree).encode()
    if way >= 0.8 or random.random() < 0.05:
        for _ in range(random.choice([1, 1, 2])):
            bytewise = random.choice(IN_BYTES)
            applied.append(bytewise.__name__)
            raw = bytewise(raw or b"\n", random)
        says = ()
    contents = {each: text.encode() for each, text in files.items()} | {changed: raw}
    file = "." if name == "teams" else next(iter(files))
    return Mutant(how=f"{name}: {', '.join(applied)}", files=contents, file=file, says=says)


def _text_put_in(tree: dict[str, Any], random: Random) -> Iterator[str]:
    """Text into places where a catalog may say anything."""
    services = tree.get("services", {})
    if not services:
        return
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
        tables = [
            each for each in ways(tree) if isinstance(at(tree, each), dict) and each[0] not in ("vars", "profiles")
        ]
        at(tree, random.choice(tables))[value] = "x"
    else:
        tree.setdefault("vars", {})["put-in"] = value
        service.setdefault("environment", {})["PUT_IN"] = "{var.put-in}"
    yield value


@dataclass
class Run:
    """Mutants, tried one after the other in a folder of their own, and counted."""

    folder: Path
    sample: float = 1.0
    """The share of those that load to be synthesized."""
    counts: Counts = field(default_factory=Counts)

    def try_(self, each: Mutant, random: Random, *, label: str = "") -> None:
        told = f"{label} {each.how}".strip()
        here = self.folder / "here"
        shutil.rmtree(here, ignore_errors=True)
        for name, raw in each.files.items():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_bytes(raw)
        self.counts.tried += 1
        try:
            loaded = load(here / each.file)
            self.counts.loaded += 1
            if random.random() < self.sample:
                outputs = outputs_of(loaded, here / "out")
                self.counts.synthesized += 1
                self.counts.wrong_outputs += (f"{told}: {problem}" for problem in wrong_outputs(outputs))
                self.counts.silent_drops += (f"{told}: {text!r}" for text in _missing(each.says, outputs))
            self.counts.unplaced += (f"{told}: {problem!r}" for problem in unplaced(loaded.notices, here))
        except CatalogError as error:
            self.counts.refused += 1
            self.counts.unplaced += (f"{told}: {problem!r}" for problem in unplaced(error.problems, here))
            if not error.problems:
                self.counts.unplaced.append(f"{told}: refused without a word")
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.counts.tracebacks.append(f"{told}: {error!r:.300} at {where.filename}:{where.lineno}")


def unplaced(problems: Any, folder: Path) -> Iterator[str]:
    """The lines for a user that do not say where to look, or are more than a line."""
    for problem in problems:
        line = str(problem)
        placed = problem.line or problem.place or any(text in problem.message for text in _WHOLE_FILE)
        one = line.isprintable() and line.splitlines() == [line]
        if not (placed and one and problem.message and problem.file.startswith(str(folder))):
            yield line
        elif len(line) > 2000:
            yield f"{line[:200]} and {len(line) - 200} more characters"


def _missing(says: tuple[str, ...], outputs: Any) -> Iterator[str]:
    if not says:
        return
    there = {text for states in outputs.values() for output in states.values() for text in _all_texts(output)}
    yield from (text for text in says if text not in there)


def _all_texts(output: Any) -> Iterator[str]:
    """Every text as AWS gets it, those within JSON too."""
    for text in texts(output):
        yield evaluated(text)
        if text[:1] in "[{":
            try:
                yield from texts(json.loads(evaluated(text)))
            except ValueError:
                continue


def mutants(seed: int, count: int, *, sample: float = 0.25) -> Counts:
    """What came of `count` mutants; the same for the same seed."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), sample=sample)
        for index in range(count):
            random = Random(f"{seed}/{index}")
            run.try_(mutant(random), random, label=f"mutant {seed}/{index}:")
        return run.counts
