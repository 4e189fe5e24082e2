"""Statements that IAM accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.model import Deployment
from catalog.model.access import Statement
from catalog.problems import Finding, Path, did_you_mean
from catalog.rules.each import texts_in
from catalog.provenance import Provenance

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
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


def not_an_action(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An action is a service's prefix and a name (IAM: MalformedPolicyDocument)."""
    for place, statement in _statements(deployment):
        for index, action in enumerate(statement.actions):
            if not _ACTION.fullmatch(action):
                message = f'"{action}" is not an action; write service and action, as in "s3:GetObject"'
                yield Finding(place=(*place, "actions", index), message=message)


def not_a_resource(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A resource is an ARN or a star (IAM: "must be in ARN format or \"*\"")."""
    for place, statement in _statements(deployment):
        for index, resource in enumerate(statement.resources):
            if resource != "*" and not _ARN.fullmatch(resource):
                message = f'"{resource}" is not a resource; write an ARN, as in "arn:aws:s3:::bucket/*", or "*"'
                yield Finding(place=(*place, "resources", index), message=message)


def unknown_operator(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
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


_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff\ufdd0\ufdd1]*")
"""IAM User Guide, "IAM and AWS STS quotas": tab, line ends, and U+0020 to U+00FF; and the marks around an account."""


def not_a_character(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Policies hold the characters of Latin-1 only (IAM: MalformedPolicyDocument)."""
    for place, statement in _statements(deployment):
        for where, text in texts_in(statement.model_dump(), place):
            wrong = _CHARACTERS.sub("", text)
            if wrong:
                message = f'IAM refuses "{wrong[0]}" in policies; use characters of Latin-1, or a wildcard in its place'
                yield Finding(place=where, message=message)
