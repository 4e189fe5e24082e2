"""Reads a catalog and returns its deployments, or raises all its problems, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path as FilePath

from pydantic import ValidationError

from catalog.diagnostics import CatalogError, Path, Problem, in_parts, listed, spelled, toml_key
from catalog.model import Catalog, Deployment
from catalog.reading import folder, merge, misplaced, references, validation
from catalog.reading.interpolation import placeholder_values, prepared
from catalog.reading.layers import Layers, Report, Tree, value_at
from catalog.reading.merge import lay_services, take_images
from catalog.reading.source import Document

_SETS = re.compile(
    r"\b(?P<verb>[Ww]rite|[Uu]se|[Ss]et|[Aa]dd|or|and) (?P<key>[a-z][\w-]*(?:\.[\w-]+)*) = "
    r'(?P<value>"(?:[^"\\]|\\.)*"|\{(?:[^{}]|\{[^{}]*\})*\}|\[[^\[\]]*\]|\w+)(?P<more> or (?:more|less))?'
    r"(?: here| at the top of the file)?"
)
"""A key and its value in advice, and where to write it."""
_OF_ENTRIES = (("services",), ("capacity",), ("ingress",), ("external",))
"""The tables whose entries have names."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The deployments of a catalog, with warnings and notices."""

    deployments: tuple[Deployment, ...]
    notices: tuple[Problem, ...]
    reports: Mapping[str, Report] = field(repr=False)
    """By deployment id: places findings that are made later, such as an override of an unknown resource."""


def load(file: FilePath | str, *, environment: str | None = None) -> Loaded:
    """Read a catalog, a file or a folder; `environment` selects one. Raises CatalogError with every problem."""
    source = folder.read(FilePath(file), shown=str(file))
    base = dict(source.data)
    overlays = base.pop("environments", None)
    names, findings = merge.environment_names(overlays, wanted=environment)
    problems = []
    for finding in findings:
        where, line = source.at(finding.place) if finding.place else (source.shown, 0)
        problems.append(Problem(file=where, line=line, place=spelled(finding.place), message=finding.message))
    read = [_read(base, source, environment=name, overlay=overlays[name] if name is not None else {}) for name in names]
    if any(problem.level == "error" for each in read for problem in each.report.problems):
        for each in read:
            each.report.add(references.unknown_names(each.report))
    problems += of_environments({each.environment: each.report.problems for each in read})
    _refuse(problems)
    deployments, found = _checked(read)
    problems += found
    _refuse(problems)
    return Loaded(
        deployments=tuple(deployments),
        notices=tuple(sorted(set(problems))),
        reports={deployment.id: each.report for deployment, each in zip(deployments, read, strict=True)},
    )


def _refuse(problems: list[Problem]) -> None:
    if errors := [problem for problem in problems if problem.level == "error"]:
        raise CatalogError(errors)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """The catalog of one environment, or the report of its errors of form."""

    environment: str | None
    report: Report
    values: Mapping[str, str]
    """The values of the general placeholders."""
    catalog: Catalog | None


def _read(base: Tree, source: Document, *, environment: str | None, overlay: Tree) -> _Read:
    """The first phase: form and placeholders."""
    layers = Layers(base, source)
    report = Report(layers, source)
    if environment is not None:
        report.add(merge.lay(layers, overlay, name=environment))
    values = placeholder_values(layers.tree, report, environment=environment)
    take_images(report, source, values)
    layers.tree = prepared(layers.tree, (), values, report)
    lay_services(report)
    catalog, wrong = _validated(report)
    report.add(references.unresolved(report, values, wrong=wrong | report.refused))
    report.add(references.unused_variables(report, overlay=overlay, base=base))
    report.add(misplaced.below_wrong_header(report))
    return _Read(environment=environment, report=report, values=values, catalog=catalog)


def _validated(report: Report) -> tuple[Catalog | None, set[Path]]:
    """The catalog, or None if its form is wrong, and the wrong places."""
    try:
        return Catalog.model_validate(report.layers.tree), set()
    except ValidationError as error:
        found = validation.findings(error, report)
        report.add(finding for finding in found if not report.is_refused(finding.place))
        return None, validation.wrong_places(error)


