"""Names that differ in the catalog and are one name in AWS, within a deployment and between environments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog import names
from catalog.analysis import naming
from catalog.analysis.states import PLACE_ARGUMENTS, places_of
from catalog.diagnostics import Finding, Path
from catalog.frame import Place, Siblings
from catalog.model import Deployment, Service
from catalog.rules import rule
from catalog.task.sidecars import audit_log_group, has_exec, logs_elsewhere

_ENDPOINT_OF_AWS = "AWS_ENDPOINT_URL"
"""AWS SDKs and Tools Reference Guide, "Service-specific endpoints"."""


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
    fix: str


def _workloads(deployment: Deployment) -> Iterator[_Named]:
    """A role has 64 characters (IAM API reference, CreateRole): longer names end in a hash of eight."""
    for service in deployment.services.values():
        for index, workload in enumerate(deployment.workloads_of(service.name), start=-1):
            place, fix = naming.place(deployment, service), "another aws_name"
            if workload.version is not None:
                place, fix = ("services", service.name, "versions", index, "name"), "another name"
            called = {
                "log group": naming.log_group(deployment, workload),
                **{f"{kind} role": naming.role(deployment, workload, kind) for kind in names.ROLES},
            }
            for kind, name in called.items():
                yield _Named(kind=kind, name=name, whose=workload.title, called=workload.aws_name, place=place, fix=fix)


def _network(deployment: Deployment) -> Iterator[_Named]:
    """The log group of the VPC's flow logs."""
    network = deployment.catalog.network
    if network.flow_logs and not deployment.uses_existing_network:
        name = names.log_group(deployment.id, names.FLOW_LOGS)
        place: Path = ("network", "flow_logs")
        yield _Named(kind="log group", name=name, whose="the network", called="", place=place, fix="false")


def _shells(deployment: Deployment) -> Iterator[_Named]:
    """The log group of ECS Exec's sessions, if the catalog creates the cluster."""
    open_ = [each for each in deployment.workloads.values() if has_exec(deployment, each)]
    if open_ and not logs_elsewhere(deployment):
        place: Path = ("cluster", "exec") if deployment.catalog.cluster.exec else ("services", open_[0].name, "exec")
        yield _Named(
            kind="log group",
            name=audit_log_group(deployment),
            whose="ECS Exec's sessions",
            called="",
            place=place,
            fix="false",
        )


def _ingresses(deployment: Deployment) -> Iterator[_Named]:
    """A load balancer has 32 characters (ELBv2 API reference, CreateLoadBalancer)."""
    for ingress, settings in deployment.catalog.ingress.items():
        if settings.listener_arn is None:
            name, place = names.load_balancer(deployment.id, ingress), ("ingress", ingress)
            yield _Named(
                kind="load balancer", name=name, whose=ingress, called=ingress, place=place, fix="another name"
            )


