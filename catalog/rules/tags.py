"""Tags that every AWS service accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.frame import Place
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.rules import rule

_KEY, _VALUE = 128, 256
_MOST = 50
_OURS = frozenset({"Name"})
"""What the console shows."""
_OF_INSTANCES = frozenset({"AmazonECSManaged"})
"""What ECS asks of groups of instances (ECS API reference, AutoScalingGroupProvider)."""
_TEXT = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t\n\v\f\r\x1c-\x1f\x85])*")
"""Letters, digits, spaces of any kind but no control characters, and . : / = + - @ _ (ECS API reference, Tag; IAM API
reference, Tag)."""


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
            if not 1 <= len(key) <= _KEY:
                yield place(key).error(f"the key has {len(key)} characters; use 1 to {_KEY}")
            if len(value) > _VALUE:
                yield place(key).error(f"has {len(value)} characters; use at most {_VALUE}")


@rule(Deployment)
def tag_characters(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Not every character is allowed (ECS API reference, Tag; IAM API reference, Tag)."""
    for tags, place in _tables(deployment, at):
        for key, value in tags.items():
            wrong = sorted({character for text in (key, value) for character in _TEXT.sub("", text)} - _PLACEHOLDER)
            if wrong:
                shown = (each if each.isprintable() else repr(each)[1:-1] for each in wrong)
                message = f"AWS refuses {' '.join(shown)} in tags; use letters, digits, spaces and . : / = + - @ _"
                yield place(key).error(message)


_PLACEHOLDER = {"\ufdd0", "\ufdd1"}
"""Around an account that is known only when Terraform runs (catalog/reading/placeholders.py)."""


@rule(Deployment)
def too_many_tags(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A resource has at most 50 tags (ECS API reference, TagResource)."""
    ours = _OURS | (_OF_INSTANCES if deployment.catalog.capacity else frozenset())
    shared = deployment.catalog.catalog.tags.keys() | ours
    for tags, place in _tables(deployment, at):
        count = len(shared | tags.keys())
        if count > _MOST:
            message = f"{count} tags are more than AWS takes, the catalog's and Name included; leave {_MOST}"
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
