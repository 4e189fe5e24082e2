"""Rules for catalogs on VPC Lattice."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.diagnostics import Finding, listed
from catalog.frame import Place, Rules
from catalog.meshes.vpc_lattice.listeners import (
    CONNECTION,
    IDLE,
    IDLE_SINCE,
    can_set_idle_timeout,
    carried_callees,
    carried_services,
)
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import spelled_duration

rule = Rules()


_SHORTEST_NAME = 3
_NAMED = 8
"""The number of callers that a message names; it counts the others."""


@rule(Deployment)
def name_too_short(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A service network's name has at least three characters (VPC Lattice API reference, CreateServiceNetwork)."""
    if len(deployment.id) < _SHORTEST_NAME:
        yield at("catalog", "name").error(
            f'the service network would be named "{deployment.id}", but its name must have at least '
            f"{_SHORTEST_NAME} characters. Use a longer name."
        )


@rule(Deployment)
def authority_without_use(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Listeners use AWS's own certificates (VPC Lattice user guide, "HTTPS listeners")."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is not None:
        message = "VPC Lattice uses AWS's own certificates. Write tls = true."
        yield at("mesh", "tls").error(message)


@rule(Deployment)
def unencrypted_callee(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Calls that bypass VPC Lattice aren't encrypted, and VPC Lattice sends plain HTTP to the tasks."""
    if deployment.catalog.mesh.tls is None:
        return
    yield at("mesh", "tls").notice("calls are encrypted only up to VPC Lattice, which sends plain HTTP to the tasks")
    for service in deployment.services.values():
        if service.is_tcp and deployment.callers_of(service.name):
            callers = listed([caller.name for caller in deployment.callers_of(service.name)])
            yield at("services", service.name, "protocol").error(
                f"{callers} would call it unencrypted ({at('mesh', 'tls').location}): VPC Lattice doesn't support tcp. "
                'Remove mesh.tls, call a server that uses TLS as [external], or set mesh.kind to "service-connect".'
            )


@rule(Deployment)
def unauthenticated_tcp(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Calls that bypass VPC Lattice aren't authenticated."""
    direct = [s.name for s in deployment.services.values() if s.is_tcp and deployment.callers_of(s.name)]
    if deployment.catalog.mesh.auth == "iam" and direct:
        yield at("mesh", "auth").finding(
            f"doesn't apply to tcp: only security groups restrict the calls to {listed(direct)}",
            level="error" if deployment.catalog.mesh.strict else "warning",
        )


@rule(Deployment)
def unread_signatures(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """VPC Lattice verifies signatures only with auth type IAM (VPC Lattice user guide, "Auth policies")."""
    signing = [
        s.name
        for s in deployment.services.values()
        if s.sign_requests and at("services", s.name, "sign_requests").is_set
    ]
    if deployment.catalog.mesh.auth != "iam" and signing:
        yield at("services", signing[0], "sign_requests").finding(
            f'has no effect, because mesh.auth isn\'t "iam"; not honored for {listed(signing)}. '
            'Set mesh.auth to "iam", or remove it.',
            level="error" if deployment.catalog.mesh.strict else "notice",
        )


@rule(Deployment)
def timeout_beyond_connection(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A connection ends after ten minutes, even if it isn't idle (VPC Lattice API reference, CreateService)."""
    for service in carried_services(deployment):
        if service.timeout <= CONNECTION or not deployment.callers_of(service.name):
            continue
        base = at("services", service.name)
        longest = "any time" if service.timeout == UNLIMITED else spelled_duration(service.timeout)
        yield (base("timeout") if base("timeout").is_set else base).error(
            f"responses of {service.name} may take {longest}, but VPC Lattice ends every connection after ten minutes. "
            'Write at most "10m" and let callers poll, or set mesh.kind to "service-connect" or "none".'
        )


@rule(Deployment)
def idle_responses(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """By default, VPC Lattice closes a connection that is idle for a minute (VPC Lattice API reference,
    CreateService)."""
    if can_set_idle_timeout(deployment):
        return
    slow = [
        service.name
        for service in carried_services(deployment)
        if service.timeout > IDLE and deployment.callers_of(service.name)
    ]
    if slow:
        yield at("mesh", "kind").warning(
            f"VPC Lattice closes a connection that is idle for {IDLE} seconds, but responses of {listed(slow)} may "
            "take longer. Stream them, so that the connection isn't idle, or write "
            f'aws = ">= {IDLE_SINCE}, < 7" in [terraform].'
        )


@rule(Service)
def caller_without_signature(service: Service, at: Place) -> Iterator[Finding]:
    """With auth type IAM, callers must sign their requests (VPC Lattice user guide, "SIGv4 authenticated requests")."""
    if at.deployment.catalog.mesh.auth != "iam":
        return
    callees = [callee.name for callee in carried_callees(at.deployment, service)]
    if callees and not service.sign_requests:
        yield at("calls").error(
            f"{listed(callees)} {'accepts' if len(callees) == 1 else 'accept'} only signed requests "
            f"({at.catalog('mesh', 'auth').location}). Let {service.name} sign them (SigV4, service vpc-lattice-svcs) "
            "and write sign_requests = true, or remove mesh.auth."
        )


@rule(Deployment)
def reachable_beyond_calls(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The security group of the association distinguishes callers, but it distinguishes callees only by port (VPC
    Lattice user guide, "Control traffic with security groups")."""
    if deployment.catalog.mesh.auth == "iam":
        return
    carried = list(carried_services(deployment))
    reach = {}
    for caller in deployment.services.values():
        callees = carried_callees(deployment, caller)
        ports = {callee.port for callee in callees}
        known = {callee.name for callee in callees} | {caller.name}
        if others := [other.name for other in carried if other.port in ports and other.name not in known]:
            reach[caller.name] = others
    if reach:
        yield at("mesh", "kind").warning(
            f"services on the same port can be reached by each other's callers ({_reaching(reach)}). Use different "
            'ports, or write auth = "iam" here and sign_requests = true for the callers.'
        )


@rule(Deployment)
def versions_over_tcp(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """VPC Lattice can't split calls that bypass it."""
    for name, versions in deployment.versions.items():
        service = deployment.services[name]
        if service.is_tcp and deployment.callers_of(name) and any(version.weight for version in versions):
            yield at("services", name, "versions").error(
                "isn't supported for tcp on VPC Lattice: calls can't be split between versions. Remove versions."
            )


def _reaching(reach: dict[str, list[str]]) -> str:
    """Which callers can reach which services; only the first few if there are many."""
    reachable = [f"{caller} can reach {listed(others)}" for caller, others in reach.items()]
    more = [f"{len(reachable) - _NAMED} more callers"] if len(reachable) > _NAMED else []
    return "; ".join([*reachable[:_NAMED], *more])
