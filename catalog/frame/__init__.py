"""Registers rules by their subject, and runs each over all subjects of that kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from catalog.diagnostics import Finding, Provenance
from catalog.frame.places import Place
from catalog.frame.subjects import Container, ServiceVersion, ServiceWorkload, Siblings, Subjects, containers_of
from catalog.model import Deployment

S = TypeVar("S")
Check = Callable[[S, Place], Iterable[Finding]]


class Rules:
    """The rules of one owner, as the catalog itself or a mesh. A rule is registered by a decorator that names its
    subject, and gets each subject with its place:

        @rule(Workload)
        def unknown_action(workload, at): ...
    """

    def __init__(self) -> None:
        self._checks: list[tuple[type, Check[Any]]] = []

    def __call__(self, subject: type[S]) -> Callable[[Check[S]], Check[S]]:
        def register(check: Check[S]) -> Check[S]:
            self._checks.append((subject, check))
            return check

        return register

    def __iter__(self) -> Iterator[tuple[type, Check[Any]]]:
        """Every rule, with its subject."""
        return iter(self._checks)

    def about(self, *subjects: type) -> Iterator[tuple[type, Check[Any]]]:
        """The rules about some subjects."""
        return ((subject, check) for subject, check in self._checks if subject in subjects)


def findings(rules: Iterable[Rules], deployment: Deployment, provenance: Provenance) -> Iterator[Finding]:
    """Every finding about one deployment, except its versions."""
    subjects = Subjects(deployment, provenance)
    for each in rules:
        for kind, check in each:
            for subject, at in subjects.of(kind) if kind is not Siblings else ():
                yield from check(subject, at)


def findings_side_by_side(
    rules_of: Callable[[Deployment], Iterable[Rules]],
    deployments: Sequence[Deployment],
    provenances: Mapping[str, Provenance],
) -> Iterator[tuple[Deployment, Finding]]:
    """Findings about what deployments of one catalog must not share, each with its deployment."""
    for deployment in deployments:
        siblings = Siblings(deployment=deployment, all=tuple(deployments))
        at = Place(deployment, provenances[deployment.id])
        for each in rules_of(deployment):
            for _, check in each.about(Siblings):
                yield from ((deployment, finding) for finding in check(siblings, at))


__all__ = ["Container", "Place", "Rules", "ServiceVersion", "ServiceWorkload", "Siblings", "containers_of"]
