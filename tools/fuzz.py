"""Check thousands of generated catalogs: `make fuzz ARGS="--count 5000 --seed 7"`."""

from __future__ import annotations

import stacks as stacks  # isort: skip  (before cdktf: it makes that import fast)

import argparse
import faulthandler
import sys
from dataclasses import fields

from tests.generate.counts import Counts
from tests.generate.run import SOURCES, run

STUCK = 3600
"""Seconds after which a run counts as stuck and exits with a traceback."""
_SHOWN = 20


def _checked(source: str, *, seed: int, count: int) -> Counts:
    return run(SOURCES[source], start=seed, count=count, share=0.25).counts


def table(counts: dict[str, Counts], *, seed: int) -> str:
    """A table of the counts, with a column for each source."""
    lines = [f"{'seed ' + str(seed):<16}" + "".join(f"{source:>12}" for source in counts)]
    for each in fields(Counts):
        values = [getattr(figures, each.name) for figures in counts.values()]
        numbers = [len(value) if isinstance(value, list) else value for value in values]
        lines.append(f"{each.name.replace('_', ' '):<16}" + "".join(f"{number:>12}" for number in numbers))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="catalogs of each source")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SOURCES, help="one source alone")
    arguments = parser.parse_args()
    faulthandler.dump_traceback_later(STUCK, exit=True, file=sys.__stderr__)
    counts = {
        source: _checked(source, seed=arguments.seed, count=arguments.count)
        for source in SOURCES
        if arguments.only in (None, source)
    }
    faulthandler.cancel_dump_traceback_later()
    defects = [defect for figures in counts.values() for defect in figures.defects]
    for defect in defects[:_SHOWN]:
        print(defect, file=sys.stderr)
    print(table(counts, seed=arguments.seed))
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
