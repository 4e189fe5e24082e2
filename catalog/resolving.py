"""Which calls rest on a name that the namespace's DNS has to resolve."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.meshes import mesh_of
from catalog.model import Deployment, Service


def resolved_calls(deployment: Deployment) -> Iterator[tuple[Service, int]]:
    """A caller and the place of the callee in its `calls`."""
    needs_dns = mesh_of(deployment).needs_dns
    for service in deployment.services.values():
        for index, name in enumerate(service.calls):
            if name in deployment.services and needs_dns(deployment.services[name]):
                yield service, index
