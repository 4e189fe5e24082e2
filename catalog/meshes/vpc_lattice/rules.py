"""What VPC Lattice demands of a catalog."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.diagnostics import Finding, listed
from catalog.frame import Place, Rules
from catalog.meshes.vpc_lattice.listeners import CONNECTION, IDLE, carried_callees, carried_services
from catalog.model import UNLIMITED, Deployment, Service
from catalog.model.types import spelled_duration

rule = Rules()


_SHORTEST_NAME = 3
_NAMED = 8
"""How many callers a message names before it counts them."""


@rule(Deployment)
def name_too_short(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A service network's name has at least three characters (VPC Lattice API reference, CreateServiceNetwork)."""
    if len(deployment.id) < _SHORTEST_NAME:
        yield at("catalog", "name").error(
            f'a service network would be called "{deployment.id}", and takes {_SHORTEST_NAME} characters or '
            "more; write a longer name"
        )


@rule(Deployment)
def authority_without_use(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Listeners have AWS's own certificates (VPC Lattice user guide, "HTTPS listeners")."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is not None:
        message = "VPC Lattice has certificates of its own; write tls = true"
        yield at("mesh", "tls").error(message)


@rule(Deployment)
def unencrypted_callee(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """What it does not carry, it does not encrypt; and to the tasks it speaks plain HTTP, where they do no TLS."""
    if deployment.catalog.mesh.tls is None:
        return
    yield at("mesh", "tls").notice("calls are encrypted as far as VPC Lattice, which speaks plain HTTP to the tasks")
    for service in deployment.services.values():
        if service.is_tcp and deployment.callers_of(service.name):
            callers = listed([caller.name for caller in deployment.callers_of(service.name)])
            yield at("services", service.name, "protocol").error(
                f"{callers} would call it unencrypted ({at('mesh', 'tls').location}): VPC Lattice does not "
                'carry tcp; leave out mesh.tls, call what does TLS itself as [external], or choose "service-connect"'
            )


@rule(Deployment)
def unauthenticated_tcp(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """What it does not carry, it asks for no signature."""
    direct = [s.name for s in deployment.services.values() if s.is_tcp and deployment.callers_of(s.name)]
    if deployment.catalog.mesh.auth == "iam" and direct:
        yield at("mesh", "auth").finding(
            f"VPC Lattice does not carry {listed(direct)}, where security groups alone say who may call",
            level="error" if deployment.catalog.mesh.strict else "warning",
        )


@rule(Deployment)
def unread_signatures(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Signatures are read where IAM is asked (VPC Lattice user guide, "Auth policies")."""
    signing = [
        s.name
        for s in deployment.services.values()
        if s.sign_requests and at("services", s.name, "sign_requests").is_set
    ]
    if deployment.catalog.mesh.auth != "iam" and signing:
        yield at("services", signing[0], "sign_requests").finding(
            f'without auth = "iam" in [mesh] nothing reads signatures; not honoured for {listed(signing)}',
            level="error" if deployment.catalog.mesh.strict else "notice",
        )


@rule(Deployment)
def timeout_beyond_connection(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A connection ends after ten minutes, whatever is on it (VPC Lattice API reference, CreateService)."""
    for service in carried_services(deployment):
        if service.timeout <= CONNECTION or not deployment.callers_of(service.name):
            continue
        base = at("services", service.name)
        longest = "any time" if service.timeout == UNLIMITED else spelled_duration(service.timeout)
        yield (base("timeout") if base("timeout").is_set else base).error(
            f"an answer of {service.name} may take {longest}, and VPC Lattice ends "
            'a connection after ten minutes; write at most "10m", let callers poll, or choose "service-connect" or '
            '"none"'
        )


@rule(Deployment)
def idle_responses(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A connection that is silent for a minute is closed (VPC Lattice API reference, CreateService)."""
    slow = [
        service.name
        for service in carried_services(deployment)
        if service.timeout > IDLE and deployment.callers_of(service.name)
    ]
    if slow:
        yield at("mesh", "kind").warning(
            f"VPC Lattice closes a connection that is silent for {IDLE} seconds, and answers of "
            f"{listed(slow)} may take longer: they arrive only if they are streamed"
        )


@rule(Service)
def caller_without_signature(service: Service, at: Place) -> Iterator[Finding]:
    """With IAM, requests are signed by who sends them (VPC Lattice user guide, "SIGv4 authenticated requests")."""
    if at.deployment.catalog.mesh.auth != "iam":
        return
    callees = [callee.name for callee in carried_callees(at.deployment, service)]
    if callees and not service.sign_requests:
        yield at("calls").error(
            f"{listed(callees)} {'admits' if len(callees) == 1 else 'admit'} signed requests only "
            f"({at.catalog('mesh', 'auth').location}); let {service.name} sign them (SigV4, service vpc-lattice-svcs) "
            "and write sign_requests = true, or leave out mesh.auth"
        )


@rule(Deployment)
def reachable_beyond_calls(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The security group of the association tells callers apart, and of callees only the ports (VPC Lattice user guide,
    "Control traffic with security groups")."""
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
            f"services that listen on one port are open to each other's callers ({_reaching(reach)}); give "
            'them different ports, or write auth = "iam", and sign_requests = true for the callers'
        )


@rule(Deployment)
def versions_over_tcp(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """What it does not carry, it cannot share out."""
    for name, versions in deployment.versions.items():
        service = deployment.services[name]
        if service.is_tcp and deployment.callers_of(name) and any(version.weight for version in versions):
            yield at("services", name, "versions").error(
                "VPC Lattice does not carry tcp, so that nothing shares its calls among versions; remove them"
            )


def _reaching(reach: dict[str, list[str]]) -> str:
    """Who can reach whom, the first few of many."""
    said = [f"{caller} can reach {listed(others)}" for caller, others in reach.items()]
    more = [f"{len(said) - _NAMED} more callers"] if len(said) > _NAMED else []
    return "; ".join([*said[:_NAMED], *more])
