"""Names that differ in the catalog and are equal in AWS, within a deployment and between environments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog import names
from catalog.analysis import naming
from catalog.analysis.states import PLACE_ARGUMENTS, places_of
from catalog.diagnostics import Finding, Path
from catalog.frame import Place, Siblings
from catalog.model import Deployment, Ingress, Service
from catalog.rules import rule
from catalog.task.sidecars import audit_log_group, has_exec, logs_elsewhere

_ENDPOINT_OF_AWS = "AWS_ENDPOINT_URL"
"""AWS SDKs and Tools Reference Guide, "Service-specific endpoints"."""


@dataclass(frozen=True, kw_only=True)
class _Named:
    """A resource that has a name in AWS."""

    kind: str
    name: str
    whose: str
    called: str
    """The catalog's name that the AWS name contains. `catalog.rules.naming` reports services and versions with equal
    names."""
    place: Path
    fix: str


def _workloads(deployment: Deployment) -> Iterator[_Named]:
    """Log groups and roles. IAM limits a role's name to 64 characters (IAM API reference, CreateRole): longer ones end
    with a hash of eight."""
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
    """Load balancers, whose names have at most 32 characters (ELBv2 API reference, CreateLoadBalancer)."""
    for ingress, settings in deployment.catalog.ingress.items():
        if settings.listener_arn is None:
            name, place = names.load_balancer(deployment.id, ingress), ("ingress", ingress)
            yield _Named(
                kind="load balancer", name=name, whose=ingress, called=ingress, place=place, fix="another name"
            )


@rule(Deployment)
def same_name_in_aws(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS refuses the second of two resources with equal names during an apply (IAM: EntityAlreadyExists;
    CloudWatch Logs: ResourceAlreadyExistsException; ELBv2: DuplicateLoadBalancerName)."""
    seen: dict[tuple[str, str], _Named] = {}
    for each in (*_network(deployment), *_shells(deployment), *_workloads(deployment), *_ingresses(deployment)):
        other = seen.setdefault((each.kind, each.name), each)
        if other.called != each.called:
            yield at(*each.place).error(
                f"its {each.kind} and that of {other.whose} ({at(*other.place).location}) would both be "
                f'"{each.name}" in AWS. Write {each.fix}.'
            )


@rule(Service)
def callee_variable_of_aws_sdk(service: Service, at: Place) -> Iterator[Finding]:
    """AWS SDKs read this variable, which would contain the callee's address (AWS SDKs and Tools Reference Guide,
    "Service-specific endpoints")."""
    for index, name in enumerate(service.calls):
        if names.variable(name) == _ENDPOINT_OF_AWS:
            yield at("calls", index).error(
                f'the address of "{name}" would be in {_ENDPOINT_OF_AWS}, which AWS SDKs use as the endpoint of AWS. '
                "Rename it."
            )


