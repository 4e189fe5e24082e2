"""What two deployments of one catalog must not share: each rule says of which deployment a finding is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog import names
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.state import backend_arguments

_PLACES_OF_STATE = ("key", "prefix", "path", "address", "schema_name", "workspaces")
"""The arguments that say where in a backend a state lies (Terraform's documentation of each backend)."""


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
    for one, other in combinations(deployments, 2):
        kind, arguments = backend_arguments(one)
        if (kind, arguments) == backend_arguments(other):
            key = next((key for key in _PLACES_OF_STATE if key in arguments), None)
            place: Path = ("state", kind) if key is None else ("state", kind, key)
            message = f"{one.environment} and {other.environment} would share one state; put {{environment}} into it"
            yield other, Finding(place=place, message=message)


def same_names(deployments: Sequence[Deployment]) -> Iterator[tuple[Deployment, Finding]]:
    """What a deployment owns is named after its id and the service, so that two pairs can meet in one name."""
    for one, other in combinations(deployments, 2):
        for table in ("services", "ingress"):
            owned = {names.owned(one.id, name): name for name in getattr(one.catalog, table)}
            for name in getattr(other.catalog, table):
                full = names.owned(other.id, name)
                if full in owned:
                    message = (
                        f'{table}.{name} would be "{full}" in AWS, like {table}.{owned[full]} of {one.environment}; '
                        "rename the environment"
                    )
                    yield other, Finding(place=("environments", str(other.environment)), message=message)
