"""From a file to its deployments, or to every problem it has, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from pydantic import ValidationError

from catalog.model import Catalog, Deployment
from catalog.problems import CatalogError, Problem, listed, spelled
from catalog.reading import environments, folder, later, resolve, schema_errors, versions
from catalog.reading.filling import placeholder_values, prepared
from catalog.reading.layers import Layers, Tree
from catalog.reading.mending import mend
from catalog.reading.report import Report
from catalog.reading.service_layers import lay_services, take_images
from catalog.reading.source import Document
from catalog.rules import ACROSS_DEPLOYMENTS, OF_VERSIONS, RULES


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The deployments of a catalog, and what its author should know although nothing is wrong."""

    deployments: tuple[Deployment, ...]
    notices: tuple[Problem, ...]
    reports: Mapping[str, Report] = field(repr=False)
    """By deployment: places a finding that is made only later, as of an override for what is not there."""


def load(file: FilePath | str, *, environment: str | None = None) -> Loaded:
    """Read a catalog, a file or a folder; `environment` narrows it to one. Raises CatalogError with every problem."""
    source = folder.read(FilePath(file), shown=str(file))
    base = dict(source.data)
    overlays = base.pop("environments", None)
    names, findings = environments.environment_names(overlays, wanted=environment)
    problems = []
    for finding in findings:
        where, line = source.at(finding.place) if finding.place else (source.shown, 0)
        problems.append(Problem(file=where, line=line, place=spelled(finding.place), message=finding.message))
    read: list[tuple[Deployment, Report]] = []
    found: dict[str | None, list[Problem]] = {}
    for name in names:
        report = Report(Layers(base, source), source)
        deployment = _read(report, source, environment=name, overlay=overlays[name] if name is not None else {})
        found[name] = report.problems
        if deployment is not None:
            read.append((deployment, report))
    problems += _of_environments(found)
    if len(read) == len(names):
        reports = {deployment.id: report for deployment, report in read}
        for across in ACROSS_DEPLOYMENTS:
            crossed = across([deployment for deployment, _ in read])
            problems += [reports[deployment.id].problem(finding) for deployment, finding in crossed]
    if errors := [problem for problem in problems if problem.level == "error"]:
        raise CatalogError(errors)
    return Loaded(
        deployments=tuple(deployment for deployment, _ in read),
        notices=tuple(sorted(set(problems))),
        reports={deployment.id: report for deployment, report in read},
    )


def _of_environments(found: Mapping[str | None, list[Problem]]) -> Iterator[Problem]:
    """The problems of all environments. What only some of them have, on lines that all share, names these."""
    sets = {name: frozenset(problems) for name, problems in found.items()}
    for problem in dict.fromkeys(problem for problems in found.values() for problem in problems):
        having = [str(name) for name, problems in sets.items() if problem in problems]
        if len(having) == len(found) or problem.place.startswith("environments."):
            yield problem
        else:
            yield replace(problem, message=f"{problem.message} (in {listed(having)})")


def _read(report: Report, source: Document, *, environment: str | None, overlay: Tree) -> Deployment | None:
    """One deployment, or None where it has errors; they are in the report."""
    layers = report.layers
    if environment is not None:
        report.add(environments.lay(layers, overlay, name=environment))
    report.add(later.take_out(layers.tree))
    values = placeholder_values(layers.tree, report, environment=environment)
    take_images(report, source, values)
    layers.tree = prepared(layers.tree, (), values, report)
    lay_services(report)
    catalog = _validated(report)
    if catalog is None:
        return None
    return _checked(catalog, report, environment=environment, values=values)


def _checked(
    catalog: Catalog, report: Report, *, environment: str | None, values: Mapping[str, str]
) -> Deployment | None:
    deployment, findings = resolve.deployment(catalog, environment=environment, values=values)
    report.add(findings)
    found = [finding for rule in RULES for finding in rule(deployment, report)]
    report.add(found)
    report.add(versions.checked(deployment, report, OF_VERSIONS, known=found))
    return None if report.failed else deployment


def _validated(report: Report) -> Catalog | None:
    """The catalog; where the schema refuses parts of it, the rest, so that the rules can speak in the same run."""
    for _ in range(4):
        try:
            return Catalog.model_validate(report.layers.tree)
        except ValidationError as error:
            entries = error.errors(include_url=False)
            report.add(
                schema_errors.finding(entry)
                for entry in schema_errors.without_consequences(entries)
                if not report.is_broken_below(schema_errors.place(entry))
            )
            report.mark_broken(*schema_errors.meant(entries))
            for entry in entries:
                report.mark_broken(*mend(report.layers.tree, schema_errors.place(entry), kind=entry["type"]))
    return None
