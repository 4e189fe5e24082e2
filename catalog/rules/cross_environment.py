"""What two environments of one catalog must not share."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names
from catalog.frame import Place, Siblings
from catalog.model import Deployment, Service
from catalog.problems import Finding
from catalog.rules import rule
from catalog.state import PLACE_ARGUMENTS, places_of


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
def same_name_in_aws(siblings: Siblings, at: Place) -> Iterator[Finding]:
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
