"""Which rules each mesh has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from catalog.model import Deployment
from catalog.problems import Finding
from catalog.rules import app_mesh
from catalog.rules.written import Written

BY_MESH: dict[str, tuple[Callable[[Deployment, Written], Iterable[Finding]], ...]] = {"app-mesh": app_mesh.RULES}


def of_the_mesh(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """The rules of the mesh that the catalog has chosen."""
    for rule in BY_MESH[deployment.catalog.mesh.kind]:
        yield from rule(deployment, written)
