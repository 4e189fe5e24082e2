"""The meshes by `mesh.kind`. No other module of `stacks` lists them."""

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
"""The resources of meshes that AWS has ended, which Terraform removes from the state."""
GATEWAYS: dict[str, MakeGateway] = {
    "app-mesh": VirtualGateway,
}
"""The gateways of meshes whose proxies can receive requests from outside."""
