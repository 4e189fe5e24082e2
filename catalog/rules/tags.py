"""Tags that every AWS service accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_KEY, _VALUE = 128, 256
_MOST = 50
_OURS = frozenset({"Name"})
"""What the console shows."""
_OF_INSTANCES = frozenset({"AmazonECSManaged"})
"""What ECS asks of groups of instances (ECS API reference, AutoScalingGroupProvider)."""
_TEXT = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t\n\v\f\r\x1c-\x1f\x85])*")
"""Letters, digits, spaces of any kind but no control characters, and . : / = + - @ _ (ECS API reference, Tag; IAM API
reference, Tag)."""


def _tables(deployment: Deployment) -> Iterator[tuple[Path, dict[str, str]]]:
    yield ("catalog", "tags"), deployment.catalog.catalog.tags
    for service in deployment.services.values():
        yield ("services", service.name, "tags"), service.tags


def reserved(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Keys that begin with `aws:` are AWS's own (ECS API reference, Tag)."""
    for place, tags in _tables(deployment):
        for key in tags:
            if key.lower().startswith("aws:"):
                yield Finding(place=(*place, key), message='AWS keeps "aws:" for itself; write another key')


def length(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A key has 1 to 128 characters, a value at most 256 (ECS API reference, Tag)."""
    for place, tags in _tables(deployment):
        for key, value in tags.items():
            if not 1 <= len(key) <= _KEY:
                yield Finding(place=(*place, key), message=f"the key has {len(key)} characters; use 1 to {_KEY}")
            if len(value) > _VALUE:
                yield Finding(place=(*place, key), message=f"has {len(value)} characters; use at most {_VALUE}")


def characters(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Not every character is allowed (ECS API reference, Tag; IAM API reference, Tag)."""
    for place, tags in _tables(deployment):
        for key, value in tags.items():
            wrong = sorted({character for text in (key, value) for character in _TEXT.sub("", text)} - _PLACEHOLDER)
            if wrong:
                shown = (each if each.isprintable() else repr(each)[1:-1] for each in wrong)
                message = f"AWS refuses {' '.join(shown)} in tags; use letters, digits, spaces and . : / = + - @ _"
                yield Finding(place=(*place, key), message=message)


_PLACEHOLDER = {"\ufdd0", "\ufdd1"}
"""Around an account that is known only when Terraform runs (catalog/reading/placeholders.py)."""


def too_many(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A resource has at most 50 tags (ECS API reference, TagResource)."""
    ours = _OURS | (_OF_INSTANCES if deployment.catalog.capacity else frozenset())
    shared = deployment.catalog.catalog.tags.keys() | ours
    for place, tags in _tables(deployment):
        count = len(shared | tags.keys())
        if count > _MOST:
            message = f"{count} tags are more than AWS takes, the catalog's and Name included; leave {_MOST}"
            yield Finding(place=place, message=message)
            if place[0] == "catalog":
                return


def differ_by_case_only(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """To IAM, keys that differ by case are one (IAM User Guide, "Tags for IAM resources"), and roles carry these."""
    for place, tags in _tables(deployment):
        others = {key.lower(): (("catalog", "tags", key)) for key in deployment.catalog.catalog.tags}
        seen: dict[str, Path] = dict(others) if place[0] != "catalog" else {}
        for key in sorted(tags):
            other = seen.setdefault(key.lower(), (*place, key))
            if other[-1] != key:
                message = f'IAM takes it for "{other[-1]}" ({written.location(*other)}); spell both alike, or rename one'
                yield Finding(place=(*place, key), message=message)
