"""Drawn catalogs, tried one after the other: each loads and becomes what Terraform takes, with nothing left out, or is
refused line by line."""

from __future__ import annotations

import copy
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from catalog.load import Loaded, load
from catalog.problems import CatalogError, Problem, spelled
from tests.counts import Counts
from tests.drawn import Drawn, catalogs
from tests.drops import dropped
from tests.outputs import outputs_of, wrong_outputs

FILE = "services.toml"
Outputs = dict[str, dict[str, dict[str, Any]]]
At = tuple[str | int, ...]


@dataclass
class Run:
    """What came of the catalogs."""

    folder: Path
    random: Random
    share: float
    """Of the catalogs that load, how many are synthesized; of these, each without one key once more."""
    on_output: Callable[[Path, Loaded], None] | None = None
    counts: Counts = field(default_factory=Counts)
    said: Counter[str] = field(default_factory=Counter)
    """Fields of the models, in catalogs that load."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Meshes of catalogs that load."""
    compared: int = 0
    """How many catalogs were synthesized again without one of their keys, and loaded."""

    def try_(self, drawn: Drawn) -> None:
        self.counts.tried += 1
        try:
            loaded = self._loaded(drawn)
        except CatalogError as error:
            self.counts.refused += 1
            self.counts.unplaced += self._told(drawn, _unplaced(error.problems))
            return
        except Exception as error:
            self.counts.tracebacks += self._told(drawn, [_last_line(error)])
            return
        self.counts.loaded += 1
        self.said.update(drawn.said)
        self.kinds.update({deployment.catalog.mesh.kind for deployment in loaded.deployments})
        self.counts.unplaced += self._told(drawn, _unplaced(loaded.notices))
        if self.random.random() < self.share:
            self._synthesize(drawn, loaded)

    def _synthesize(self, drawn: Drawn, loaded: Loaded) -> None:
        try:
            outputs = self._outputs(loaded)
        except CatalogError as error:
            self.counts.unplaced += self._told(drawn, _unplaced(error.problems))
            return
        except Exception as error:
            self.counts.tracebacks += self._told(drawn, [_last_line(error)])
            return
        self.counts.synthesized += 1
        self.counts.wrong_outputs += self._told(drawn, wrong_outputs(outputs))
        for deployment in loaded.deployments:
            self.counts.silent_drops += self._told(drawn, dropped(deployment, outputs[deployment.id]))
        if self.on_output:
            self.on_output(self.folder / "out", loaded)
        self.counts.silent_drops += self._told(drawn, self._without_effect(drawn, loaded, outputs))

    def _loaded(self, drawn: Drawn) -> Loaded:
        return load(drawn.write(self.folder))

    def _outputs(self, loaded: Loaded) -> Outputs:
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        return outputs_of(loaded, self.folder / "out")

    def _without_effect(self, drawn: Drawn, loaded: Loaded, outputs: Outputs) -> Iterator[str]:
        """A key, where the output is the same without it, though its value is another, and nobody is told."""
        at = self.random.choice([*_keys(drawn.tree)])
        tree = copy.deepcopy(drawn.tree)
        _at(tree, at[:-1]).pop(at[-1])
        try:
            without = self._loaded(Drawn(tree=tree, files=drawn.files))
            same = self._outputs(without) == outputs
        except CatalogError:
            return
        except Exception as error:
            yield f"without {spelled(at)}: {_last_line(error)}"
            return
        self.compared += 1
        expected = _meaning(without) == _meaning(loaded) or _is_told(at, loaded) or _may_change_nothing(at, drawn)
        if same and not expected:
            yield f"{spelled(at)} = {_at(drawn.tree, at)!r} changes nothing"

    def _told(self, drawn: Drawn, problems: Iterable[str]) -> list[str]:
        """With the catalog kept, to be looked at."""
        found = list(problems)
        if not found:
            return []
        kept = Path(tempfile.mkdtemp(prefix="drawn-"))
        drawn.write(kept)
        return [f"{kept / FILE}: {problem}" for problem in found]


def run(start: int, count: int, *, share: float, on_output: Callable[[Path, Loaded], None] | None = None) -> Run:
    """Draw and try so many catalogs; the same ones for the same start."""
    with tempfile.TemporaryDirectory() as folder:
        result = Run(folder=Path(folder), random=Random(start), share=share, on_output=on_output)

        # What slow or large draws are warned of is meant here: whole catalogs, synthesized.
        @seed(start)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(catalogs())
        def each(drawn: Drawn) -> None:
            result.try_(drawn)

        each()
        return result


def drawn(start: int, count: int, *, share: float = 0.25) -> Counts:
    """The figures of such a run."""
    return run(start, count, share=share).counts


def _unplaced(problems: Iterable[Problem]) -> Iterator[str]:
    """Those that do not say where they are, on one line."""
    for problem in problems:
        if not problem.file or not (problem.line or problem.place) or len(str(problem).splitlines()) != 1:
            yield repr(problem)


def _last_line(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error!s:.300} at {Path(where.filename).name}:{where.lineno}"


def _keys(value: Any, at: At = ()) -> Iterator[At]:
    """Every key that a catalog writes."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if at:
            yield (*at, key)
        yield from _keys(item, (*at, key))


def _at(tree: Any, at: At) -> Any:
    for key in at:
        tree = tree[key]
    return tree


def _meaning(loaded: Loaded) -> list[Any]:
    """What a catalog says, with every service complete: whatever was written of these, or left to defaults."""
    return [
        (each.catalog.model_copy(update={"services": {}}), each.services, each.versions) for each in loaded.deployments
    ]


def _is_told(at: At, loaded: Loaded) -> bool:
    """Whether a notice is about a key, about what it stands in, or about a part of it."""
    places = {spelled(at[:length]) for length in range(2, len(at) + 1)}
    return any(
        notice.place in places or notice.place.startswith((f"{spelled(at)}.", f"{spelled(at)}["))
        for notice in loaded.notices
    )


def _may_change_nothing(at: At, drawn: Drawn) -> bool:
    """What says no to what would not be there anyway, what is no part of an output, and what names all there is."""
    value = _at(drawn.tree, at)
    if at[-2:] == ("public", "ingress"):
        return [*drawn.tree["ingress"]] == [value]
    if at == ("catalog", "stacks"):
        named = {service.get(key) for service in drawn.tree["services"].values() for key in ("stack", "stack_from")}
        return {*value} <= named
    return value in (False, 0, "none", [], {}) or bool(_REASONS.keys() & {*at})


_REASONS = {
    "vars": "texts of one's own: other environments may use them, and what is misspelt where it is used is refused",
    "protocol": "what is spoken, whatever the mesh makes of it: another one would make more",
    "not_secret": "lets something through a rule",
    "insecure": "lets something through a rule",
    "defaults": "for whichever service it concerns, and it may be none",
    "profiles": "for whichever service it concerns, and it may be none",
    "profile": "of whose keys the service may say every one itself",
    "container": "may be said of a container anyway; that it is there, tests/drops.py sees",
    "strict": "makes a rule of a notice",
}
"""Keys that may change nothing, and why."""
