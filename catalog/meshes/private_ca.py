"""What meshes demand of `mesh.tls` that encrypt with certificates of a private CA."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.frame import Place, Rules
from catalog.model import Deployment
from catalog.problems import Finding

rule = Rules()


@rule(Deployment)
def tls_without_authority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The proxies of a mesh get their certificates from a private CA (App Mesh User Guide, "Transport Layer Security";
    ECS developer guide, "Encrypt Amazon ECS Service Connect traffic")."""
    mesh = deployment.catalog.mesh
    if mesh.tls is not None and mesh.tls.authority is None:
        message = f'"{mesh.kind}" needs a private CA; write tls = {{ authority = "arn:aws:acm-pca:…" }}'
        yield at("mesh", "tls").error(message)


@rule(Deployment)
def authority_of_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A certificate is issued in the region of its CA (App Mesh User Guide, "TLS": same region as the mesh; so in the
    ECS developer guide)."""
    tls = deployment.catalog.mesh.tls
    region = tls.authority.split(":")[3] if tls and tls.authority else deployment.region
    if region != deployment.region:
        yield at("mesh", "tls", "authority").error(
            f'lies in "{region}", the mesh in {deployment.region}; write the ARN of a CA there'
        )
