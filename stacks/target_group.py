"""What a load balancer must know of a service: where its tasks listen, and how to tell that they are well."""

from __future__ import annotations

from typing import Any

from catalog import aws_names
from catalog.balancer import deregistration_delay
from catalog.model import Deployment, Service
from stacks.part import OUTLIVES_TASKS

_VERSIONS = {"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}


def target_group(service: Service, *, deployment: Deployment, vpc_id: str, protocol: str) -> dict[str, Any]:
    """The arguments of a service's target group; `protocol` is what its tasks accept, HTTP or HTTPS."""
    version = _VERSIONS[service.protocol]
    network = deployment.catalog.network
    return {
        "name": aws_names.target_group(
            deployment,
            service,
            forces_new=(str(service.port), protocol, version, network.vpc_id or network.cidr),
        ),
        "target_type": "ip",
        "vpc_id": vpc_id,
        "port": service.port,
        "protocol": protocol,
        "protocol_version": version,
        "deregistration_delay": str(deregistration_delay(service)),
        "health_check": {
            "protocol": protocol,
            "interval": int(service.health.interval),
            "timeout": int(service.health.timeout),
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
            **_probe(service),
        },
        "stickiness": _stickiness(service),
        "lifecycle": OUTLIVES_TASKS,
    }


def _stickiness(service: Service) -> dict[str, Any]:
    """Written out where there is none: left out, Terraform would keep what was there before."""
    duration = service.public.sticky if service.public else None
    if duration is None:
        return {"type": "lb_cookie", "enabled": False}
    return {"type": "lb_cookie", "enabled": True, "cookie_duration": int(duration)}


def _probe(service: Service) -> dict[str, str]:
    """What is asked, and which answers are good (ELBv2 API reference, CreateTargetGroup and Matcher)."""
    path = service.health.path
    if service.protocol == "grpc":
        # Without a method to call, that it answers at all is good: 12 says that there is no such method.
        return {"path": path, "matcher": "0"} if path else {"path": "/AWS.ALB/healthcheck", "matcher": "12"}
    # Without a path to ask for, an answer of any kind but a failure is good: many services have nothing at /.
    return {"path": path, "matcher": "200-399"} if path else {"path": "/", "matcher": "200-499"}
