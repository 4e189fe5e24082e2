"""Containers: health check and secrets, sidecars, volumes and models, logs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from catalog.model.types import (
    AbsolutePath,
    Duration,
    KeyArn,
    Name,
    SecretArn,
    SecretsManagerArn,
    Table,
    VariableName,
    matching,
    text,
    wrong,
)

_MARKER = re.compile(r"(CMD-SHELL|CMD)(,\s*|\s+)(?=\S)")
"""How a string begins that was copied from Docker Compose, a Dockerfile or the ECS console."""


def _command(value: object) -> object:
    """A health check's command as ECS has it: CMD and its arguments, or CMD-SHELL and one string. Both may be in the
    catalog already; catalog/rules/health.py checks what follows them."""
    if isinstance(value, str):
        return _shell_command(value)
    # A list that has other items than strings stays as it is, so that an error has the index that the catalog has.
    if not isinstance(value, tuple) or not all(isinstance(part, str) for part in value):
        return value
    if value[:1] in (("CMD",), ("CMD-SHELL",), ("NONE",)):
        return value
    if len(value) == 1 and _MARKER.match(value[0]):
        return _shell_command(value[0])
    return ("CMD", *value)


def _shell_command(value: str) -> tuple[str, ...]:
    if value.strip() in ("CMD", "CMD-SHELL", "NONE"):
        return (value.strip(),)
    found = _MARKER.match(value.lstrip())
    if found is None:
        return ("CMD-SHELL", value)
    rest = value.lstrip()[found.end() :]
    # The console separates the arguments of CMD with commas; Docker runs a string in a shell.
    is_list = found[1] == "CMD" and found[2].startswith(",")
    return ("CMD", *(part.strip() for part in rest.split(","))) if is_list else ("CMD-SHELL", rest)


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

DEFAULT_CPU, DEFAULT_MEMORY = 64, 128


class Sidecar(Table):
    """A container beside the service's own, in the same task: they share localhost, and the task's role."""

    image: str
    """Container image, with a tag or digest."""
    start: Literal["before", "with", "after"] = "with"
    """When it starts. before: the service waits until its check succeeds, or it has ended well where it has none and is
    not essential, or else until it has started. after: it waits for the service, until that is well or has started."""
    essential: bool = True
    """The task ends with it."""
    command: tuple[str, ...] | None = None
    """Arguments of the container."""
    entrypoint: tuple[str, ...] | None = None
    """Program of the container."""
    user: str | None = None
    """User of the container."""
    working_dir: AbsolutePath | None = None
    """Working folder of the container."""
    cpu: Annotated[int, Field(ge=2)] | None = None
    """Its share of the task's CPU units. Default: 64; nothing, if it has ended before the service starts."""
    memory: Annotated[int, Field(ge=6)] | None = None
    """Its share of the task's memory, in MiB. Default: 128; nothing, if it has ended before the service starts."""
    environment: dict[VariableName, str] = {}
    """Environment variables, with the addresses of the service's callees as there."""
    not_secret: tuple[VariableName, ...] = ()
    """Environment variables that look like secrets by their names, and are none."""
    secrets: Secrets = {}
    """Environment variables whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    credentials: SecretsManagerArn | None = None
    """ARN of the secret with user name and password of a private registry."""
    health: Check = Check()
    """How to tell that it is well."""
    volumes: dict[Name, AbsolutePath] = {}
    """Volumes of the service that it sees too: NAME = path."""
    readonly_root: bool = False
    """Make the container's root file system read-only."""
    stop_timeout: Duration = 30.0
    """How long it may take to stop, at most 120s on Fargate."""
    container: dict[str, Any] = {}
    """Raw keys of the ECS container definition, merged in and checked against AWS's model."""

    @property
    def ends_first(self) -> bool:
        """Whether it has ended when the service starts."""
        return self.start == "before" and not self.essential and self.health.command is None


class Volume(Table):
    """A folder that lies outside the container's own file system."""

    path: AbsolutePath
    """Where the container sees it."""
    user: (
        Annotated[str, matching(r"[0-9]{1,10}(:[0-9]{1,10})?", "a numeric user", 'write one like "999:999"')] | None
    ) = None
    """Owner of its files on EFS, "uid:gid" or "uid". Default: the service's `user` if numeric and not root, else
    1000:1000."""
    kind: Literal["scratch", "efs"] = "scratch"
    """scratch = empty at every start, on the task's own storage; efs = kept, on a file system that all tasks of the
    service share."""


class Model(Table):
    """The weights of a model, fetched before the service starts."""

    source: Annotated[
        str,
        matching(
            r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\x00]+)?",
            "a folder in S3",
            'write one like "s3://bucket/folder"',
        ),
    ]
    """Where they lie: "s3://bucket/folder"."""
    mount: AbsolutePath = "/models"
    """Where the container sees them, read-only."""
    cache: Literal["scratch", "efs"] = "scratch"
    """scratch = fetched at every start, to the task's own storage; efs = fetched once, to a file system."""
    size_gib: Annotated[int, Field(ge=1)] | None = None
    """How many GiB they take. With it, a Fargate task has storage for them."""


RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""The retention times that CloudWatch Logs has (API reference, PutRetentionPolicy)."""


def _retention(value: object) -> int:
    if isinstance(value, bool) or value not in RETENTION_DAYS:
        allowed = ", ".join(str(days) for days in RETENTION_DAYS)
        raise wrong(
            "CloudWatch Logs cannot keep logs for {value} days; write one of {allowed}", value=value, allowed=allowed
        )
    return int(str(value))


class LogRouter(Table):
    """FireLens: a Fluent Bit in every task, which sends what the service writes on to somewhere else. Its own output,
    and that of the task's other containers, stays in the log group. What the destination takes is for `access` to say.
    """

    options: dict[str, str] = {}
    """The output plugin of Fluent Bit, by its `Name`, and its other options, passed on as they are; with addresses of
    callees, as in an environment."""
    secrets: Secrets = {}
    """Options of the output plugin whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    config: AbsolutePath | None = None
    """Path of a configuration in the image of the router, included beside what ECS writes itself."""


class Logs(Table):
    """What becomes of a service's output."""

    retention_days: Annotated[
        int, BeforeValidator(_retention), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})
    ] = 30
    """Days until log lines are deleted."""
    router: LogRouter | None = None
    """Send the service's own output on, instead of to its log group."""
