"""The meshes, by the word that chooses one. Nothing else in `stacks` knows which there are."""

from __future__ import annotations

from stacks.mesh.app_mesh import AppMesh, VirtualGateway, retired_resources
from stacks.mesh.base import MakeGateway, MakeMesh, RetiredResources
from stacks.mesh.none import NoMesh
from stacks.mesh.service_connect import ServiceConnect
from stacks.mesh.vpc_lattice import VpcLattice

MESHES: dict[str, MakeMesh] = {
    "app-mesh": AppMesh,
    "service-connect": ServiceConnect,
    "vpc-lattice": VpcLattice,
    "none": NoMesh,
}
RETIRED_RESOURCES: dict[str, RetiredResources] = {
    "app-mesh": retired_resources,
}
"""What a mesh that AWS has ended leaves in the state, for Terraform to forget."""
GATEWAYS: dict[str, MakeGateway] = {
    "app-mesh": VirtualGateway,
}
"""How the proxies of a mesh let requests in, where they can."""
