"""A namespace that exists: what must be said of it, and where its names lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.resolving import resolved_calls
from catalog.provenance import Provenance

_ID: Path = ("discovery", "namespace_id")
_NAME: Path = ("discovery", "namespace")


def namespace_without_name(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Callers know services by names in it, which stand in environments before anybody asks AWS."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is not None and discovery.namespace is None:
        message = 'callers go by its name; add namespace = "…", the name of this namespace'
        yield Finding(place=_ID, message=message)


def namespace_of_another_network(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Its names resolve in VPCs that its hosted zone is associated with (Cloud Map API reference,
    CreatePrivateDnsNamespace.Vpc), and one that is made here is none of them."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is None or discovery.kind != "dns" or deployment.uses_existing_network:
        return
    for service, index in resolved_calls(deployment):
        place: Path = ("services", service.name, "calls", index)
        yield Finding(
            place=_ID,
            message=f"its names resolve only in VPCs that it is associated with, and {service.name} calls "
            f"{service.calls[index]} ({written.location(*place)}); add the vpc_id of one of these to [network], or leave "
            "out namespace_id",
        )
        return
