"""What the chosen mesh demands of a catalog, what it cannot give, and what leaving one takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.meshes import MESHES, mesh_of
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.provenance import Provenance


def leaving_what_is_chosen(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A mesh is left for another: only then may Terraform forget its resources."""
    mesh = deployment.catalog.mesh
    if mesh.leaving == mesh.kind:
        yield Finding(
            place=("mesh", "leaving"),
            message=f"is the kind itself ({written.location('mesh', 'kind')}); write its successor there, or remove this",
        )


def leaving_what_has_not_ended(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What AWS still answers for, Terraform deletes by itself; forgotten, it would stay, and cost money."""
    leaving = deployment.catalog.mesh.leaving
    if leaving not in (None, deployment.catalog.mesh.kind) and not MESHES[leaving].ended:
        yield Finding(
            place=("mesh", "leaving"),
            message=f'AWS still answers for "{leaving}", Terraform deletes its resources by itself; remove this',
        )


def still_leaving(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What is left behind is forgotten by the first apply, and only names for old tasks are kept longer."""
    leaving = deployment.catalog.mesh.leaving
    if leaving not in (None, deployment.catalog.mesh.kind) and MESHES[leaving].ended:
        yield Finding(
            place=("mesh", "leaving"),
            message=f"with the next apply Terraform forgets {MESHES[leaving].title}; once it is applied everywhere and "
            "every service has new tasks, remove this: until then the old ones find each other by names that it keeps",
            level="notice",
        )


def of_meshes_side_by_side(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """What meshes demand of all the deployments that have chosen them."""
    for rule in {rule: None for deployment in deployments for rule in mesh_of(deployment).across}:
        yield from rule(deployments)
