"""The meshes by `mesh.kind`. Apart from the type of that key, no other module of `catalog` lists them."""

from __future__ import annotations

from catalog.analysis.resource_types import complete
from catalog.meshes.app_mesh import APP_MESH
from catalog.meshes.base import MeshTraits
from catalog.meshes.none import NONE
from catalog.meshes.service_connect import SERVICE_CONNECT
from catalog.meshes.vpc_lattice import VPC_LATTICE
from catalog.model import Deployment

MESHES: dict[str, MeshTraits] = {
    "app-mesh": APP_MESH,
    "service-connect": SERVICE_CONNECT,
    "vpc-lattice": VPC_LATTICE,
    "none": NONE,
}
RESOURCE_TYPES = complete(*(mesh.resource_types for mesh in MESHES.values()))
"""Every Terraform type whose addresses contain a service's name."""


def mesh_of(deployment: Deployment) -> MeshTraits:
    """The mesh of a deployment."""
    return MESHES[deployment.catalog.mesh.kind]
