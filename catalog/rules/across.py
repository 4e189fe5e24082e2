"""What two deployments of one catalog must not share: each rule says of which deployment a finding is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog import names
from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.state import PLACE_ARGUMENTS, places_of


def same_namespace(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """Cloud Map gives a namespace whose name is taken another HTTP name (API reference, DiscoverInstances)."""
    for one, other in combinations(deployments, 2):
        ids = [each.catalog.discovery.namespace_id for each in (one, other)]
        if one.namespace == other.namespace and None in ids:
            message = (
                f'{one.environment} and {other.environment} would share "{one.namespace}"; leave it out, or put the '
                'environment into it, as in "{environment}.example.internal"'
            )
            yield other, Finding(place=("discovery", "namespace"), message=message)


def same_existing_namespace(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """Services are known by their keys alone in a namespace (Cloud Map: ServiceAlreadyExists), and two namespaces of
    one name hide each other from a VPC (Route 53: ConflictingDomainExists)."""
    for one, other in combinations(deployments, 2):
        ids = [each.catalog.discovery.namespace_id for each in (one, other)]
        same_vpc = one.catalog.network.vpc_id == other.catalog.network.vpc_id
        if None not in ids and (ids[0] == ids[1] or (one.namespace == other.namespace and same_vpc)):
            message = (
                f'{one.environment} and {other.environment} would share "{other.namespace}", and services of both one '
                f"name; give each a namespace of its own, as in [environments.{other.environment}.discovery]"
            )
            yield other, Finding(place=("discovery", "namespace_id"), message=message)


def _one_listener(
    deployments: Sequence[Deployment],
) -> Iterator[tuple[Deployment, str, Deployment, str]]:
    """Pairs of deployments with a listener that both use, each with the name of its ingress there."""
    for one, other in combinations(deployments, 2):
        at = {ingress.listener_arn: name for name, ingress in one.catalog.ingress.items() if ingress.listener_arn}
        for name, ingress in other.catalog.ingress.items():
            if ingress.listener_arn in at:
                yield one, at[ingress.listener_arn], other, name


def same_priorities(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """Two rules of a listener cannot have one priority (ELBv2: PriorityInUse)."""
    for one, its, other, name in _one_listener(deployments):
        ours, theirs = one.catalog.ingress[its].priorities, other.catalog.ingress[name].priorities
        if ours is None or theirs is None:
            continue
        (first, last), (start, end) = ours, theirs
        if first <= end and start <= last:
            message = (
                f"{one.environment} and {other.environment} share the listener, and {one.environment} has {first} to "
                f"{last} of it; write others for each, as in [environments.{other.environment}.ingress.{name}]"
            )
            yield other, Finding(place=("ingress", name, "priorities"), message=message)


def same_request(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """Of two rules for the same requests, the listener only ever follows one."""
    for one, its, other, name in _one_listener(deployments):
        taken = {_requests(service): service for service in one.public_services(its)}
        for service in other.public_services(name):
            if first := taken.get(_requests(service)):
                message = (
                    f'"{"".join(_requests(service))}" of this listener leads to {first.name} of {one.environment}; '
                    'write another host, as in "{environment}.example.com"'
                )
                yield other, Finding(place=("services", service.name, "public"), message=message)


def _requests(service: Service) -> tuple[str, str]:
    assert service.public is not None
    return ((service.public.host or "").lower(), service.public.path)


def same_state(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """Two deployments in one state would destroy each other's resources."""
    places = {deployment.id: set(places_of(deployment).values()) for deployment in deployments}
    for one, other in combinations(deployments, 2):
        if places[one.id] & places[other.id]:
            kind = next(iter(other.catalog.state))
            place: Path = ("state", kind, PLACE_ARGUMENTS[kind][0])
            message = f"{one.environment} and {other.environment} would share one state; put {{environment}} into it"
            yield other, Finding(place=place, message=message)


def same_names(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """What a deployment owns is named after its id and the service, so that two pairs can meet in one name."""
    for one, other in combinations(deployments, 2):
        for table in ("services", "ingress", "capacity"):
            owned = {names.owned(one.id, _in_aws(one, table, name)): name for name in getattr(one.catalog, table)}
            for name in getattr(other.catalog, table):
                full = names.owned(other.id, _in_aws(other, table, name))
                if full in owned:
                    message = (
                        f'{table}.{name} would be "{full}" in AWS, like {table}.{owned[full]} of {one.environment}; '
                        "rename the environment"
                    )
                    yield other, Finding(place=("environments", str(other.environment)), message=message)


def _in_aws(deployment: Deployment, table: str, name: str) -> str:
    return deployment.services[name].aws_name if table == "services" else name


def same_endpoint(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """A VPC has one private name for an endpoint's service: AWS refuses the second (EC2: "conflicting DNS domain")."""
    for one, other in combinations(deployments, 2):
        vpc_id = other.catalog.network.vpc_id
        if vpc_id is None or vpc_id != one.catalog.network.vpc_id:
            continue
        for index, endpoint in enumerate(other.catalog.network.endpoints):
            if endpoint in one.catalog.network.endpoints:
                message = (
                    f'{one.environment} makes the endpoint "{endpoint}" in {vpc_id} already, and {other.environment} '
                    "can use it; list it in one of them"
                )
                yield other, Finding(place=("network", "endpoints", index), message=message)
