"""Names that AWS or this program keeps for itself."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.model.catalog import RESERVED
from catalog.problems import Finding, Path, or_list
from catalog.provenance import Provenance

_ID = 24
"""Characters of a deployment's id, so that what is named after it keeps to AWS's limits."""
_KEY = 40
_NAME: Path = ("catalog", "name")


def _named(deployment: Deployment) -> Iterator[Path]:
    for table, keys in (
        ("services", deployment.catalog.services),
        ("external", deployment.catalog.external),
        ("ingress", deployment.catalog.ingress),
        ("capacity", deployment.catalog.capacity),
    ):
        yield from ((table, key) for key in keys)
    if deployment.environment is not None:
        yield ("environments", deployment.environment)


def reserved_key(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Words that AWS refuses at the beginning of some names, hence as a name here."""
    for place in _named(deployment):
        if place[1] in RESERVED:
            yield Finding(place=place, message=f'"{place[1]}" is reserved; write another name')


def reserved_name(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Every AWS name begins with the catalog's: `internal-`, `sg-` and their like are refused there (ELBv2 API
    reference, CreateLoadBalancer; EC2 API reference, CreateSecurityGroup; ECS API reference, CreateCapacityProvider;
    VPC Lattice API reference, CreateService)."""
    name = deployment.catalog.catalog.name
    word = name.partition("-")[0]
    if word in RESERVED:
        what = "is reserved" if name == word else f'begins with "{word}-", which AWS keeps for itself'
        message = f'"{name}" {what}; write a name that begins with none of {or_list(RESERVED).replace(" or ", ", ")}'
        yield Finding(place=_NAME, message=message)


def long_id(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The id of a deployment has at most 24 characters, as it begins names that have at most 32."""
    if deployment.environment is not None and len(deployment.id) > _ID:
        yield Finding(
            place=("environments", deployment.environment),
            message=f'makes the id "{deployment.id}" of {len(deployment.id)} characters, at most {_ID} are possible; '
            f"shorten it or catalog.name ({written.location(*_NAME)})",
        )


def long_key(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A key has at most 40 characters, as AWS names hold it beside the deployment's id."""
    for place in _named(deployment):
        if place[0] != "environments" and len(str(place[1])) > _KEY:
            yield Finding(place=place, message=f"has {len(str(place[1]))} characters; use at most {_KEY}")
