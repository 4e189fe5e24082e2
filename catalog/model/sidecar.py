"""What may be said of a container beside a service's own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from catalog.model.container import Check, Secrets
from catalog.model.types import AbsolutePath, Duration, Name, SecretsManagerArn, Table, VariableName

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
