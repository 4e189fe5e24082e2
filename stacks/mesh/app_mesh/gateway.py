"""The virtual gateway of an ingress: proxies that send what comes from outside to the mesh's virtual services."""

from __future__ import annotations

import re
from typing import Any

from cdktf_cdktf_provider_aws.appmesh_gateway_route import AppmeshGatewayRoute
from cdktf_cdktf_provider_aws.appmesh_virtual_gateway import AppmeshVirtualGateway, AppmeshVirtualGatewaySpecListener
from cdktf_cdktf_provider_aws.appmesh_virtual_service import AppmeshVirtualService
from constructs import Construct

from catalog import names
from catalog.meshes.app_mesh.envoy import envoy_image
from catalog.meshes.app_mesh.gateway import GATEWAY_PORT, gateway_protocol, route_priority
from catalog.meshes.app_mesh.rights import READ_AUTHORITY, STREAM
from catalog.model import Deployment, Service
from stacks.mesh.app_mesh import envoy, nodes
from stacks.mesh.base import GatewayTask
from stacks.part import Part, Ref, terraform_type


class VirtualGateway(Part):
    """The virtual gateway, with a gateway route for each service behind it. Its tasks hold nothing but Envoy, which
    takes connections itself: no traffic is redirected, and it runs as any user (App Mesh User Guide, "Virtual
    gateways")."""

    task: GatewayTask

    def __init__(self, scope: Construct, *, deployment: Deployment, ingress: str, mesh: str) -> None:
        super().__init__(scope, "gateway", deployment=deployment)
        self._mesh = mesh
        self._protocol = gateway_protocol(deployment, ingress)
        address = names.shared("ingress", ingress)
        self._gateway = self.add(
            AppmeshVirtualGateway, address, name=f"ingress_{ingress}", mesh_name=mesh, spec=self._spec()
        )
        statements = [STREAM.on([self._gateway.arn])]
        if self._authority:
            statements.append(READ_AUTHORITY.on([self._authority]))
        self.task = GatewayTask(
            image=envoy_image(deployment),
            port=GATEWAY_PORT,
            environment={"APPMESH_RESOURCE_ARN": self._gateway.arn, **envoy.tracing(deployment), **envoy.SETTINGS},
            check=envoy.CHECK,
            statements=tuple(statements),
            container=dict(envoy.OPEN_FILES),
        )

    def lead_to(self, service: Service) -> Ref:
        """Make the route that sends a service the requests that are meant for it."""
        assert service.public is not None
        # By reference: a virtual service that a route leads to can neither come later nor go earlier.
        virtual_service = self.elements[f"{terraform_type(AppmeshVirtualService)}.{service.name}"]
        target = {"virtual_service": {"virtual_service_name": virtual_service.name}}
        action = {"target": target, "rewrite": None}
        if service.public.path == "/":
            match: dict[str, Any] = {"prefix": "/"}
            action["rewrite"] = {"prefix": {"default_prefix": "DISABLED"}}
        else:
            # A prefix would take /apiary for /api, and be cut off besides.
            match = {"path": {"regex": f"{re.escape(service.public.path)}(/.*)?"}}
        if service.public.host:
            match["hostname"] = {"exact": service.public.host}
        return self.add(
            AppmeshGatewayRoute,
            service.name,
            name=service.aws_name,
            mesh_name=self._mesh,
            virtual_gateway_name=self._gateway.name,
            spec={
                "priority": route_priority(service.public),
                f"{self._protocol}_route": {"action": action, "match": match},
            },
        )

    @property
    def _authority(self) -> str | None:
        tls = self.deployment.catalog.mesh.tls
        return tls.authority if tls else None

    def _spec(self) -> dict[str, Any]:
        listener = AppmeshVirtualGatewaySpecListener(port_mapping={"port": GATEWAY_PORT, "protocol": self._protocol})
        logs = self.deployment.catalog.mesh.access_logs
        policy = {"client_policy": nodes.client_policy(self._authority)} if self._authority else None
        return {
            "listener": [listener],
            "backend_defaults": policy,
            "logging": {"access_log": {"file": {"path": "/dev/stdout"}}} if logs else None,
        }
