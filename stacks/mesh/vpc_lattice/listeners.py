"""Target groups of a service in VPC Lattice, and the rules that send matching requests to a version."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.vpclattice_listener_rule import (
    VpclatticeListenerRuleActionForwardTargetGroups,
    VpclatticeListenerRuleMatchHttpMatchHeaderMatches,
    VpclatticeListenerRuleMatchHttpMatchHeaderMatchesMatch,
)

from catalog.analysis import naming
from catalog.analysis.load_balancers import match_priority
from catalog.meshes.vpc_lattice.listeners import identity
from catalog.model import Deployment, Service
from stacks.part import OUTLIVES_TASKS, PROTOCOL_VERSIONS, Ref


def match_rule(version: Service, *, service: Ref, listener: Ref, group: Ref) -> dict[str, Any]:
    """The arguments of a listener rule that sends matching requests to a version, regardless of its weight."""
    assert version.match is not None and version.version is not None
    headers = [
        VpclatticeListenerRuleMatchHttpMatchHeaderMatches(
            name=name,
            case_sensitive=True,
            match=VpclatticeListenerRuleMatchHttpMatchHeaderMatchesMatch(exact=value),
        )
        for name, value in sorted(version.match.headers.items())
    ]
    path = {"path_match": {"case_sensitive": True, "match": {"prefix": version.match.path}}}
    target = VpclatticeListenerRuleActionForwardTargetGroups(target_group_identifier=group.id, weight=100)
    return {
        # At least three characters, and no prefix `rule-` (VPC Lattice API reference, CreateRule.name).
        "name": f"to-{version.version}",
        "service_identifier": service.id,
        "listener_identifier": listener.listener_id,
        "priority": match_priority(version),
        "match": {
            "http_match": {
                **({"header_matches": headers} if headers else {}),
                **(path if version.match.path != "/" else {}),
            }
        },
        "action": {"forward": {"target_groups": [target]}},
    }


_PROBES = {"http": "HTTP1", "http2": "HTTP2"}


def target_group(service: Service, *, deployment: Deployment, vpc_id: str) -> dict[str, Any]:
    """The arguments of a service's target group, in which ECS registers its tasks."""
    version = PROTOCOL_VERSIONS[service.protocol]
    network = deployment.catalog.network
    # The last one, because a target group belongs to one service only (VPC Lattice API reference, CreateTargetGroup).
    forces_new = (str(service.port), version, network.vpc_id or network.cidr, identity(deployment, service))
    return {
        "name": naming.target_group(deployment, service, forces_new=forces_new),
        "type": "IP",
        "config": {
            "vpc_identifier": vpc_id,
            "port": service.port,
            "protocol": "HTTP",
            "protocol_version": version,
            "ip_address_type": "IPV4",
            "health_check": _health_check(service),
        },
        # Also, a target group that a listener uses can't be deleted before the new one is in use.
        "lifecycle": OUTLIVES_TASKS,
    }


def _health_check(service: Service) -> dict[str, Any]:
    """The health check. gRPC has none (VPC Lattice API reference, HealthCheckConfig.path). Without a path in the
    catalog, any response but a server error is healthy, because many services have nothing at /."""
    if service.protocol not in _PROBES:
        return {"enabled": False}
    path = service.health.path
    return {
        "enabled": True,
        "protocol": "HTTP",
        "protocol_version": _PROBES[service.protocol],
        "path": path or "/",
        "matcher": {"value": "200-399" if path else "200-499"},
        "health_check_interval_seconds": int(service.health.interval),
        "health_check_timeout_seconds": int(service.health.timeout),
        "healthy_threshold_count": 2,
        "unhealthy_threshold_count": 3,
    }
