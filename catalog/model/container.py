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
"""Prefix of a command copied from Docker Compose, a Dockerfile or the ECS console."""


def _command(value: object) -> object:
    """Return a health check's command in ECS's form: CMD and its arguments, or CMD-SHELL and one string. The catalog
    may contain either already; catalog/rules/health.py checks the rest."""
    if isinstance(value, str):
        return _shell_command(value)
    # A list with items that aren't strings stays unchanged, so that an error reports the catalog's index.
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
    """Health check settings of a container."""

    interval: Duration = 10.0
    """Time between two checks, 5s to 300s."""
    timeout: Duration = 5.0
    """Time limit for one check, 2s to 60s, shorter than the interval."""
    command: Annotated[tuple[str, ...] | None, BeforeValidator(_command, json_schema_input_type=str | list[str])] = None
    """Command that ECS runs in the container: a string for its shell, or a list of arguments."""
    grace: Duration = 60.0
    """Time that a start may take before failed checks count."""


class Secret(Table):
    """Value that ECS reads when a task starts and passes to the container."""

    arn: SecretArn
    """ARN of a Secrets Manager secret or an SSM parameter."""
    key: Annotated[str, matching(r"[^:]+", "a key of a secret", "leave out the colons")] | None = None
    """Key in a Secrets Manager secret whose value is JSON."""
    kms: KeyArn | None = None
    """ARN of the customer managed key that encrypts the secret, if any."""


_SECRET_ARN = text("ARN", "^arn:aws[a-z-]*:(secretsmanager|ssm):")


def _secret(value: object) -> object:
    return {"arn": value} if isinstance(value, str) else value


Secrets = dict[VariableName, Annotated[Secret, BeforeValidator(_secret, json_schema_input_type=_SECRET_ARN | Secret)]]
"""Secrets by the name of the environment variable or log driver option that receives them."""

DEFAULT_CPU, DEFAULT_MEMORY = 64, 128


class Sidecar(Table):
    """Additional container in each of the service's tasks. It shares localhost and the task role with the service's
    container."""

    image: str
    """Container image, with a tag or digest."""
    start: Literal["before", "with", "after"] = "with"
    """Start order. before: the service waits until the sidecar is healthy; without a check, until it has exited
    successfully (`essential = false`) or has started. after: the sidecar waits until the service is healthy or, without
    a check, has started."""
    essential: bool = True
    """Stop the task when this container exits."""
    command: tuple[str, ...] | None = None
    """Arguments of the container, in place of the image's CMD."""
    entrypoint: tuple[str, ...] | None = None
    """Program of the container, in place of the image's ENTRYPOINT."""
    user: str | None = None
    """User that the container runs as."""
    working_dir: AbsolutePath | None = None
    """Working directory of the container."""
    cpu: Annotated[int, Field(ge=2)] | None = None
    """CPU units of the sidecar, out of the task's `cpu`. Default: 64, or 0 if it exits before the service starts."""
    memory: Annotated[int, Field(ge=6)] | None = None
    """MiB of memory of the sidecar, out of the task's `memory`. Default: 128, or 0 if it exits before the service
    starts."""
    environment: dict[VariableName, str] = {}
    """Environment variables. The addresses of the service's callees are added, as in the service's `environment`."""
    not_secret: tuple[VariableName, ...] = ()
    """Environment variables that aren't secrets although their names suggest it."""
    secrets: Secrets = {}
    """Environment variables whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    credentials: SecretsManagerArn | None = None
    """ARN of the secret with the user name and password of a private registry."""
    health: Check = Check()
    """Health check settings."""
    volumes: dict[Name, AbsolutePath] = {}
    """Volumes of the service to mount in the sidecar: NAME = path."""
    readonly_root: bool = False
    """Make the container's root file system read-only."""
    stop_timeout: Duration = 30.0
    """Time between SIGTERM and SIGKILL when the task stops, at most 120s on Fargate."""
    container: dict[str, Any] = {}
    """Raw keys of the ECS container definition, merged into it and checked against AWS's API model."""

    @property
    def ends_first(self) -> bool:
        """Whether the sidecar exits before the service starts."""
        return self.start == "before" and not self.essential and self.health.command is None


class Volume(Table):
    """Directory on storage outside the container's file system."""

    path: AbsolutePath
    """Mount path in the container."""
    user: (
        Annotated[str, matching(r"[0-9]{1,10}(:[0-9]{1,10})?", "a numeric user", 'write one like "999:999"')] | None
    ) = None
    """Owner of the files on EFS, "uid:gid" or "uid". Default: the service's `user` if it's numeric and not root, else
    1000:1000."""
    kind: Literal["scratch", "efs"] = "scratch"
    """Storage: scratch = the task's own storage, empty at every start; efs = a persistent file system that all tasks of
    the service share."""
    backup: bool = True
    """Include the files on EFS in daily backups. AWS backs up the whole file system, unless all its volumes have
    false."""


class Model(Table):
    """Model artifacts that a container downloads from S3 before the service starts."""

    source: Annotated[
        str,
        matching(
            r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\x00]+)?",
            "a folder in S3",
            'write one like "s3://bucket/folder"',
        ),
    ]
    """Location in S3: "s3://bucket/folder"."""
    mount: AbsolutePath = "/models"
    """Mount path in the container, read-only."""
    cache: Literal["scratch", "efs"] = "scratch"
    """Storage: scratch = downloaded at every start to the task's own storage; efs = downloaded once to a persistent
    file system."""
    size_gib: Annotated[int, Field(ge=1)] | None = None
    """Size of the artifacts in GiB. If set, a Fargate task's storage is large enough for them."""


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
"""Retention periods in days that CloudWatch Logs supports (API reference, PutRetentionPolicy)."""


def _retention(value: object) -> int:
    if isinstance(value, bool) or value not in RETENTION_DAYS:
        allowed = ", ".join(str(days) for days in RETENTION_DAYS)
        raise wrong(
            "CloudWatch Logs cannot keep logs for {value} days; write one of {allowed}", value=value, allowed=allowed
        )
    return int(str(value))


class LogRouter(Table):
    """FireLens settings: a Fluent Bit container in every task forwards the service's output to another destination. The
    output of Fluent Bit and of the task's other containers stays in the log group. Grant permissions for the
    destination with `access`."""

    options: dict[str, str] = {}
    """Fluent Bit output plugin (`Name`) and its other options, passed on unchanged. They can contain addresses of
    callees, as `environment` can."""
    secrets: Secrets = {}
    """Output plugin options whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    config: AbsolutePath | None = None
    """Path of a configuration file in the log router's image, included in addition to the one that ECS generates."""


class Logs(Table):
    """Log settings."""

    retention_days: Annotated[
        int, BeforeValidator(_retention), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})
    ] = 30
    """Days until log lines are deleted."""
    router: LogRouter | None = None
    """Log router that forwards the service's own output, instead of sending it to its log group."""
