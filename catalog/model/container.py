"""What services and the containers beside them have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from catalog.model.types import Duration, KeyArn, SecretArn, Table, VariableName, matching, text


def _command(value: object) -> object:
    if isinstance(value, str):
        return ("CMD-SHELL", value)
    # A list that is not all text stays as it is, so that the error counts its items as they are written.
    return ("CMD", *value) if isinstance(value, tuple) and all(isinstance(part, str) for part in value) else value


class Check(Table):
    """How to tell that a container is well."""

    interval: Duration = 10.0
    """Time between two probes, 5s to 300s."""
    timeout: Duration = 5.0
    """How long one probe may take, 2s to 60s, shorter than the interval."""
    command: Annotated[tuple[str, ...] | None, BeforeValidator(_command, json_schema_input_type=str | list[str])] = None
    """The container's own check: a string for its shell, or a list of arguments."""
    grace: Duration = 60.0
    """How long a start may take."""


class Secret(Table):
    """A value that ECS reads at start and hands to the container."""

    arn: SecretArn
    """ARN of a Secrets Manager secret or an SSM parameter."""
    key: Annotated[str, matching(r"[^:]+", "a key of a secret", "leave out the colons")] | None = None
    """Key within a Secrets Manager secret that holds JSON."""
    kms: KeyArn | None = None
    """ARN of the customer key it is encrypted with, if it is."""


_SECRET_ARN = text("ARN", "^arn:aws[a-z-]*:(secretsmanager|ssm):")


def _secret(value: object) -> object:
    return {"arn": value} if isinstance(value, str) else value


Secrets = dict[VariableName, Annotated[Secret, BeforeValidator(_secret, json_schema_input_type=_SECRET_ARN | Secret)]]
"""Secrets by the name under which a container, or a log driver, gets them."""
