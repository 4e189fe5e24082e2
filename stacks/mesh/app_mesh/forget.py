"""Leaving App Mesh: AWS no longer answers for it, so Terraform must forget its resources without asking."""

from __future__ import annotations

from cdktf import TerraformStack

from catalog import names
from catalog.model import Deployment
from catalog.moves import moves

_OF_THE_WAY = ("aws_appmesh_route", "aws_appmesh_virtual_router", "aws_appmesh_virtual_service")
_NODE = "aws_appmesh_virtual_node"
_CERTIFICATE = "aws_acm_certificate"


def forget(stack: TerraformStack, *, deployment: Deployment) -> None:
    """Write a `removed` block for every resource that this catalog could have had in App Mesh: it leaves the state and
    is not deleted (Terraform, "Removing Resources"). A block for what was never there does nothing.

    A service's certificate goes the same way: virtual nodes that nobody can delete any more may still hold it.
    """
    known = addresses(deployment)
    # What was renamed meanwhile is not moved any more, as nothing is left to move it to.
    known += [old for old, _ in moves(known, renamed=deployment.renamed)]
    blocks = [{"from": address, "lifecycle": {"destroy": False}} for address in sorted(known)]
    stack.add_override("removed", blocks)


def addresses(deployment: Deployment) -> list[str]:
    """The addresses of all that `AppMesh` makes for a catalog, whatever ports, calls and TLS it now says."""
    services = [f"{type_}.{name}" for name in deployment.services for type_ in (_CERTIFICATE, _NODE, *_OF_THE_WAY)]
    externals = [
        f"{type_}.{names.shared('external', name)}"
        for name in deployment.catalog.external
        for type_ in (_NODE, *_OF_THE_WAY)
    ]
    versions = [
        f"{type_}.{version.name}"
        for others in deployment.versions.values()
        for version in others
        for type_ in (_NODE, _OF_THE_WAY[0])
    ]
    gateways = [
        *(f"aws_appmesh_virtual_gateway.{names.shared('ingress', name)}" for name in deployment.catalog.ingress),
        *(f"aws_appmesh_gateway_route.{name}" for name in deployment.services),
    ]
    return sorted([f"aws_appmesh_mesh.{names.shared('mesh')}", *services, *versions, *externals, *gateways])
