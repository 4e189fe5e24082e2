"""Envoy: the proxy container of a task with its redirection, and the virtual gateway of an ingress."""

from __future__ import annotations

import re
from typing import Any

from cdktf_cdktf_provider_aws.appmesh_gateway_route import AppmeshGatewayRoute
from cdktf_cdktf_provider_aws.appmesh_virtual_gateway import AppmeshVirtualGateway, AppmeshVirtualGatewaySpecListener
from cdktf_cdktf_provider_aws.appmesh_virtual_service import AppmeshVirtualService
from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinitionProxyConfiguration
from constructs import Construct

from catalog import names
from catalog.meshes.app_mesh import READ_AUTHORITY, STREAM
from catalog.meshes.app_mesh.envoy import (
    ADMIN_PORT,
    CONTAINER,
    EGRESS_PORT,
    INGRESS_PORT,
    USER,
    envoy_image,
    envoy_share,
    ignored_ports,
)
from catalog.meshes.app_mesh.gateway import GATEWAY_PORT, gateway_protocol, route_priority
from catalog.model import Deployment, Service
from stacks.mesh.app_mesh import nodes
from stacks.mesh.base import GatewayTask, tls_authority
from stacks.part import Part, Ref, terraform_type

SETTINGS = {"ENABLE_ENVOY_STATS_TAGS": "1", "ENVOY_LOG_LEVEL": "info"}
CHECK = ("CMD-SHELL", f"curl -s http://localhost:{ADMIN_PORT}/server_info | grep state | grep -q LIVE")
OPEN_FILES = {"ulimits": [{"name": "nofile", "softLimit": 65535, "hardLimit": 65535}]}
"""Every connection needs two file descriptors; at the limit, Envoy crashes with a segmentation fault (App Mesh User
Guide, "App Mesh scaling troubleshooting"). This is Fargate's limit, which is higher than that of an instance."""

_DRAIN_SECONDS = 5
_STOP_SECONDS = 15
_NO_PORT = 1
_CREDENTIALS_AND_METADATA = "169.254.170.2,169.254.169.254"


def container(service: Service, *, deployment: Deployment, node: Ref) -> dict[str, Any]:
    """The container definition (App Mesh User Guide, "Getting started with App Mesh and Amazon ECS").

    It starts before the service and stops after it, so what it waits for at its end is only that the last bytes leave:
    AWS's least drain time, and what its agent takes beyond that.
    """
    share = envoy_share(service.cpu, service.memory)
    drain = str(_DRAIN_SECONDS)
    return {
        "name": CONTAINER,
        "image": envoy_image(deployment),
        "essential": True,
        "user": USER,
        "cpu": share.cpu,
        "memoryReservation": share.memory,
        "environment": [
            {"name": name, "value": value}
            for name, value in {
                "APPMESH_RESOURCE_ARN": node.arn,
                **tracing(deployment),
                **SETTINGS,
                "LISTENER_DRAIN_WAIT_TIME_S": drain,
            }.items()
        ],
        "healthCheck": {
            "command": list(CHECK),
            "interval": 5,
            "timeout": 2,
            "retries": 3,
            "startPeriod": 10,
        },
        "stopTimeout": _STOP_SECONDS,
        **OPEN_FILES,
    }


def tracing(deployment: Deployment) -> dict[str, str]:
    """Send traces to the collector in the same task, which listens on the port of X-Ray's daemon (App Mesh User Guide,
    "Envoy configuration variables")."""
    return {"ENABLE_ENVOY_XRAY_TRACING": "1"} if deployment.catalog.mesh.tracing else {}


def proxy_configuration(service: Service, *, deployment: Deployment) -> EcsTaskDefinitionProxyConfiguration:
    """Which traffic of the task is redirected to Envoy: all that comes in on the port and all that goes out, but for
    what Envoy itself sends, ECS's own addresses and the ignored ports.

    ECS refuses an empty list of ports (aws/aws-app-mesh-roadmap issue 467), so a service without one names a port on
    which nothing listens.
    """
    return EcsTaskDefinitionProxyConfiguration(
        type="APPMESH",
        container_name=CONTAINER,
        properties={
            "AppPorts": str(service.port or _NO_PORT),
            "EgressIgnoredIPs": _CREDENTIALS_AND_METADATA,
            "EgressIgnoredPorts": ",".join(str(port) for port in ignored_ports(deployment, service)),
            "IgnoredUID": USER,
            "ProxyEgressPort": str(EGRESS_PORT),
            "ProxyIngressPort": str(INGRESS_PORT),
        },
    )


class VirtualGateway(Part):
    """The virtual gateway, with a gateway route for each service behind it. Its tasks hold nothing but Envoy, which
    takes connections itself: no traffic is redirected, and it runs as any user (App Mesh User Guide, "Virtual
    gateways")."""

    task: GatewayTask

    def __init__(self, scope: Construct, *, deployment: Deployment, ingress: str, mesh: str) -> None:
        super().__init__(scope, "gateway", deployment=deployment)
        self._mesh = mesh
        self._authority = tls_authority(deployment)
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
            environment={"APPMESH_RESOURCE_ARN": self._gateway.arn, **tracing(deployment), **SETTINGS},
            check=CHECK,
            statements=tuple(statements),
            container=dict(OPEN_FILES),
        )

    def lead_to(self, service: Service) -> Ref:
        """Create the gateway route for a service's requests."""
        assert service.public is not None
        # By reference, because the virtual service must exist as long as a route refers to it.
        virtual_service = self.elements[f"{terraform_type(AppmeshVirtualService)}.{service.name}"]
        target = {"virtual_service": {"virtual_service_name": virtual_service.name}}
        action = {"target": target, "rewrite": None}
        if service.public.path == "/":
            match: dict[str, Any] = {"prefix": "/"}
            action["rewrite"] = {"prefix": {"default_prefix": "DISABLED"}}
        else:
            # A prefix /api would also match /apiary, and would be removed from the path.
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

    def _spec(self) -> dict[str, Any]:
        listener = AppmeshVirtualGatewaySpecListener(port_mapping={"port": GATEWAY_PORT, "protocol": self._protocol})
        logs = self.deployment.catalog.mesh.access_logs
        policy = {"client_policy": nodes.client_policy(self._authority)} if self._authority else None
        return {
            "listener": [listener],
            "backend_defaults": policy,
            "logging": {"access_log": {"file": {"path": "/dev/stdout"}}} if logs else None,
        }