@rule(Siblings)
def shared_namespace(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Cloud Map changes the HTTP name of a namespace if it exists already (API reference, DiscoverInstances)."""
    other = siblings.deployment
    for one in siblings.earlier:
        ids = [each.catalog.discovery.namespace_id for each in (one, other)]
        if one.namespace == other.namespace and None in ids:
            yield at("discovery", "namespace").error(
                f'"{one.namespace}" is used by both {one.environment} and {other.environment}. Remove it, or add the '
                'environment: "{environment}.example.internal".'
            )


@rule(Siblings)
def shared_existing_namespace(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Names of services are unique in a namespace (Cloud Map: ServiceAlreadyExists), and a VPC can't have two
    namespaces of one name (Route 53: ConflictingDomainExists)."""
    other = siblings.deployment
    for one in siblings.earlier:
        ids = [each.catalog.discovery.namespace_id for each in (one, other)]
        same_vpc = one.catalog.network.vpc_id == other.catalog.network.vpc_id
        if None not in ids and (ids[0] == ids[1] or (one.namespace == other.namespace and same_vpc)):
            yield at("discovery", "namespace_id").error(
                f'"{other.namespace}" is used by both {one.environment} and {other.environment}, whose services have '
                f"the same names. Set another namespace in [environments.{other.environment}.discovery]."
            )


def _shared_listeners(siblings: Siblings) -> Iterator[tuple[Deployment, str, str]]:
    """Listeners that an earlier deployment uses too: that deployment, and the names of the ingress in both."""
    for one in siblings.earlier:
        names = {ingress.listener_arn: name for name, ingress in one.catalog.ingress.items() if ingress.listener_arn}
        for name, ingress in siblings.deployment.catalog.ingress.items():
            if ingress.listener_arn in names:
                yield one, names[ingress.listener_arn], name


@rule(Siblings)
def shared_priorities(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Priorities are unique in a listener (ELBv2: PriorityInUse)."""
    other = siblings.deployment
    for one, its, name in _shared_listeners(siblings):
        ours, theirs = one.catalog.ingress[its].priorities, other.catalog.ingress[name].priorities
        if ours is None or theirs is None:
            continue
        (first, last), (start, end) = ours, theirs
        if first <= end and start <= last:
            yield at("ingress", name, "priorities").error(
                f"{one.environment} uses priorities {first} to {last} of the same listener. Set others in "
                f"[environments.{other.environment}.ingress.{name}]."
            )


@rule(Siblings)
def shared_listener_rule(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """A listener applies only one of two rules for the same requests (ALB guide, "Listener rules")."""
    for one, its, name in _shared_listeners(siblings):
        taken = {_requests(service): service for service in one.public_services(its)}
        for service in siblings.deployment.public_services(name):
            if first := taken.get(_requests(service)):
                yield at("services", service.name, "public").error(
                    f'"{"".join(_requests(service))}" of this listener is used by {first.name} of {one.environment} '
                    'too. Write another host: "{environment}.example.com".'
                )


def _requests(service: Service) -> tuple[str, str]:
    assert service.public is not None
    return ((service.public.host or "").lower(), service.public.path)


@rule(Siblings)
def shared_record(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Terraform creates the record of a domain once, and Route 53 refuses a second one (InvalidChangeBatch)."""
    other = siblings.deployment
    for one in siblings.earlier:
        taken = {record: name for name, ingress in one.catalog.ingress.items() if (record := _record(ingress))}
        for name, ingress in other.catalog.ingress.items():
            if (record := _record(ingress)) in taken:
                yield at("ingress", name, "domain").error(
                    f'"{ingress.domain}" is also the domain of ingress.{taken[record]} in {one.environment}, and its '
                    f'record can exist only once. Write domain = "{{environment}}.{ingress.domain}", or another one in '
                    f"[environments.{other.environment}.ingress.{name}]."
                )


def _record(ingress: Ingress) -> tuple[str, str] | None:
    """The zone and name of an ingress's DNS record."""
    zone, domain = ingress.zone_id, ingress.domain
    return (zone, domain.lower()) if zone and domain and ingress.listener_arn is None else None


@rule(Siblings)
def shared_state(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """Two deployments that share a state would destroy each other's resources."""
    other = siblings.deployment
    places = set(places_of(other).values())
    for one in siblings.earlier:
        if places.intersection(places_of(one).values()):
            kind = next(iter(other.catalog.state))
            yield at("state", kind, PLACE_ARGUMENTS[kind][0]).error(
                f"{one.environment} and {other.environment} would share one state. Add {{environment}} to its value."
            )


@rule(Siblings)
def same_name_in_aws_across_environments(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """AWS names consist of a deployment's id and a service's name, and two such pairs can make the same name."""
    other = siblings.deployment
    for one in siblings.earlier:
        for table in ("services", "ingress", "capacity"):
            owned = {names.owned(one.id, _in_aws(one, table, name)): name for name in getattr(one.catalog, table)}
            for name in getattr(other.catalog, table):
                full = names.owned(other.id, _in_aws(other, table, name))
                if full in owned:
                    yield at("environments", str(other.environment)).error(
                        f'{table}.{name}, and {table}.{owned[full]} of {one.environment}, would both be "{full}" in '
                        "AWS. Rename the environment."
                    )


def _in_aws(deployment: Deployment, table: str, name: str) -> str:
    return deployment.services[name].aws_name if table == "services" else name


@rule(Siblings)
def duplicate_endpoint(siblings: Siblings, at: Place) -> Iterator[Finding]:
    """AWS refuses a second endpoint with the same private DNS name in a VPC (EC2: "conflicting DNS domain")."""
    other = siblings.deployment
    vpc_id = other.catalog.network.vpc_id
    for one in siblings.earlier if vpc_id is not None else ():
        if vpc_id != one.catalog.network.vpc_id:
            continue
        for index, endpoint in enumerate(other.catalog.network.endpoints):
            if endpoint in one.catalog.network.endpoints:
                yield at("network", "endpoints", index).error(
                    f'{one.environment} creates the endpoint "{endpoint}" in {vpc_id} too, and {other.environment} '
                    "can use that one. List it in one of them."
                )
