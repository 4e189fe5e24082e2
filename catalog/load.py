"""Reads a catalog and returns its deployments, or raises all its problems, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from pydantic import ValidationError

from catalog.diagnostics import CatalogError, Path, Problem, listed, spelled
from catalog.model import Catalog, Deployment
from catalog.reading import folder, interpolation, merge, validation
from catalog.reading.interpolation import placeholder_values, prepared
from catalog.reading.layers import Layers, Report, Tree
from catalog.reading.merge import lay_services, take_images
from catalog.reading.source import Document


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
    report.add(interpolation.unresolved(layers.tree, values, wrong=wrong | report.refused))
    return _Read(environment=environment, report=report, values=values, catalog=catalog)


def _validated(report: Report) -> tuple[Catalog | None, set[Path]]:
    """The catalog, or None if its form is wrong, and the wrong places."""
    try:
        return Catalog.model_validate(report.layers.tree), set()
    except ValidationError as error:
        found = validation.findings(error, removed=report.layers.removed, tree=report.layers.tree)
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
    problems = list(of_environments(found))
    if not any(problem.level == "error" for problem in problems):
        reports = {deployment.id: each.report for deployment, each in zip(deployments, read, strict=True)}
        problems += [
            reports[deployment.id].problem(finding) for deployment, finding in run.check_together(deployments, reports)
        ]
    return deployments, problems


def of_environments(found: Mapping[str | None, list[Problem]]) -> Iterator[Problem]:
    """The problems of all environments. A problem on a shared line that only some environments have names these."""
    distinct = {name: set(problems) for name, problems in found.items()}
    for problem in dict.fromkeys(problem for problems in found.values() for problem in problems):
        having = [str(name) for name, problems in distinct.items() if problem in problems]
        shared = len(having) == len(found) or problem.place.startswith("environments.")
        yield problem if shared else replace(problem, message=f"{problem.message} (in {listed(having)})")
