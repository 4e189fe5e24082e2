"""Statements that IAM accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.access import inline_size
from catalog.model import Deployment
from catalog.model.access import Statement
from catalog.problems import Finding, Path, did_you_mean
from catalog.written import Written

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
_POLICY = 10_240
"""Characters of a role's inline policies without spaces (IAM User Guide, "IAM and AWS STS quotas")."""
_OPERATORS = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
    "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
    "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
    "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
"""IAM User Guide, "IAM JSON policy elements: Condition operators"."""


def _statements(deployment: Deployment) -> Iterator[tuple[Path, Statement]]:
    for service in deployment.services.values():
        for index, statement in enumerate(service.access.statements):
            yield ("services", service.name, "access", "statements", index), statement


def not_an_action(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An action is a service's prefix and a name (IAM: MalformedPolicyDocument)."""
    for place, statement in _statements(deployment):
        for index, action in enumerate(statement.actions):
            if not _ACTION.fullmatch(action):
                message = f'"{action}" is not an action; write service and action, as in "s3:GetObject"'
                yield Finding(place=(*place, "actions", index), message=message)


def not_a_resource(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A resource is an ARN or a star (IAM: "must be in ARN format or \"*\"")."""
    for place, statement in _statements(deployment):
        for index, resource in enumerate(statement.resources):
            if resource != "*" and not _ARN.fullmatch(resource):
                message = f'"{resource}" is not a resource; write an ARN, as in "arn:aws:s3:::bucket/*", or "*"'
                yield Finding(place=(*place, "resources", index), message=message)


def unknown_operator(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Conditions have operators of IAM's own (IAM: "Invalid Condition type")."""
    known = {operator.lower(): operator for operator in _OPERATORS}
    for place, statement in _statements(deployment):
        for operator in statement.conditions:
            bare = re.sub(r"^for(all|any)values?:|ifexists$", "", operator, flags=re.IGNORECASE)
            if bare.lower() not in known:
                close = did_you_mean(bare, _OPERATORS)
                cure = f'did you mean "{close}"?' if close else 'write one like "StringEquals"'
                message = f'unknown operator "{operator}"; {cure}'
                yield Finding(place=(*place, "conditions", operator), message=message)


def too_much(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """All inline policies of a role have at most 10,240 characters (IAM User Guide, "IAM and AWS STS quotas")."""
    for service in deployment.services.values():
        size = inline_size(service)
        if size > _POLICY:
            base: Path = ("services", service.name, "access")
            yield Finding(
                place=base if service.granted else (*base, "statements"),
                message=f"{'its statements ' if service.granted else ''}have {size} characters, IAM takes {_POLICY} "
                "for a role; join statements, or use wildcards",
            )