def _checked(read: list[_Read]) -> tuple[list[Deployment], list[Problem]]:
    """The second phase: every rule, for each deployment, and if none has errors, for all deployments together."""
    from catalog import resolve  # imported late: errors of form don't need these
    from catalog.rules import run

    deployments: list[Deployment] = []
    found: dict[str | None, list[Problem]] = {}
    for each in read:
        assert each.catalog is not None, "the form of a catalog is wrong, but no problem was reported"
        deployment = resolve.deployment(each.catalog, environment=each.environment, values=each.values)
        deployments.append(deployment)
        found[each.environment] = [each.report.problem(finding) for finding in run.check(deployment, each.report)]
    problems = list(of_environments(found, reports={each.environment: each.report for each in read}))
    if not any(problem.level == "error" for problem in problems):
        reports = {deployment.id: each.report for deployment, each in zip(deployments, read, strict=True)}
        problems += [
            reports[deployment.id].problem(finding) for deployment, finding in run.check_together(deployments, reports)
        ]
    return deployments, problems


def of_environments(
    found: Mapping[str | None, list[Problem]], *, reports: Mapping[str | None, Report] | None = None
) -> Iterator[Problem]:
    """The problems of all environments. Those that differ in values of placeholders only are one problem. A problem on
    a shared line that only some environments have names these. With `reports`, its advice is for the first of them."""
    groups: dict[Problem, dict[str | None, list[Problem]]] = {}
    # Messages may differ in other words, such as the names of services.
    advised: dict[tuple[object, ...], set[str | None]] = {}
    for name, problems in found.items():
        for problem in problems:
            written = replace(problem, message=problem.written or problem.message)
            groups.setdefault(written, {}).setdefault(name, []).append(problem)
            advised.setdefault(_advised(problem), set()).add(name)
    for written, having in groups.items():
        same = dict.fromkeys(each for problems in having.values() for each in problems)
        problem = next(iter(same)) if len(same) == 1 else written
        if len(having) < len(found) and not problem.place.startswith("environments."):
            names = [str(name) for name in having]
            cause = ""
            if reports is not None:
                if len(advised[_advised(problem)]) < len(found):
                    problem = _in_one_environment(problem, names[0])
                cause = _cause(problem, names[0], reports[names[0]]) if len(names) == 1 else ""
            problem = replace(problem, message=f"{problem.message} (in {listed(names)}{cause})")
        yield problem


def _advised(problem: Problem) -> tuple[object, ...]:
    return problem.file, problem.place, problem.level, *(match[0] for match in _SETS.finditer(problem.message))


def _in_one_environment(problem: Problem, environment: str) -> Problem:
    """A problem on a line of all environments that only some have, with advice that changes only one."""
    path = problem.path
    fact, advice = in_parts(problem.message)
    if "environments." in advice or "[vars]" in advice or path[2:3] == ("versions",):
        return problem
    path = tuple(takewhile(lambda part: isinstance(part, str), path))

    last = ""

    def of_environment(match: re.Match[str]) -> str:
        nonlocal last
        place = _settable(path, tuple(match["key"].split(".")))
        if place is None:
            return match[0]
        table = spelled(("environments", environment, *place[:-1]))
        where, last = "there" if table == last else f"in [{table}]", table
        value = f"{match['value']}{match['more'] or ''}"
        return f"{match['verb']} {toml_key(str(place[-1]))} = {value} {where}"

    return replace(problem, message=fact + _SETS.sub(of_environment, advice))


def _settable(path: Path, keys: tuple[str, ...]) -> Path | None:
    """The path of a key in advice about a place: from the top, or from the nearest table that allows it."""
    if len(keys) > 1 and keys[0] in misplaced.known_keys(()):
        return keys
    if path[-len(keys) :] == keys:
        return path
    tables = (path[:end] for end in range(len(path), 0, -1))
    return next(((*table, *keys) for table in tables if keys[0] in misplaced.known_keys(table)), None)


def _cause(problem: Problem, environment: str, report: Report) -> str:
    """The keys in a message that only the environment sets, for a problem whose own line is another key's."""
    depth = 2 if problem.path[:1] in _OF_ENTRIES else 1
    table = value_at(report.layers.tree, *problem.path[:depth]) if len(problem.path) > depth else None
    said = set(re.findall(r"[a-z_]+", problem.message))
    causes = []
    for key in table if isinstance(table, dict) else ():
        path = (*problem.path[:depth], key)
        is_set_there = report.layers.origin(path)[1][:2] == ("environments", environment)
        there = report.location(*path)
        if is_set_there and key in said and key != problem.path[depth] and there not in problem.message:
            causes.append(f"{there} sets {key}")
    return f", where {listed(causes)}" if causes else ""
