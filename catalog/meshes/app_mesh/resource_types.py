"""App Mesh's Terraform types that bear a service's name."""

from __future__ import annotations

from catalog.analysis.resource_types import ResourceType

_IN_THE_MESH = "{mesh_name}/{name}"

RESOURCE_TYPES = {
    "aws_acm_certificate": ResourceType(),
    "aws_appmesh_gateway_route": ResourceType(
        moves_with_service=True, import_id="{mesh_name}/{virtual_gateway_name}/{name}"
    ),
    "aws_appmesh_route": ResourceType(moves_with_service=True, import_id="{mesh_name}/{virtual_router_name}/{name}"),
    "aws_appmesh_virtual_node": ResourceType(moves_with_service=True, import_id=_IN_THE_MESH),
    "aws_appmesh_virtual_router": ResourceType(moves_with_service=True, import_id=_IN_THE_MESH),
    "aws_appmesh_virtual_service": ResourceType(moves_with_service=True, import_id=_IN_THE_MESH),
}
