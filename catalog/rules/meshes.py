"""The choice of a mesh, and the migration from another."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.frame import Place
from catalog.meshes import MESHES
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.rules import rule


@rule(Deployment)
def leaving_the_chosen_mesh(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A mesh is left for another: only then may Terraform forget its resources."""
    mesh = deployment.catalog.mesh
    if mesh.leaving == mesh.kind:
        yield at("mesh", "leaving").error(
            f"is the kind itself ({at('mesh', 'kind').location}); write its successor there, or remove this"
        )


@rule(Deployment)
def leaving_a_mesh_in_service(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform can still delete the resources of a mesh that AWS runs; forgotten, they would stay and cost money."""
    leaving = deployment.catalog.mesh.leaving
    if leaving not in (None, deployment.catalog.mesh.kind) and not MESHES[leaving].ended:
        yield at("mesh", "leaving").error(
            f'AWS still answers for "{leaving}", Terraform deletes its resources by itself; remove this'
        )


@rule(Deployment)
def still_leaving(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The first apply forgets the resources of the old mesh; only names for old tasks are kept longer."""
    leaving = deployment.catalog.mesh.leaving
    if leaving not in (None, deployment.catalog.mesh.kind) and MESHES[leaving].ended:
        yield at("mesh", "leaving").notice(
            f"with the next apply Terraform forgets {MESHES[leaving].title}; once it is applied everywhere and "
            "every service has new tasks, remove this: until then the old ones find each other by names that it keeps"
        )
