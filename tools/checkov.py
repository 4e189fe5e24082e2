"""`make security`: checkov on the plans that tests/lifecycle/test_validate.py keeps, and which findings have a reason.

Prints a table, a line for each plan. Ends with 1 where a check fails without a reason in checkov_exceptions.toml, where
a reason is not needed any more, or where there are no plans.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
EXCEPTIONS = Path(__file__).with_name("checkov_exceptions.toml")
CHECKOV = ROOT / ".venv-audit" / "bin" / "checkov"
HARDENED = "hardened"


@dataclass(frozen=True, kw_only=True)
class Exception_:
    """A check that may fail for some resources, and why."""

    check: str
    resource: str
    why: str
    hardened: bool = False

    def covers(self, finding: dict[str, Any]) -> bool:
        return (
            finding["check_id"] == self.check
            and fnmatchcase(finding["resource"], self.resource)
            and (self.hardened or catalog_of(finding) != HARDENED)
        )


@dataclass(kw_only=True)
class Counts:
    passed: int = 0
    failed: int = 0
    excepted: int = 0


@dataclass(kw_only=True)
class Report:
    plans: dict[tuple[str, str], Counts] = field(default_factory=dict)
    """By catalog and kind of mesh."""
    failed: list[str] = field(default_factory=list)
    unused: list[Exception_] = field(default_factory=list)


def exceptions() -> list[Exception_]:
    return [Exception_(**each) for each in tomllib.loads(EXCEPTIONS.read_text("utf-8"))["exception"]]


def catalog_of(finding: dict[str, Any]) -> str:
    return _plan(finding)[0]


def _plan(finding: dict[str, Any]) -> tuple[str, str]:
    catalog, kind, *_ = Path(finding["file_path"]).name.split(".")
    return catalog, kind


def judged(results: dict[str, list[dict[str, Any]]], known: list[Exception_]) -> Report:
    """Findings of checkov, held against the exceptions."""
    report, used = Report(), set()
    for finding in results["passed_checks"]:
        report.plans.setdefault(_plan(finding), Counts()).passed += 1
    for finding in results["failed_checks"]:
        counts = report.plans.setdefault(_plan(finding), Counts())
        covering = [each for each in known if each.covers(finding)]
        if covering:
            counts.excepted += 1
            used.update(each.why for each in covering)
        else:
            counts.failed += 1
            where = " on ".join(_plan(finding))
            report.failed.append(f"{where}: {finding['resource']}: {finding['check_id']} {finding['check_name']}")
    report.unused = [each for each in known if each.why not in used]
    return report


def checked(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The findings of checkov in the plans of a folder. It needs no network for that."""
    words = ["--directory", str(folder), "--framework", "terraform_plan", "--skip-download", "--compact"]
    done = subprocess.run(
        [str(CHECKOV), *words, "--output", "json", "--soft-fail"], capture_output=True, text=True, check=True
    )
    results: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)["results"]
    return results


def _lines(report: Report) -> Iterator[str]:
    yield f"{'catalog':18} {'mesh':16} {'passed':>7} {'excepted':>9} {'failed':>7}"
    for (catalog, kind), counts in sorted(report.plans.items()):
        yield f"{catalog:18} {kind:16} {counts.passed:7} {counts.excepted:9} {counts.failed:7}"
    every = report.plans.values()
    sums = [sum(getattr(each, name) for each in every) for name in ("passed", "excepted", "failed")]
    yield f"{'all':18} {len(every):<16} {sums[0]:7} {sums[1]:9} {sums[2]:7}"
    yield from sorted(report.failed)
    yield from (f"{each.check} on {each.resource} has a reason and needs none: {each.why}" for each in report.unused)


def main(folder: Path) -> int:
    plans = sorted(folder.glob("*.json"))
    if not plans:
        print(f"there are no plans in {folder}; make security makes them", file=sys.stderr)
        return 1
    report = judged(checked(folder), exceptions())
    print("\n".join(_lines(report)))
    missing = {plan.name for plan in plans if tuple(plan.name.split(".")[:2]) not in report.plans}
    for name in sorted(missing):
        print(f"checkov found nothing to check in {name}")
    return 1 if report.failed or report.unused or missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
