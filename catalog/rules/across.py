"""What two deployments of one catalog must not share: each rule says of which deployment a finding is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog import names
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.state import PLACE_ARGUMENTS, places_of


def same_namespace(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """Cloud Map gives a namespace whose name is taken another HTTP name (API reference, DiscoverInstances)."""
    for one, other in combinations(deployments, 2):
        if one.namespace == other.namespace:
            message = (
                f'{one.environment} and {other.environment} would share "{one.namespace}"; leave it out, or put the '
                'environment into it, as in "{environment}.example.internal"'
            )
            yield other, Finding(place=("discovery", "namespace"), message=message)


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