@rule(Deployment)
def same_name_in_aws(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS refuses the second of two resources with one name, in the middle of an apply (IAM: EntityAlreadyExists;
    CloudWatch Logs: ResourceAlreadyExistsException; ELBv2: DuplicateLoadBalancerName)."""
    seen: dict[tuple[str, str], _Named] = {}
    for each in (*_network(deployment), *_shells(deployment), *_workloads(deployment), *_ingresses(deployment)):
        other = seen.setdefault((each.kind, each.name), each)
        if other.called != each.called:
            yield at(*each.place).error(
                f'its {each.kind} would be "{each.name}" in AWS, like that of {other.whose} '
                f"({at(*other.place).location}); write {each.fix}"
            )


@rule(Service)
def callee_variable_of_aws_sdk(service: Service, at: Place) -> Iterator[Finding]:
    """A callee's address is in a variable of its callers, which may mean something to them already."""
    for index, name in enumerate(service.calls):
        if names.variable(name) == _ENDPOINT_OF_AWS:
            yield at("calls", index).error(
                f'the address of "{name}" would be in {_ENDPOINT_OF_AWS}, where AWS\'s own libraries look '
                "for AWS; write another name"
            )


@rule(Siblings)
def shared_namespace(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Cloud Map gives a namespace whose name is taken another HTTP name (API reference, DiscoverInstances)."""
    other = siblings.deployment
    for one in siblings.earlier:
        ids = [each.catalog.discovery.namespace_id for each in (one, other)]
        if one.namespace == other.namespace and None in ids:
            yield at("discovery", "namespace").error(
                f'{one.environment} and {other.environment} would share "{one.namespace}"; leave it out, or put the '
                'environment into it, as in "{environment}.example.internal"'
            )


@rule(Siblings)
def shared_existing_namespace(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Services are known by their keys alone in a namespace (Cloud Map: ServiceAlreadyExists), and two namespaces of
    one name hide each other from a VPC (Route 53: ConflictingDomainExists)."""
    other = siblings.deployment
    for one in siblings.earlier:
        ids = [each.catalog.discovery.namespace_id for each in (one, other)]
        same_vpc = one.catalog.network.vpc_id == other.catalog.network.vpc_id
        if None not in ids and (ids[0] == ids[1] or (one.namespace == other.namespace and same_vpc)):
            yield at("discovery", "namespace_id").error(
                f'{one.environment} and {other.environment} would share "{other.namespace}", and services of both one '
                f"name; give each a namespace of its own, as in [environments.{other.environment}.discovery]"
            )


def _shared_listeners(siblings: Siblings) -> Iterator[tuple[Deployment, str, str]]:
    """The listeners that an earlier deployment uses too: that deployment, and the names of the ingress in both."""
    for one in siblings.earlier:
        names = {ingress.listener_arn: name for name, ingress in one.catalog.ingress.items() if ingress.listener_arn}
        for name, ingress in siblings.deployment.catalog.ingress.items():
            if ingress.listener_arn in names:
                yield one, names[ingress.listener_arn], name


@rule(Siblings)
def shared_priorities(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Two rules of a listener cannot have one priority (ELBv2: PriorityInUse)."""
    other = siblings.deployment
    for one, its, name in _shared_listeners(siblings):
        ours, theirs = one.catalog.ingress[its].priorities, other.catalog.ingress[name].priorities
        if ours is None or theirs is None:
            continue
        (first, last), (start, end) = ours, theirs
        if first <= end and start <= last:
            yield at("ingress", name, "priorities").error(
                f"{one.environment} and {other.environment} share the listener, and {one.environment} has {first} to "
                f"{last} of it; write others for each, as in [environments.{other.environment}.ingress.{name}]"
            )


@rule(Siblings)
def shared_listener_rule(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """A listener follows only one of two rules for the same requests."""
    for one, its, name in _shared_listeners(siblings):
        taken = {_requests(service): service for service in one.public_services(its)}
        for service in siblings.deployment.public_services(name):
            if first := taken.get(_requests(service)):
                yield at("services", service.name, "public").error(
                    f'"{"".join(_requests(service))}" of this listener leads to {first.name} of {one.environment}; '
                    'write another host, as in "{environment}.example.com"'
                )


def _requests(service: Service) -> tuple[str, str]:
    assert service.public is not None
    return ((service.public.host or "").lower(), service.public.path)


@rule(Siblings)
def shared_state(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Two deployments in one state would destroy each other's resources."""
    other = siblings.deployment
    places = set(places_of(other).values())
    for one in siblings.earlier:
        if places.intersection(places_of(one).values()):
            kind = next(iter(other.catalog.state))
            yield at("state", kind, PLACE_ARGUMENTS[kind][0]).error(
                f"{one.environment} and {other.environment} would share one state; put {{environment}} into it"
            )


@rule(Siblings)
def same_name_in_aws_across_environments(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """AWS names are made of a deployment's id and a service's name, and two such pairs can make the same name."""
    other = siblings.deployment
    for one in siblings.earlier:
        for table in ("services", "ingress", "capacity"):
            owned = {names.owned(one.id, _in_aws(one, table, name)): name for name in getattr(one.catalog, table)}
            for name in getattr(other.catalog, table):
                full = names.owned(other.id, _in_aws(other, table, name))
                if full in owned:
                    yield at("environments", str(other.environment)).error(
                        f'{table}.{name} would be "{full}" in AWS, like {table}.{owned[full]} of {one.environment}; '
                        "rename the environment"
                    )


def _in_aws(deployment: Deployment, table: str, name: str) -> str:
    return deployment.services[name].aws_name if table == "services" else name


@rule(Siblings)
def duplicate_endpoint(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """A VPC has one private name for an endpoint's service: AWS refuses the second (EC2: "conflicting DNS domain")."""
    other = siblings.deployment
    vpc_id = other.catalog.network.vpc_id
    for one in siblings.earlier if vpc_id is not None else ():
        if vpc_id != one.catalog.network.vpc_id:
            continue
        for index, endpoint in enumerate(other.catalog.network.endpoints):
            if endpoint in one.catalog.network.endpoints:
                yield at("network", "endpoints", index).error(
                    f'{one.environment} makes the endpoint "{endpoint}" in {vpc_id} already, and {other.environment} '
                    "can use it; list it in one of them"
                )
