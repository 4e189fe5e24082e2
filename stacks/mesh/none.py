"""No mesh: tasks connect to tasks, by Cloud Map DNS names."""

from __future__ import annotations

from dataclasses import replace

from constructs import Construct

from catalog.model import Deployment, Service
from stacks.mesh.base import Membership, MeshContext, connected, no_generated_hosts, registered
from stacks.part import Part


class NoMesh(Part):
    """A Cloud Map entry for each service with a port, and the security group rules of its calls."""

    name = None
    host_reference = staticmethod(no_generated_hosts)

    def __init__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> None:
        super().__init__(scope, "mesh", deployment=deployment)
        self._context = context

    def join(self, service: Service) -> Membership:
        """Register the service under its name, and allow it to connect to its callees."""
        registry = self._context.discovery.register(service) if service.port else None
        return Membership(
            service=registered(registry),
            depends_on=connected(service, self._context.security, deployment=self.deployment),
        )

    def join_version(self, version: Service, *, service: Membership) -> Membership:
        """Isn't registered under the service's name, because traffic weights can't be applied there."""
        return replace(service, service={})
