"""Names that differ in the catalog and are one name in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog import aws_names, names
from catalog.frame import Place
from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.rules import rule
from catalog.task.shell import audit_log_group, is_open, logs_elsewhere


@dataclass(frozen=True, kw_only=True)
class _Named:
    """Something with a name of its own in AWS."""

    kind: str
    name: str
    whose: str
    called: str
    """The word that the name is made of. Two services that are called alike have a rule of their own
    (`catalog.rules.naming`), and two versions too."""
    place: Path
    cure: str


def _workloads(deployment: Deployment) -> Iterator[_Named]:
    """A role has 64 characters (IAM API reference, CreateRole): longer names end in a hash of eight."""
    for service in deployment.services.values():
        for index, workload in enumerate(deployment.workloads_of(service.name), start=-1):
            place, cure = aws_names.place(deployment, service), "another aws_name"
            if workload.version is not None:
                place, cure = ("services", service.name, "versions", index, "name"), "another name"
            called = {
                "log group": aws_names.log_group(deployment, workload),
                **{f"{kind} role": aws_names.role(deployment, workload, kind) for kind in names.ROLES},
            }
            for kind, name in called.items():
                yield _Named(
                    kind=kind, name=name, whose=workload.title, called=workload.aws_name, place=place, cure=cure
                )


def _network(deployment: Deployment) -> Iterator[_Named]:
    """The log group of the VPC's flow logs."""
    network = deployment.catalog.network
    if network.flow_logs and not deployment.uses_existing_network:
        name = names.log_group(deployment.id, names.FLOW_LOGS)
        place: Path = ("network", "flow_logs")
        yield _Named(kind="log group", name=name, whose="the network", called="", place=place, cure="false")


def _shells(deployment: Deployment) -> Iterator[_Named]:
    """The log group of ECS Exec's sessions, if the catalog creates the cluster."""
    open_ = [each for each in deployment.workloads.values() if is_open(deployment, each)]
    if open_ and not logs_elsewhere(deployment):
        place: Path = ("cluster", "exec") if deployment.catalog.cluster.exec else ("services", open_[0].name, "exec")
        yield _Named(
            kind="log group",
            name=audit_log_group(deployment),
            whose="ECS Exec's sessions",
            called="",
            place=place,
            cure="false",
        )


def _ways_in(deployment: Deployment) -> Iterator[_Named]:
    """A load balancer has 32 characters (ELBv2 API reference, CreateLoadBalancer)."""
    for ingress, settings in deployment.catalog.ingress.items():
        if settings.listener_arn is None:
            name, place = names.load_balancer(deployment.id, ingress), ("ingress", ingress)
            yield _Named(
                kind="load balancer", name=name, whose=ingress, called=ingress, place=place, cure="another name"
            )


@rule(Deployment)
def same_name_in_aws(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS refuses the second of two resources with one name, in the middle of an apply (IAM: EntityAlreadyExists;
    CloudWatch Logs: ResourceAlreadyExistsException; ELBv2: DuplicateLoadBalancerName)."""
    seen: dict[tuple[str, str], _Named] = {}
    for each in (*_network(deployment), *_shells(deployment), *_workloads(deployment), *_ways_in(deployment)):
        other = seen.setdefault((each.kind, each.name), each)
        if other.called != each.called:
            yield at(*each.place).error(
                f'its {each.kind} would be "{each.name}" in AWS, like that of {other.whose} '
                f"({at(*other.place).location}); write {each.cure}"
            )


_ENDPOINT_OF_AWS = "AWS_ENDPOINT_URL"
"""AWS SDKs and Tools Reference Guide, "Service-specific endpoints"."""


@rule(Service)
def callee_variable_of_aws_sdk(service: Service, at: Place) -> Iterator[Finding]:
    """A callee's address is in a variable of its callers, which may mean something to them already."""
    for index, name in enumerate(service.calls):
        if names.variable(name) == _ENDPOINT_OF_AWS:
            yield at("calls", index).error(
                f'the address of "{name}" would be in {_ENDPOINT_OF_AWS}, where AWS\'s own libraries look '
                "for AWS; write another name"
            )
