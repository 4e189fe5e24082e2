"""What Service Connect demands of a catalog."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis import naming
from catalog.analysis.call_graph import early_callers
from catalog.analysis.load_balancers import target_idle
from catalog.analysis.states import stack_of
from catalog.diagnostics import Finding, listed
from catalog.frame import Place, Rules
from catalog.meshes.service_connect.timers import discovery_name, proxy_share, serves
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import spelled_duration

rule = Rules()


_ALIAS_LENGTH = 127
"""Characters of the name that clients use (ECS API reference, ServiceConnectClientAlias.dnsName)."""
_MANY_SERVICES = 100
_ROOM_FOR_MANY = 192
"""MiB for a proxy that knows more services than that (ECS developer guide, "Service Connect": 128 beyond the 64)."""


_LONGEST = 2**31 - 1
"""Seconds; ECS API reference, TimeoutConfiguration (Duration)."""


@rule(Deployment)
def untagged_authority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The policy in which ECS issues certificates holds for CAs with its tag only (AWS managed policy reference,
    AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity)."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is not None:
        yield at("mesh", "tls").notice(
            "ECS may use a CA that bears the tag AmazonECSManaged = true, and no other; see that this one does"
        )


@rule(Service)
def encrypted_behind_load_balancer(service: Service, at: Place) -> Iterator[Finding]:
    """The proxy in front of a port speaks TLS to everybody, or to nobody (ECS developer guide, "Encrypt Amazon ECS
    Service Connect traffic": between clients and servers of the namespace)."""
    callers = at.deployment.callers_of(service.name)
    if callers and service.port is not None and not serves(at.deployment, service):
        who = listed([caller.name for caller in callers])
        yield at("public").error(
            f"{who} would call it encrypted ({at.catalog('mesh', 'tls').location}), and a load balancer cannot "
            "be shown to get through to such a port; put a service in front that is public alone, or leave out "
            "mesh.tls"
        )


@rule(Deployment)
def starts_before_callee(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A client knows the endpoints that were there when its task started (ECS developer guide, "Service Connect
    concepts"), and somebody starts first in a circle of calls, or where a callee's state is applied later."""
    for name, early in early_callers(deployment):
        service = deployment.services[name]
        together = all(stack_of(deployment.services[callee]) == stack_of(service) for callee in early)
        reason = "call each other in a circle" if together else "live in states of which some are applied later"
        owned = naming.owned(deployment, service)
        yield at("services", name, "calls", service.calls.index(early[0])).warning(
            f"{name} and {listed(early)} {reason}, {name} starts first, and its proxy knows only what was "
            "there before it; once all run, deploy it again: aws ecs update-service --cluster "
            f"{deployment.cluster_name} --service {owned} --region {deployment.region} --force-new-deployment"
        )


@rule(Service)
def alias_too_long(service: Service, at: Place) -> Iterator[Finding]:
    """A name that clients use has at most 127 characters (ECS API reference, ServiceConnectClientAlias.dnsName)."""
    host = at.deployment.host_of(service.name)
    if service.port is not None and len(host) > _ALIAS_LENGTH:
        yield at.catalog(*naming.place(at.deployment, service)).error(
            f'"{host}" has {len(host)} characters, Service Connect takes {_ALIAS_LENGTH}; shorten the '
            "service's name, or discovery.namespace"
        )


@rule(Deployment)
def duplicate_discovery_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS lists one service of a name in a namespace (ECS API reference, ServiceConnectService.discoveryName)."""
    seen: dict[str, Service] = {}
    for service in deployment.services.values():
        name = discovery_name(deployment, service)
        other = seen.setdefault(name, service)
        if serves(deployment, service) and other.aws_name != service.aws_name:
            place = at(*naming.place(deployment, other))
            yield at(*naming.place(deployment, service)).error(
                f'Service Connect would list it as "{name}", like services.{other.name} '
                f"({place.location}); write another aws_name"
            )


@rule(Deployment)
def little_proxy_memory(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A proxy that knows many services needs more memory (ECS developer guide, "Service Connect")."""
    tight = [
        service.name
        for service in deployment.services.values()
        if proxy_share(service.cpu, service.memory).memory < _ROOM_FOR_MANY
    ]
    if len(deployment.services) > _MANY_SERVICES and tight:
        yield at("services", tight[0], "memory").warning(
            f"with {len(deployment.services)} services a proxy needs {_ROOM_FOR_MANY} MiB, an eighth of its "
            f"task; give {listed(tight)} at least {8 * _ROOM_FOR_MANY}"
        )


@rule(Service)
def timeout_beyond_ecs(service: Service, at: Place) -> Iterator[Finding]:
    """ECS counts seconds in 32 bits (ECS API reference, TimeoutConfiguration)."""
    if service.is_tcp or not serves(at.deployment, service):
        return
    keys = {"timeout": service.timeout, "idle_timeout": target_idle(at.deployment, service)}
    for key, seconds in keys.items():
        place = at(key)
        # Of a timer that was taken over from a callee, its own place says it.
        if _LONGEST < seconds < UNLIMITED and place.is_set:
            yield place.error(
                f"{spelled_duration(seconds)} is longer than ECS can count, {_LONGEST} seconds; "
                'write "none" for no limit, or less'
            )
