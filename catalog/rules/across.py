"""What two deployments of one catalog must not share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from catalog import names
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.state import backend_arguments


def same_namespace(deployments: Sequence[Deployment]) -> Iterator[Finding]:
    """Cloud Map gives a namespace whose name is taken another HTTP name (API reference, DiscoverInstances)."""
    for one, other in combinations(deployments, 2):
        if one.namespace == other.namespace:
            yield Finding(
                place=("discovery", "namespace"),
                message=f'{one.environment} and {other.environment} would share "{one.namespace}"; leave it out, or '
                'put the environment into it, as in "{environment}.example.internal"',
            )


def same_state(deployments: Sequence[Deployment]) -> Iterator[Finding]:
    """Two deployments in one state would destroy each other's resources."""
    for one, other in combinations(deployments, 2):
        kind, arguments = backend_arguments(one)
        if (kind, arguments) == backend_arguments(other):
            place: Path = ("state", kind)
            key = next(
                (key for key in ("key", "prefix", "path", "address", "schema_name", "workspaces") if key in arguments),
                "",
            )
            yield Finding(
                place=(*place, key) if key else place,
                message=f"{one.environment} and {other.environment} would share one state; put {{environment}} into it"
                + ("" if key in ("address", "") else f", or leave {key} out"),
            )


def same_names(deployments: Sequence[Deployment]) -> Iterator[Finding]:
    """What a deployment owns is named after its id and the service, so that two pairs can meet in one name."""
    for one, other in combinations(deployments, 2):
        for table in ("services", "ingress"):
            owned = {names.owned(one.id, name): name for name in getattr(one.catalog, table)}
            for name in getattr(other.catalog, table):
                full = names.owned(other.id, name)
                if full in owned:
                    yield Finding(
                        place=("environments", str(other.environment)),
                        message=f'{table}.{name} would be "{full}" in AWS, like {table}.{owned[full]} of '
                        f"{one.environment}; rename the environment",
                    )
