"""Names, renamed services, and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog import names
from catalog.analysis import naming
from catalog.diagnostics import Finding, or_list
from catalog.frame import Place
from catalog.model import Deployment, Service
from catalog.model.platform import RESERVED
from catalog.rules import rule

_ID = 24
"""Characters of a deployment's id, so that what is named after it keeps to AWS's limits."""
_KEY = 40
_SHARED = "main"
_TAG_KEY, _TAG_VALUE = 128, 256
_MOST_TAGS = 50
_OUR_TAGS = frozenset({"Name"})
"""What the console shows."""
_TAGS_OF_INSTANCES = frozenset({"AmazonECSManaged"})
"""What ECS asks of groups of instances (ECS API reference, AutoScalingGroupProvider)."""
_TAG_TEXT = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t\n\v\f\r\x1c-\x1f\x85])*")
"""Letters, digits, spaces of any kind but no control characters, and . : / = + - @ _ (ECS API reference, Tag; IAM API
reference, Tag)."""
_PLACEHOLDER = {"\ufdd0", "\ufdd1"}
"""Around an account that is known only when Terraform runs (catalog/reading/interpolation.py)."""


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
        place = at(*naming.place(deployment, there))
        yield at(*naming.place(deployment, here)).error(
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
    name, place = service.aws_name, at.catalog(*naming.place(at.deployment, service))
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
    fix = "remove it"
    if at.deployment.catalog.services[service.name].aws_name is None:
        fix = f'write aws_name = "{service.aws_name}" in its place: without either, all of it would be replaced'
    also = ""
    if service.port is not None and at.deployment.callers_of(service.name):
        also = f". Its callers now have its address in {names.variable(service.name)}, not {names.variable(old)}"
    yield at("renamed_from").notice(f"once applied everywhere, {fix}{also}")


def _tables(deployment: Deployment, at: Place) -> Iterator[tuple[dict[str, str], Place]]:
    yield deployment.catalog.catalog.tags, at("catalog", "tags")
    for service in deployment.services.values():
        yield service.tags, at("services", service.name, "tags")


@rule(Deployment)
def reserved_tag_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Keys that begin with `aws:` are AWS's own (ECS API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key in tags:
            if key.lower().startswith("aws:"):
                yield place(key).error('AWS keeps "aws:" for itself; write another key')


@rule(Deployment)
def tag_length(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A key has 1 to 128 characters, a value at most 256 (ECS API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key, value in tags.items():
            if not 1 <= len(key) <= _TAG_KEY:
                yield place(key).error(f"the key has {len(key)} characters; use 1 to {_TAG_KEY}")
            if len(value) > _TAG_VALUE:
                yield place(key).error(f"has {len(value)} characters; use at most {_TAG_VALUE}")


@rule(Deployment)
def tag_characters(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Not every character is allowed (ECS API reference, Tag; IAM API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key, value in tags.items():
            wrong = sorted({character for text in (key, value) for character in _TAG_TEXT.sub("", text)} - _PLACEHOLDER)
            if wrong:
                shown = (each if each.isprintable() else repr(each)[1:-1] for each in wrong)
                message = f"AWS refuses {' '.join(shown)} in tags; use letters, digits, spaces and . : / = + - @ _"
                yield place(key).error(message)


@rule(Deployment)
def too_many_tags(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A resource has at most 50 tags (ECS API reference, TagResource)."""
    ours = _OUR_TAGS | (_TAGS_OF_INSTANCES if deployment.catalog.capacity else frozenset())
    shared = deployment.catalog.catalog.tags.keys() | ours
    for tags, place in _tables(deployment, at):
        count = len(shared | tags.keys())
        if count > _MOST_TAGS:
            message = f"{count} tags are more than AWS takes, the catalog's and Name included; leave {_MOST_TAGS}"
            yield place.error(message)
            if place.path[0] == "catalog":
                return


@rule(Deployment)
def tags_differ_by_case(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """To IAM, keys that differ by case are one (IAM User Guide, "Tags for IAM resources"), and roles carry these."""
    shared = {key.lower(): at("catalog", "tags", key) for key in deployment.catalog.catalog.tags}
    for tags, place in _tables(deployment, at):
        seen = dict(shared) if place.path[0] != "catalog" else {}
        for key in sorted(tags):
            other = seen.setdefault(key.lower(), place(key))
            if other.name != key:
                message = f'IAM takes it for "{other.name}" ({other.location}); spell both alike, or rename one'
                yield place(key).error(message)
