"""Checks for any catalog: it has errors with lines, or all its keys are in the output."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from catalog.diagnostics import Problem, spelled
from catalog.load import Loaded
from tests.generate.example import Example, Place, at
from tests.support.outputs import Outputs
from tests.support.terraform_text import evaluated, texts

_WHOLE_FILE = (
    *("doesn't exist", "is a folder", "can't be read", "nested too deeply", "is not the path of a file"),
    *("contains no TOML file", 'required key "'),
)
"""Messages about a whole file or folder, which have no line."""
_LONGEST = 2000
"""Maximum characters of a line that is printed for a user."""


def unplaced(problems: Iterable[Problem], folder: Path) -> Iterator[str]:
    """Problems without a file and line, and those that fill more than one line."""
    for problem in problems:
        line = str(problem)
        placed = problem.line or problem.place or any(text in problem.message for text in _WHOLE_FILE)
        one = line.isprintable() and line.splitlines() == [line]
        if not (placed and one and problem.message and problem.file.startswith(str(folder))):
            yield line
        elif len(line) > _LONGEST:
            yield f"{line[:200]} and {len(line) - 200} more characters"


def last_line(error: Exception) -> str:
    """An unexpected error and its origin."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error!s:.300} at {Path(where.filename).name}:{where.lineno}"


def missing(example: Example, outputs: Outputs) -> Iterator[str]:
    """Strings of an example that are changed or missing in its output."""
    if example.texts:
        there = {text for states in outputs.values() for output in states.values() for text in _all_texts(output)}
        yield from (repr(text) for text in example.texts if text not in there)


def _all_texts(output: Any) -> Iterator[str]:
    """Every string as AWS gets it, including those within JSON."""
    for text in texts(output):
        yield evaluated(text)
        if text[:1] in ("[", "{"):
            try:
                yield from texts(json.loads(evaluated(text)))
            except ValueError:
                continue


def keys_of(tree: Any, place: Place = ()) -> Iterator[Place]:
    """The places of all keys that a catalog sets, without its tables."""
    for key, item in tree.items() if isinstance(tree, dict) else ():
        if place:
            yield (*place, key)
        yield from keys_of(item, (*place, key))


def may_have_no_effect(place: Place, example: Example, loaded: Loaded, without: Loaded) -> bool:
    """Whether a key may leave the output unchanged: it equals the default, has a notice, or may change
    nothing (`_may_change_nothing`)."""
    reported = _has_notice(place, loaded) or _is_checked_inside(place, loaded)
    return _meaning(without) == _meaning(loaded) or reported or _may_change_nothing(place, example)


def _meaning(loaded: Loaded) -> list[Any]:
    """The settings of a catalog, with all keys of every service: set there or by defaults."""
    return [
        (each.catalog.model_copy(update={"services": {}}), each.services, each.versions) for each in loaded.deployments
    ]


def _has_notice(place: Place, loaded: Loaded) -> bool:
    """Whether a notice is about a key, about one of its tables, or about a part of it."""
    around = {spelled(place[:length]) for length in range(2, len(place) + 1)}
    return any(
        notice.place in around
        or notice.place.startswith((f"{spelled(place)}.", f"{spelled(place)}["))
        or _has_shared_notice(place, notice)
        for notice in loaded.notices
    )


def _is_checked_inside(place: Place, loaded: Loaded) -> bool:
    """Whether a key is the path of a service that ECS checks by a command: without probes, the path has no effect."""
    if place[-2:] != ("health", "path"):
        return False
    found = [
        workload
        for each in loaded.deployments
        for name, service in each.services.items()
        if name in place
        for workload in (service, *each.versions.get(name, ()))
    ]
    return any(workload.health.command is not None for workload in found)


def _has_shared_notice(place: Place, notice: Problem) -> bool:
    """Whether a notice at the key of one service names the service of this key too: "not honored for a and b"."""
    _, found, rest = notice.message.partition("not honored for ")
    names = rest.partition(". ")[0]
    same = place[:1] == ("services",) and list(place[2:3]) == notice.place.split(".")[2:3]
    return bool(found) and same and str(place[1]) in re.findall(r"[\w-]+", names)


def _may_change_nothing(place: Place, example: Example) -> bool:
    """Values that turn off what is off by default, keys that don't affect an output, and lists of all elements."""
    tree = example.tree or {}
    value = at(tree, place)
    if place[-2:] == ("public", "ingress"):
        return [*tree["ingress"]] == [value]
    if place == ("catalog", "stacks"):
        named = {service.get(key) for service in tree["services"].values() for key in ("stack", "move_from_stack")}
        return {*value} <= named
    return value in (False, 0, "none", [], {}) or bool(_REASONS.keys() & {*place})


_REASONS = {
    "vars": "free strings: other environments may use them, and an unknown name is an error in its use",
    "protocol": "the mesh may treat this protocol like the default; another protocol would change the output",
    "not_secret": "turns off a rule",
    "insecure": "turns off a rule",
    "defaults": "may apply to no service",
    "profiles": "may apply to no service",
    "profile": "the service may set all keys of its profile itself",
    "container": "may equal a generated argument; omissions.py checks that the output has it",
    "strict": "turns notices into errors",
}
"""Keys that may have no effect, and why."""
