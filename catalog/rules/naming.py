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
"""Characters of a deployment's id, which begins AWS names of limited length."""
_KEY = 40
_SHARED = "main"
_TAG_KEY, _TAG_VALUE = 128, 256
_MOST_TAGS = 50
_OUR_TAGS = frozenset({"Name"})
"""The tag that AWS's console shows."""
_TAGS_OF_INSTANCES = frozenset({"AmazonECSManaged"})
"""The tag that ECS requires on Auto Scaling groups (ECS API reference, AutoScalingGroupProvider)."""
_TAG_TEXT = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t\n\v\f\r\x1c-\x1f\x85])*")
"""Letters, digits, spaces of any kind but no control characters, and . : / = + - @ _ (ECS API reference, Tag; IAM API
reference, Tag)."""
_PLACEHOLDER = {"\ufdd0", "\ufdd1"}
"""Marks of an account that only Terraform knows (catalog/unknowns.py)."""


def _named(deployment: Deployment, at: Place) -> Iterator[Place]:
    """Every table that has a name."""
    for table in ("services", "external", "ingress", "capacity"):
        yield from (at(table, name) for name in getattr(deployment.catalog, table))
    if deployment.environment is not None:
        yield at("environments", deployment.environment)


@rule(Deployment)
def reserved_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS reserves these words as prefixes of some names."""
    for place in _named(deployment, at):
        if place.name in RESERVED:
            yield place.error(f'"{place.name}" is reserved by AWS. Write another name.')


@rule(Deployment)
def reserved_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS names begin with the catalog's name, and AWS refuses prefixes such as `internal-` and `sg-` (ELBv2 API
    reference, CreateLoadBalancer; EC2 API reference, CreateSecurityGroup; ECS API reference, CreateCapacityProvider;
    mesh API reference, CreateService)."""
    name = deployment.catalog.catalog.name
    word = name.partition("-")[0]
    if word in RESERVED:
        what = "is reserved by AWS" if name == word else f'begins with "{word}-", which AWS reserves'
        message = f'"{name}" {what}. Write a name that doesn\'t begin with {or_list(RESERVED)}.'
        yield at("catalog", "name").error(message)


@rule(Deployment)
def long_id(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A deployment's id has at most 24 characters: it begins the names of load balancers, which AWS limits to 32 (ELBv2
    API reference, CreateLoadBalancer)."""
    if deployment.environment is not None and len(deployment.id) > _ID:
        yield at("environments", deployment.environment).error(
            f'makes the id "{deployment.id}", which has {len(deployment.id)} characters, and the limit is {_ID}. '
            f"Shorten it or catalog.name ({at('catalog', 'name').location})."
        )


@rule(Deployment)
def long_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A key has at most 40 characters: AWS names contain it and the deployment's id."""
    for place in _named(deployment, at):
        if place.path[0] != "environments" and len(place.name) > _KEY:
            yield place.error(f"has {len(place.name)} characters. Use at most {_KEY}.")


