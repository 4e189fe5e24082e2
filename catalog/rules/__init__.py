"""Rules that types cannot say: one function each, all of them run, each yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from catalog.model import Deployment
from catalog.problems import Finding
from catalog.rules.written import Written

Rule = Callable[[Deployment, Written], Iterable[Finding]]
RULES: tuple[Rule, ...] = ()
ACROSS_DEPLOYMENTS: tuple[Callable[[Sequence[Deployment]], Iterable[Finding]], ...] = ()
