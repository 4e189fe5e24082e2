"""Generates examples from a seed and checks each."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from catalog.diagnostics import CatalogError, spelled
from catalog.load import Loaded, load
from tests.generate.catalogs import generated
from tests.generate.checks import keys_of, last_line, may_have_no_effect, missing, unplaced
from tests.generate.counts import Counts
from tests.generate.example import Example
from tests.generate.mutants import mutant
from tests.generate.omissions import dropped
from tests.support.outputs import Outputs, outputs_of, wrong_outputs

# Only booleans: hypothesis mixes constants of the loaded modules into draws of any other kind, so that the examples
# would change with any line of code and with the order of the tests.
_RANDOM = st.tuples(*[st.booleans()] * 64).map(lambda bits: Random(sum(bit << at for at, bit in enumerate(bits))))

CATALOGS: st.SearchStrategy[Example] = st.builds(generated, _RANDOM)
MUTANTS: st.SearchStrategy[Example] = st.builds(mutant, _RANDOM)
SOURCES = {"mutants": MUTANTS, "drawn": CATALOGS}
"""The sources of examples, by their names in `make fuzz`."""


def examples(source: st.SearchStrategy[Example], *, start: int, count: int) -> list[Example]:
    """That number of examples; the same start gives the same ones."""
    found: list[Example] = []

    # Slow and large draws are intended here: they are whole catalogs.
    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(source)
    def each(example: Example) -> None:
        found.append(example)

    each()
    return found


@dataclass(kw_only=True)
class Run:
    """Checks examples one after the other in one folder, and counts the results."""

    folder: Path
    share: float = 1.0
    """The fraction of loaded catalogs to synthesize; those with a tree twice, the second time without one key."""
    random: Random = field(default_factory=lambda: Random(0))
    on_output: Callable[[Path, Loaded], None] | None = None
    counts: Counts = field(default_factory=Counts)
    keys: Counter[str] = field(default_factory=Counter)
    """Fields of the models in catalogs that load."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Meshes of catalogs that load."""
    compared: int = 0
    """The number of catalogs that were synthesized again without one of their keys."""

    @property
    def _here(self) -> Path:
        return self.folder / "here"

    def check(self, example: Example) -> None:
        self.counts.tried += 1
        try:
            loaded = self._loaded(example)
        except CatalogError as error:
            self.counts.refused += 1
            self.counts.unplaced += self._recorded(example, self._unplaced(error))
            return
        except Exception as error:
            self.counts.tracebacks += self._recorded(example, [last_line(error)])
            return
        self.counts.loaded += 1
        self.keys.update(example.keys)
        self.kinds.update({deployment.catalog.mesh.kind for deployment in loaded.deployments})
        self.counts.unplaced += self._recorded(example, unplaced(loaded.notices, self._here))
        if self.random.random() < self.share:
            self._synthesize(example, loaded)

    def _synthesize(self, example: Example, loaded: Loaded) -> None:
        try:
            outputs = self._outputs(loaded)
        except CatalogError as error:
            self.counts.unplaced += self._recorded(example, self._unplaced(error))
            return
        except Exception as error:
            self.counts.tracebacks += self._recorded(example, [last_line(error)])
            return
        self.counts.synthesized += 1
        self.counts.wrong_outputs += self._recorded(example, wrong_outputs(outputs))
        self.counts.silent_drops += self._recorded(example, missing(example, outputs))
        for deployment in loaded.deployments:
            self.counts.silent_drops += self._recorded(example, dropped(deployment, outputs[deployment.id]))
        if self.on_output:
            self.on_output(self._here / "out", loaded)
        if example.tree is not None:
            self.counts.silent_drops += self._recorded(example, self._without_effect(example, loaded, outputs))

    def _loaded(self, example: Example) -> Loaded:
        shutil.rmtree(self._here, ignore_errors=True)
        self._here.mkdir(parents=True)
        return load(example.write(self._here))

    def _outputs(self, loaded: Loaded) -> Outputs:
        return outputs_of(loaded, self._here / "out")

    def _unplaced(self, error: CatalogError) -> Iterator[str]:
        yield from unplaced(error.problems, self._here)
        if not error.problems:
            yield "an error without a message"

    def _without_effect(self, example: Example, loaded: Loaded, outputs: Outputs) -> Iterator[str]:
        """A key with a value that isn't the default, without effect on the output and without a notice."""
        place = self.random.choice([*keys_of(example.tree)])
        try:
            without = self._loaded(example.without(place))
            if may_have_no_effect(place, example, loaded, without):
                return
            same = self._outputs(without) == outputs
        except CatalogError:
            return
        except Exception as error:
            yield f"without {spelled(place)}: {last_line(error)}"
            return
        self.compared += 1
        if same:
            yield f"{spelled(place)} has no effect"

    def _recorded(self, example: Example, problems: Iterable[str]) -> list[str]:
        """Record problems, and keep the catalog for inspection."""
        found = list(problems)
        if not found:
            return []
        kept = example.write(Path(tempfile.mkdtemp(prefix="generated-")))
        return [f"{kept} ({example.origin}): {problem}" for problem in found]


def run(
    source: st.SearchStrategy[Example],
    *,
    start: int,
    count: int,
    share: float,
    on_output: Callable[[Path, Loaded], None] | None = None,
) -> Run:
    """Generate and check that number of examples; the same start gives the same ones."""
    with tempfile.TemporaryDirectory() as folder:
        result = Run(folder=Path(folder), random=Random(start), share=share, on_output=on_output)
        for example in examples(source, start=start, count=count):
            result.check(example)
        return result
