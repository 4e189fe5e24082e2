"""What VPC Lattice demands of a catalog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog.durations import spelled_duration
from catalog.meshes.vpc_lattice.listeners import carried_callees, carried_services, is_carried
from catalog.model import Deployment
from catalog.problems import Finding, Path, listed
from catalog.written import Written

_CONNECTION = 600
_SILENCE = 60
"""Seconds after which a connection is closed, and after which a silent one is (VPC Lattice API reference,
CreateService, idleTimeoutSeconds)."""
_SHORTEST_NAME = 3
_SERVICES = 500
"""Services of a service network (VPC Lattice user guide, "Quotas")."""
_RULES_OF_A_GROUP = 60
"""VPC guide, "Amazon VPC quotas": inbound rules of a security group."""
_POLICY_BYTES = 10240
_BYTES_OF_A_ROLE = 160
"""An auth policy has at most 10 KB (VPC Lattice user guide, "Quotas"); a role's ARN takes this much of it at most."""


def name_too_short(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A service network's name has at least three characters (VPC Lattice API reference, CreateServiceNetwork)."""
    if len(deployment.id) < _SHORTEST_NAME:
        yield Finding(
            place=("catalog", "name"),
            message=f'a service network would be called "{deployment.id}", and takes {_SHORTEST_NAME} characters or '
            "more; write a longer name",
            about=(("mesh", "kind"),),
        )


def authority_without_use(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Listeners have AWS's own certificates (VPC Lattice user guide, "HTTPS listeners")."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is not None:
        message = "VPC Lattice has certificates of its own; write tls = true"
        yield Finding(place=("mesh", "tls"), message=message, about=(("mesh", "kind"),))


def answer_longer_than_a_connection(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A connection ends after ten minutes, whatever is on it (VPC Lattice API reference, CreateService)."""
    for service in carried_services(deployment):
        if service.timeout <= _CONNECTION or not deployment.callers_of(service.name):
            continue
        base: Path = ("services", service.name)
        yield Finding(
            place=(*base, "timeout") if written.written(*base, "timeout") else base,
            message=f"an answer of {service.name} may take {spelled_duration(service.timeout)}, and VPC Lattice ends "
            'a connection after ten minutes; write at most "10m", let callers poll, or choose "service-connect" or '
            '"none"',
            about=((*base, "protocol"), ("mesh", "kind")),
        )


def silent_answers(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A connection that is silent for a minute is closed (VPC Lattice API reference, CreateService)."""
    slow = [
        service.name
        for service in carried_services(deployment)
        if service.timeout > _SILENCE and deployment.callers_of(service.name)
    ]
    if slow:
        yield Finding(
            place=("mesh", "kind"),
            message=f"VPC Lattice closes a connection that is silent for {_SILENCE} seconds, and answers of "
            f"{listed(slow)} may take longer: they arrive only if they are streamed",
            level="warning",
        )


def caller_without_signature(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """With IAM, requests are signed by who sends them (VPC Lattice user guide, "SIGv4 authenticated requests")."""
    if deployment.catalog.mesh.auth != "iam":
        return
    for service in deployment.services.values():
        callees = [callee.name for callee in carried_callees(deployment, service)]
        if callees and not service.signed:
            yield Finding(
                place=("services", service.name, "calls"),
                message=f"{listed(callees)} admit{'s' * (len(callees) == 1)} signed requests only "
                f"({written.where('mesh', 'auth')}); let {service.name} sign them (SigV4, service vpc-lattice-svcs) "
                "and write signed = true, or leave out mesh.auth",
                about=(("mesh", "auth"), ("services", service.name, "signed")),
            )


def open_beyond_calls(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """The security group of the association tells callers apart, and of callees only the ports (VPC Lattice user guide,
    "Control traffic with security groups")."""
    if deployment.catalog.mesh.auth == "iam":
        return
    pairs = []
    for caller in deployment.services.values():
        callees = carried_callees(deployment, caller)
        ports = {callee.port for callee in callees}
        known = {callee.name for callee in callees} | {caller.name}
        pairs += [
            f"{caller.name} {other.name}"
            for other in carried_services(deployment)
            if other.port in ports and other.name not in known
        ]
    if pairs:
        yield Finding(
            place=("mesh", "kind"),
            message=f"services that listen on one port are open to each other's callers: {_reaching(pairs)}; give them "
            'different ports, or write auth = "iam", and signed = true for the callers',
            level="warning",
        )


def _reaching(pairs: list[str]) -> str:
    return listed([f"{caller} can reach {other}" for caller, other in (pair.split() for pair in pairs)])


def many_services(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Quotas of AWS that can be raised (VPC Lattice user guide, "Quotas")."""
    count = sum(1 for _ in carried_services(deployment))
    if count > _SERVICES:
        yield Finding(
            place=("mesh", "kind"),
            message=f"{count} services in one service network; AWS's default is {_SERVICES}, ask for more first",
            level="warning",
        )


def many_rules(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A security group has 60 inbound rules (VPC guide, "Amazon VPC quotas")."""
    rules = sum(
        len({callee.port for callee in carried_callees(deployment, service)})
        for service in deployment.services.values()
    )
    if rules > _RULES_OF_A_GROUP:
        yield Finding(
            place=("mesh", "kind"),
            message=f"its security group would have {rules} rules, one for each caller and port; AWS's default is "
            f"{_RULES_OF_A_GROUP}, ask for more, or let services share ports",
            level="warning",
        )


def policy_too_long(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An auth policy has at most 10 KB (VPC Lattice user guide, "Quotas")."""
    most = _POLICY_BYTES // _BYTES_OF_A_ROLE - 1
    for service in carried_services(deployment):
        callers = deployment.callers_of(service.name)
        if deployment.catalog.mesh.auth == "iam" and len(callers) > most:
            yield Finding(
                place=("services", service.name),
                message=f"{len(callers)} services call it, an auth policy has room for {most}; split it, or leave out "
                "mesh.auth",
                about=(("mesh", "auth"),),
            )


def two_in_one_network(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """A VPC is associated with one service network (VPC Lattice user guide, "Manage service network associations")."""
    carrying = [deployment for deployment in deployments if any(is_carried(s) for s in deployment.services.values())]
    for one, other in combinations(carrying, 2):
        vpc_id = other.catalog.network.vpc_id
        if vpc_id is None or vpc_id != one.catalog.network.vpc_id or other.catalog.mesh.kind != one.catalog.mesh.kind:
            continue
        message = (
            f"{vpc_id} is that of {one.environment} too, and takes one service network; write another VPC, or kind"
        )
        yield other, Finding(place=("network", "vpc_id"), message=message, about=(("mesh", "kind"),))


RULES = (
    name_too_short,
    authority_without_use,
    answer_longer_than_a_connection,
    silent_answers,
    caller_without_signature,
    open_beyond_calls,
    many_services,
    many_rules,
    policy_too_long,
)
ACROSS = (two_in_one_network,)
