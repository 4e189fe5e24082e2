"""Verify that the emulated AWS has the resources that a mesh promises, by the mesh's kind."""

from __future__ import annotations

from typing import Protocol

from catalog.model import Deployment, Service
from tests.support.verify import app_mesh, none, service_connect, vpc_lattice


class Verify(Protocol):
    """A module that knows one mesh."""

    def assert_reaches(self, deployment: Deployment) -> None:
        """Every service is there as the catalog says, and every caller reaches its callees in the way of the mesh."""
        ...

    def found(self, service: Service, deployment: Deployment) -> list[str]:
        """The addresses of a service's tasks, where the mesh looks for them."""
        ...

    def connecting(self, service: Service, deployment: Deployment) -> list[str]:
        """Who may connect to a service's tasks: services by name, and "prefix list" for what has one."""
        ...

    def remains(self, deployment: Deployment) -> list[str]:
        """Resources of this mesh in the account; none if another mesh is in use."""
        ...


MESHES: dict[str, Verify] = {
    "app-mesh": app_mesh,
    "service-connect": service_connect,
    "vpc-lattice": vpc_lattice,
    "none": none,
}