@rule(Service)
def old_key_in_use(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform can't move a resource from an address that the configuration still has (Terraform, "Refactoring")."""
    old, place = service.renamed_from, at("renamed_from")
    if old == service.name:
        yield place.error(f'"{old}" is already its key. Remove renamed_from.')
    elif old in at.deployment.services:
        yield place.error(
            f"services.{old} still exists ({at.catalog('services', old).location}) and keeps its resources. "
            "Remove that table, or renamed_from. To swap two names, use a third name, and apply each step."
        )


@rule(Service)
def two_renamed_from_one(service: Service, at: Place) -> Iterator[Finding]:
    """A moved resource has one new address."""
    old, renamed = service.renamed_from, at.deployment.renamed
    heir = next((name for name, each in renamed.items() if each == old), service.name)
    if heir != service.name:
        other = at.catalog("services", heir, "renamed_from").location
        yield at("renamed_from").error(f'services.{heir} is renamed from "{old}" too ({other}). Remove one of them.')


@rule(Service)
def renamed_to_main(service: Service, at: Place) -> Iterator[Finding]:
    """The addresses of shared resources begin with `main_` (docs/decisions/0003), and Terraform would move them too."""
    if service.renamed_from and service.name == _SHARED:
        message = (
            f'isn\'t supported: Terraform addresses of shared resources begin with "{_SHARED}". Rename the service.'
        )
        yield at("renamed_from").error(message)


@rule(Deployment)
def duplicate_aws_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An ECS cluster has one service of a name (ECS API reference, CreateService)."""
    known: dict[str, Service] = {}
    for service in deployment.services.values():
        other = known.setdefault(service.aws_name, service)
        if other is service or _already_reported(service, other):
            continue
        # Reported where the catalog sets the name, if it does.
        here, there = (service, other) if service.aws_name != service.name else (other, service)
        place = at(*naming.place(deployment, there))
        yield at(*naming.place(deployment, here)).error(
            f'services.{there.name} has the name "{there.aws_name}" in AWS too ({place.location}). '
            f"Write another aws_name for the newer one."
        )


def _already_reported(one: Service, other: Service) -> bool:
    """Whether a rule above reports the old key that makes the two names equal."""
    old = {one.renamed_from, other.renamed_from} - {None}
    return bool(old & {one.name, other.name}) or one.renamed_from == other.renamed_from is not None


@rule(Service)
def invalid_aws_name(service: Service, at: Place) -> Iterator[Finding]:
    """The limits on keys apply to this name too."""
    name, place = service.aws_name, at.catalog(*naming.place(at.deployment, service))
    if place.path == at.path:
        return
    if name in RESERVED:
        yield place.error(f'"{name}" is reserved by AWS. Write another name.')
    if len(name) > _KEY:
        yield place.error(f"has {len(name)} characters. Use at most {_KEY}.")


@rule(Service)
def renamed_from_to_remove(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform replaces a resource if its name or family changes (provider documentation: "Forces new resource")."""
    old = service.renamed_from
    if not old:
        return
    fix = "Remove it"
    if at.deployment.catalog.services[service.name].aws_name is None:
        fix = f'Replace it with aws_name = "{service.aws_name}"'
    also = ""
    if service.port is not None and at.deployment.callers_of(service.name):
        also = f" Its callers get its address in {names.variable(service.name)}, no longer in {names.variable(old)}."
    why = ": without either, Terraform would replace its resources" if fix.startswith("Replace") else ""
    yield at("renamed_from").notice(f"has no effect after the apply. {fix} then, in every environment{why}.{also}")


def _tables(deployment: Deployment, at: Place) -> Iterator[tuple[dict[str, str], Place]]:
    yield deployment.catalog.catalog.tags, at("catalog", "tags")
    for service in deployment.services.values():
        yield service.tags, at("services", service.name, "tags")


@rule(Deployment)
def reserved_tag_key(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS reserves tag keys that begin with `aws:` (ECS API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key in tags:
            if key.lower().startswith("aws:"):
                yield place(key).error('AWS reserves the prefix "aws:". Write another key.')


@rule(Deployment)
def tag_length(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A key has 1 to 128 characters, a value at most 256 (ECS API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key, value in tags.items():
            if not 1 <= len(key) <= _TAG_KEY:
                yield place(key).error(f"the key has {len(key)} characters. Use 1 to {_TAG_KEY}.")
            if len(value) > _TAG_VALUE:
                yield place(key).error(f"has {len(value)} characters. Use at most {_TAG_VALUE}.")


@rule(Deployment)
def tag_characters(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS limits the characters of tags (ECS API reference, Tag; IAM API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key, value in tags.items():
            wrong = sorted({character for text in (key, value) for character in _TAG_TEXT.sub("", text)} - _PLACEHOLDER)
            if wrong:
                shown = (each if each.isprintable() else repr(each)[1:-1] for each in wrong)
                message = (
                    f"AWS doesn't allow {' '.join(shown)} in tags. Use letters, digits, spaces and . : / = + - @ _"
                )
                yield place(key).error(message)


@rule(Deployment)
def too_many_tags(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A resource has at most 50 tags (ECS API reference, TagResource)."""
    ours = _OUR_TAGS | (_TAGS_OF_INSTANCES if deployment.catalog.capacity else frozenset())
    shared = deployment.catalog.catalog.tags.keys() | ours
    for tags, place in _tables(deployment, at):
        count = len(shared | tags.keys())
        if count > _MOST_TAGS:
            message = f"has {count} tags with the catalog's and Name, and AWS allows at most {_MOST_TAGS}. Remove some."
            yield place.error(message)
            if place.path[0] == "catalog":
                return


@rule(Deployment)
def tags_differ_by_case(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """IAM ignores the case of tag keys (IAM User Guide, "Tags for IAM resources"), and roles have these tags."""
    shared = {key.lower(): at("catalog", "tags", key) for key in deployment.catalog.catalog.tags}
    for tags, place in _tables(deployment, at):
        seen = dict(shared) if place.path[0] != "catalog" else {}
        for key in sorted(tags):
            other = seen.setdefault(key.lower(), place(key))
            if other.name != key:
                message = (
                    f'is the same key as "{other.name}" ({other.location}) in IAM. Use one spelling, or rename one.'
                )
                yield place(key).error(message)
