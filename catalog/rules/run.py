"""Runs all rules of a catalog, including those of its mesh."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module

from catalog import rules
from catalog.diagnostics import Finding, Provenance
from catalog.frame import Place, Rules, findings, findings_side_by_side
from catalog.frame.places import VersionPlaces
from catalog.frame.subjects import OF_A_WORKLOAD, Subjects
from catalog.meshes import features, mesh_of
from catalog.model import Deployment
from catalog.resolve import in_place_of_service

for _module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
    if _module.name != __name__:
        import_module(_module.name)  # which registers its rules


def check(deployment: Deployment, provenance: Provenance) -> Iterator[Finding]:
    """Every error, warning and notice about one deployment."""
    found = [*findings([rules.rule], deployment, provenance), *_of_the_mesh(deployment, provenance)]
    yield from found
    yield from _of_versions(deployment, provenance, known=found)


def _of_the_mesh(deployment: Deployment, provenance: Provenance) -> Iterator[Finding]:
    """Findings of the mesh's rules, and about features that the mesh doesn't support. A value with an error from a rule
    gets no second error, because the rule's message is more exact."""
    refused = set()
    for finding in findings(mesh_of(deployment).rules, deployment, provenance):
        if finding.level == "error":
            refused.add(finding.place)
        yield finding
    for finding in features.lacking(Place(deployment, provenance)):
        if finding.level != "error" or finding.place not in refused:
            yield finding


def _of_versions(deployment: Deployment, provenance: Provenance, *, known: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about each version as if it were the service, without those that the service already has."""
    said = {(finding.place, finding.message) for finding in known}
    checks = list(rules.rule.about(*OF_A_WORKLOAD))
    for name, versions in deployment.versions.items():
        for index in range(len(versions)):
            places = VersionPlaces(provenance, name=name, index=index)
            subjects = Subjects(in_place_of_service(deployment, name=name, index=index), places)
            for kind, check_one in checks:
                for subject, at in subjects.of(kind):
                    for finding in check_one(subject, at):
                        if (finding.place, finding.message) not in said:
                            yield places.moved(finding)


def check_together(
    deployments: Sequence[Deployment], provenances: Mapping[str, Provenance]
) -> Iterator[tuple[Deployment, Finding]]:
    """Findings about names and resources that deployments of one catalog must not share, each with its deployment.
    `provenances` are by the deployments' ids."""
    return findings_side_by_side(_all_rules, deployments, provenances)


def _all_rules(deployment: Deployment) -> tuple[Rules, ...]:
    return (rules.rule, *mesh_of(deployment).rules)
