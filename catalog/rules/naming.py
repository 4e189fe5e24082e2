"""Names, and services that are renamed."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import aws_names, names
from catalog.frame import Place
from catalog.model import Deployment, Service
from catalog.model.catalog import RESERVED
from catalog.problems import Finding, or_list
from catalog.rules import rule

_ID = 24
"""Characters of a deployment's id, so that what is named after it keeps to AWS's limits."""
_KEY = 40


def _named(deployment: Deployment, at: Place) -> Iterator[Place]:
    """Every table with a name of its own."""
    for table in ("services", "external", "ingress", "capacity"):
        yield from (at(table, name) for name in getattr(deployment.catalog, table))
    if deployment.environment is not None:
        yield at("environments", deployment.environment)


@rule(Deployment)
def reserved_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Words that AWS refuses at the beginning of some names, hence as a name here."""
    for place in _named(deployment, at):
        if place.name in RESERVED:
            yield place.error(f'"{place.name}" is reserved; write another name')


@rule(Deployment)
def reserved_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Every AWS name begins with the catalog's: `internal-`, `sg-` and their like are refused there (ELBv2 API
    reference, CreateLoadBalancer; EC2 API reference, CreateSecurityGroup; ECS API reference, CreateCapacityProvider;
    mesh API reference, CreateService)."""
    name = deployment.catalog.catalog.name
    word = name.partition("-")[0]
    if word in RESERVED:
        what = "is reserved" if name == word else f'begins with "{word}-", which AWS keeps for itself'
        message = f'"{name}" {what}; write a name that begins with none of {or_list(RESERVED).replace(" or ", ", ")}'
        yield at("catalog", "name").error(message)


@rule(Deployment)
def long_id(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The id of a deployment has at most 24 characters, as it begins names that have at most 32."""
    if deployment.environment is not None and len(deployment.id) > _ID:
        yield at("environments", deployment.environment).error(
            f'makes the id "{deployment.id}" of {len(deployment.id)} characters, at most {_ID} are possible; '
            f"shorten it or catalog.name ({at('catalog', 'name').location})"
        )


@rule(Deployment)
def long_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A key has at most 40 characters, as AWS names hold it beside the deployment's id."""
    for place in _named(deployment, at):
        if place.path[0] != "environments" and len(place.name) > _KEY:
            yield place.error(f"has {len(place.name)} characters; use at most {_KEY}")


_SHARED = "main"


@rule(Service)
def old_key_in_use(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform moves nothing from an address that is there (Terraform, "Refactoring")."""
    old, place = service.renamed_from, at("renamed_from")
    if old == service.name:
        yield place.error(f'"{old}" is its key already; remove this')
    elif old in at.deployment.services:
        yield place.error(
            f"services.{old} is there too ({at.catalog('services', old).location}), and would keep what is its own; "
            "remove that table, or this key. Names are swapped by way of a third, with an apply for each step"
        )


@rule(Service)
def two_renamed_from_one(service: Service, at: Place) -> Iterator[Finding]:
    """A moved resource has one new address."""
    old, renamed = service.renamed_from, at.deployment.renamed
    heir = next((name for name, each in renamed.items() if each == old), service.name)
    if heir != service.name:
        other = at.catalog("services", heir, "renamed_from").location
        yield at("renamed_from").error(f'services.{heir} is renamed from "{old}" too ({other}); remove one of them')


@rule(Service)
def renamed_to_main(service: Service, at: Place) -> Iterator[Finding]:
    """Addresses of shared parts begin with `main_` (docs/decisions/0003), and would be moved like its own."""
    if service.renamed_from and service.name == _SHARED:
        message = f'nothing can be renamed to "{_SHARED}", with which shared parts begin; choose another key'
        yield at("renamed_from").error(message)


@rule(Deployment)
def duplicate_aws_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS knows one service of a name."""
    known: dict[str, Service] = {}
    for service in deployment.services.values():
        other = known.setdefault(service.aws_name, service)
        if other is service or _already_said(service, other):
            continue
        # Told where the name was chosen, if it was.
        here, there = (service, other) if service.aws_name != service.name else (other, service)
        place = at(*aws_names.place(deployment, there))
        yield at(*aws_names.place(deployment, here)).error(
            f'services.{there.name} is called "{there.aws_name}" in AWS too ({place.location}); '
            f"write another aws_name for the newer of them"
        )


def _already_said(one: Service, other: Service) -> bool:
    """By the rules above, of the old key that made them meet."""
    old = {one.renamed_from, other.renamed_from} - {None}
    return bool(old & {one.name, other.name}) or one.renamed_from == other.renamed_from is not None


@rule(Service)
def invalid_aws_name(service: Service, at: Place) -> Iterator[Finding]:
    """AWS's limits on keys hold for this name too."""
    name, place = service.aws_name, at.catalog(*aws_names.place(at.deployment, service))
    if place.path == at.path:
        return
    if name in RESERVED:
        yield place.error(f'"{name}" is reserved; write another name')
    if len(name) > _KEY:
        yield place.error(f"has {len(name)} characters; use at most {_KEY}")


@rule(Service)
def renamed_from_to_remove(service: Service, at: Place) -> Iterator[Finding]:
    """A name or a family that changes is another resource (provider documentation: "Forces new resource")."""
    old = service.renamed_from
    if not old:
        return
    cure = "remove it"
    if at.deployment.catalog.services[service.name].aws_name is None:
        cure = f'write aws_name = "{service.aws_name}" in its place: without either, all of it would be replaced'
    also = ""
    if service.port is not None and at.deployment.callers_of(service.name):
        also = f". Its callers now have its address in {names.variable(service.name)}, not {names.variable(old)}"
    yield at("renamed_from").notice(f"once applied everywhere, {cure}{also}")
