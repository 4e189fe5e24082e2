"""The proxy in a task: its container, and the part of the task definition that redirects traffic to it."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinitionProxyConfiguration

from catalog.meshes.app_mesh.egress import ignored_ports
from catalog.meshes.app_mesh.envoy import (
    ADMIN_PORT,
    CONTAINER,
    EGRESS_PORT,
    INGRESS_PORT,
    USER,
    envoy_image,
    envoy_share,
)
from catalog.model import Deployment, Service
from stacks.part import Ref

SETTINGS = {"ENABLE_ENVOY_STATS_TAGS": "1", "ENVOY_LOG_LEVEL": "info"}
CHECK = ("CMD-SHELL", f"curl -s http://localhost:{ADMIN_PORT}/server_info | grep state | grep -q LIVE")
OPEN_FILES = {"ulimits": [{"name": "nofile", "softLimit": 65535, "hardLimit": 65535}]}
"""Every connection takes two files; at the limit Envoy ends with a segmentation fault (App Mesh User Guide, "App Mesh
scaling troubleshooting"). This is what Fargate gives, and more than an instance does."""

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
    """Traces to the collector beside it, which listens where X-Ray's daemon would (App Mesh User Guide, "Envoy
    configuration variables")."""
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
