"""Rules for catalogs on Service Connect."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from catalog.analysis import naming
from catalog.analysis.call_graph import calls_back, early_callers
from catalog.analysis.load_balancers import target_idle
from catalog.diagnostics import Finding, listed
from catalog.frame import Place, Rules
from catalog.meshes.service_connect.timers import discovery_name, proxy_share, serves
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import spelled_duration

rule = Rules()


_ALIAS_LENGTH = 127
"""Characters of the host name that clients use (ECS API reference, ServiceConnectClientAlias.dnsName)."""
_MANY_SERVICES = 100
_MEMORY_FOR_MANY = 192
"""MiB for a proxy that knows more services than that (ECS developer guide, "Service Connect": 64, and 128 more)."""


_MANY_CALLS = 100
"""Calls in cycles."""
_SEVERAL = ("them", "start", "their proxies know")
_LONGEST = 2**31 - 1
"""Seconds (ECS API reference, TimeoutConfiguration, Duration)."""


@rule(Deployment)
def untagged_authority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS's permission to issue certificates is limited to CAs with its tag (AWS managed policy reference,
    AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity)."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is not None:
        yield at("mesh", "tls").notice(
            "ECS can use only a CA that has the tag AmazonECSManaged = true. Check that this CA has it."
        )


@rule(Service)
def encrypted_behind_load_balancer(service: Service, at: Place) -> Iterator[Finding]:
    """A proxy requires TLS from all clients of a port, or from none (ECS developer guide, "Encrypt Amazon ECS Service
    Connect traffic": between clients and servers of the namespace)."""
    callers = at.deployment.callers_of(service.name)
    if callers and service.port is not None and not serves(at.deployment, service):
        who = listed([caller.name for caller in callers])
        yield at("public").error(
            f"{who} would call it encrypted ({at.catalog('mesh', 'tls').location}), and it isn't tested that a load "
            "balancer can connect to an encrypted port. Make another service public that calls it, or remove mesh.tls."
        )


@rule(Deployment)
def starts_before_callee(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A client knows the endpoints that existed when its task started (ECS developer guide, "Service Connect
    concepts"). A caller starts before its callee if their calls form a cycle, or if the callee's state is applied
    later."""
    early = dict(early_callers(deployment))
    reported: set[tuple[str, str]] = set()
    starting: set[str] = set()
    later: dict[str, list[str]] = {}
    for caller, callee in ((name, each) for name, callees in early.items() for each in callees):
        # Dense graphs have too many cycles to name: then one for each service that starts first.
        if (caller, callee) in reported or (len(reported) > _MANY_CALLS and caller in starting):
            continue
        cycle = calls_back(deployment, caller, callee)
        if not cycle:
            later.setdefault(caller, []).append(callee)
            continue
        reported.update(pairwise(cycle))
        first = [one for one, other in pairwise(cycle) if other in early.get(one, ())]
        starting.update(first)
        fact = f"{' → '.join(cycle)} is a cycle of calls"
        yield at("services", caller, "calls", deployment.services[caller].calls.index(callee)).warning(
            f"{fact}, {_starting(deployment, first)}", once=f"{fact}, {_starting(deployment, first, of_all=True)}"
        )
    for caller, callees in later.items():
        yield at("services", caller, "calls", deployment.services[caller].calls.index(callees[0])).warning(
            f"{caller} and {listed(callees)} are in states of which some are applied later, "
            f"{_starting(deployment, [caller])}"
        )


def _starting(deployment: Deployment, names: list[str], *, of_all: bool = False) -> str:
    """The rest of a sentence about services that start before their callees; `of_all` has a command for a shell whose
    variable ENV has the environment."""
    them, start, know = ("it", "starts", "its proxy knows") if len(names) == 1 else _SEVERAL
    command, where = _deploy_again(deployment, names), ""
    if of_all:
        command = command.replace(deployment.id, f"{deployment.catalog.catalog.name}-$ENV")
        where = " in each environment ($ENV)"
    return (
        f"so {listed(names)} {start} first, and {know} only the services that existed then. When all are running, "
        f"deploy {them} again{where}: {command}"
    )


def _deploy_again(deployment: Deployment, names: list[str]) -> str:
    """A command for a shell."""
    owned = [naming.owned(deployment, deployment.services[name]) for name in names]
    command = (
        f"aws ecs update-service --cluster {deployment.cluster_name} --service "
        f"{{}} --region {deployment.region} --force-new-deployment"
    )
    if len(owned) == 1:
        return command.format(owned[0])
    return f"for s in {' '.join(owned)}; do {command.format('$s')}; done"


@rule(Service)
def alias_too_long(service: Service, at: Place) -> Iterator[Finding]:
    """ECS limits the host name that clients use to 127 characters (ECS API reference,
    ServiceConnectClientAlias.dnsName)."""
    host = at.deployment.host_of(service.name)
    if service.port is not None and len(host) > _ALIAS_LENGTH:
        yield at.catalog(*naming.place(at.deployment, service)).error(
            f'"{host}" has {len(host)} characters, but Service Connect allows at most {_ALIAS_LENGTH}. Shorten the '
            "service's name or discovery.namespace."
        )


@rule(Deployment)
def duplicate_discovery_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A discovery name is unique in its namespace (ECS API reference, ServiceConnectService.discoveryName)."""
    seen: dict[str, Service] = {}
    for service in deployment.services.values():
        name = discovery_name(deployment, service)
        other = seen.setdefault(name, service)
        if serves(deployment, service) and other.aws_name != service.aws_name:
            place = at(*naming.place(deployment, other))
            yield at(*naming.place(deployment, service)).error(
                f'Service Connect would list it as "{name}", like services.{other.name} '
                f"({place.location}). Set another aws_name."
            )


@rule(Deployment)
def little_proxy_memory(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A proxy that knows many services needs more memory (ECS developer guide, "Service Connect")."""
    tight = [
        service.name
        for service in deployment.services.values()
        if proxy_share(service.cpu, service.memory).memory < _MEMORY_FOR_MANY
    ]
    if len(deployment.services) > _MANY_SERVICES and tight:
        yield at("services", tight[0], "memory").warning(
            f"with {len(deployment.services)} services, a proxy needs {_MEMORY_FOR_MANY} MiB, and it gets an eighth of "
            f"its task's memory. Set memory to at least {8 * _MEMORY_FOR_MANY} for {listed(tight)}."
        )


@rule(Service)
def timeout_beyond_ecs(service: Service, at: Place) -> Iterator[Finding]:
    """ECS stores seconds in 32 bits (ECS API reference, TimeoutConfiguration)."""
    if service.is_tcp or not serves(at.deployment, service):
        return
    keys = {"timeout": service.timeout, "idle_timeout": target_idle(at.deployment, service)}
    for key, seconds in keys.items():
        place = at(key)
        # A timer that follows a callee's is reported at the callee.
        if _LONGEST < seconds < UNLIMITED and place.is_set:
            yield place.error(
                f"{spelled_duration(seconds)} exceeds the longest time that ECS allows, {_LONGEST} seconds. "
                'Write "none" for no limit, or a shorter time.'
            )
