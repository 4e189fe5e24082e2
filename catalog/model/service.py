"""What may be said of one service."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from catalog.model.login import Sticky
from catalog.model.types import (
    AbsolutePath,
    Duration,
    DurationOrNone,
    Host,
    KeyArn,
    Name,
    Port,
    SecretArn,
    SecretsManagerArn,
    Table,
    VariableName,
    matching,
    table_or_true,
    text,
    wrong,
)

Protocol = Literal["http", "http2", "grpc", "tcp"]
RetryEvent = Literal[
    "connection-error",
    "gateway-error",
    "server-error",
    "client-error",
    "stream-error",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
]
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


class Public(Table):
    """How a service is reached from outside."""

    path: Annotated[
        str,
        matching(
            r"/|(/[A-Za-z0-9_.~$@:+&-]+)+",
            "a path prefix",
            'write one like "/api", with no wildcard and no / at its end',
        ),
    ] = "/"
    """Path prefix, by whole segments."""
    host: Host | None = None
    """Host name, where several share a load balancer."""
    ingress: Name | None = None
    """Which [ingress]; may be left out where there is only one."""
    priority: Annotated[int, Field(ge=1, le=50000)] | None = None
    """Rule priority, 1 to 50000, where the computed one collides."""
    sticky: Sticky = None
    """How long a browser stays with the same task, by a cookie of the load balancer: 1s to 7 days (168h), or false."""
    login: bool = True
    """false = open, where the ingress has a login."""


def _command(value: object) -> object:
    if isinstance(value, str):
        return ("CMD-SHELL", value)
    # A list that is not all text stays as it is, so that the error counts its items as they are written.
    return ("CMD", *value) if isinstance(value, tuple) and all(isinstance(part, str) for part in value) else value


class Health(Table):
    """How to tell that a service is well."""

    path: (
        Annotated[str, matching(r"/[!-\"$-~]{0,1023}", "a path", "begin it with /, at most 1024 characters of ASCII")]
        | None
    ) = None
    """Path that answers with success; probed by load balancer and mesh. Without it, Envoys try the port, load balancers
    and VPC Lattice ask for / and take any answer but a failure."""
    interval: Duration = 10.0
    """Time between two probes, 5s to 300s."""
    timeout: Duration = 5.0
    """How long one probe may take, 2s to 60s, shorter than the interval."""
    command: Annotated[tuple[str, ...] | None, BeforeValidator(_command, json_schema_input_type=str | list[str])] = None
    """The container's own check: a string for its shell, or a list of arguments."""
    grace: Duration = 60.0
    """How long a start may take."""


class Retries(Table):
    """What a caller's proxy tries again."""

    attempts: Annotated[int, Field(ge=0, le=10)] = 0
    """How often a failed request is sent again."""
    on: tuple[RetryEvent, ...] = ("connection-error",)
    """What counts as failed. Anything but connection-error may run a request twice."""
    per_try: DurationOrNone | None = None
    """How long one try may take until its answer starts. Default: timeout / attempts."""


class Pool(Table):
    """How much a service takes at once."""

    connections: Annotated[int, Field(ge=1)] | None = None
    """Connections (http, tcp)."""
    pending: Annotated[int, Field(ge=1)] | None = None
    """Requests that may wait for a connection (http)."""
    requests: Annotated[int, Field(ge=1)] | None = None
    """Requests at a time (http2, grpc)."""


class Outlier(Table):
    """When a task that fails is left out for a while."""

    errors: Annotated[int, Field(ge=1)] = 5
    """Server errors in a row."""
    interval: Duration = 10.0
    """Time between two looks."""
    eject: Duration = 30.0
    """How long it is left out, at least."""
    max_percent: Annotated[int, Field(ge=0, le=100)] = 50
    """Share of the tasks that may be left out at once."""


class Secret(Table):
    """A value that ECS reads at start and hands to the container."""

    arn: SecretArn
    """ARN of a Secrets Manager secret or an SSM parameter."""
    key: Annotated[str, matching(r"[^:]+", "a key of a secret", "leave out the colons")] | None = None
    """Key within a Secrets Manager secret that holds JSON."""
    kms: KeyArn | None = None
    """ARN of the customer key it is encrypted with, if it is."""


_ARN = text("ARN", "^arn:aws[a-z-]*:(secretsmanager|ssm):")


def _secret(value: object) -> object:
    return {"arn": value} if isinstance(value, str) else value


class Statement(Table):
    """One statement of an IAM policy."""

    actions: Annotated[tuple[str, ...], Field(min_length=1)]
    """Actions, as in "dynamodb:GetItem"."""
    resources: Annotated[tuple[str, ...], Field(min_length=1)]
    """Resources, as ARNs."""
    effect: Literal["Allow", "Deny"] = "Allow"
    """Allow or Deny."""
    conditions: dict[str, dict[str, Any]] = {}
    """IAM's Condition block: operator, then key, then value or list."""


class Access(Table):
    """What a service may do in AWS, beyond what running takes."""

    statements: tuple[Statement, ...] = ()
    """Statements of its task role, taken over as they are."""


class Volume(Table):
    """A folder that lies outside the container's own file system."""

    path: AbsolutePath
    """Where the container sees it."""
    kind: Literal["scratch"] = "scratch"
    """scratch = empty at every start, on the task's own storage."""


class Deploy(Table):
    """How a new revision replaces the old."""

    min: Annotated[int, Field(ge=0, le=100)] = 100
    """Percentage of the tasks that keep running."""
    max: Annotated[int, Field(ge=100, le=200)] = 200
    """Percentage of the tasks that may run."""
    rollback: bool = True
    """Return to the last good revision when a rollout fails."""
    wait: bool = True
    """`terraform apply` waits for the rollout, and fails if it was rolled back."""


def _retention(value: object) -> int:
    if isinstance(value, bool) or value not in RETENTION_DAYS:
        allowed = ", ".join(str(days) for days in RETENTION_DAYS)
        raise wrong(
            "CloudWatch Logs cannot keep logs for {value} days; write one of {allowed}", value=value, allowed=allowed
        )
    return int(str(value))


class Logs(Table):
    """What becomes of a service's output."""

    retention_days: Annotated[
        int, BeforeValidator(_retention), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})
    ] = 30
    """Days until log lines are deleted."""


class ServiceKeys(Table):
    """The keys of [services.NAME], and of [defaults] and [profiles.NAME], where none is required."""

    image: str
    """Container image, with a tag or digest."""
    profile: Name | None = None
    """A named set of keys from [profiles], or the built-in "inference"."""
    port: Port | None = None
    """Port that the container listens on. Without one, a service only calls."""
    protocol: Protocol = "http"
    """What is spoken on the port."""
    command: tuple[str, ...] | None = None
    """Arguments of the container."""
    entrypoint: tuple[str, ...] | None = None
    """Program of the container."""
    user: str | None = None
    """User of the container."""
    working_dir: AbsolutePath | None = None
    """Working folder of the container."""
    cpu: int = 512
    """CPU units of the whole task, containers that the catalog adds included; 1024 are one vCPU."""
    memory: int = 1024
    """MiB of memory of the whole task, containers that the catalog adds included."""
    storage: Annotated[int, Field(ge=20, le=200)] = 20
    """GiB of task storage, 20 to 200."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor."""
    capacity: Literal["fargate", "fargate-spot"] = "fargate"
    """Where tasks run."""
    replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """How many tasks."""
    calls: tuple[Name, ...] = ()
    """Services and externals that it may talk to; the rest is closed."""
    public: Annotated[Public | None, BeforeValidator(table_or_true, json_schema_input_type=bool | Public)] = None
    """Reachable from outside: true, or { path, host, ingress, priority, sticky, login }."""
    health: Health = Health()
    """How to tell that it is well."""
    timeout: DurationOrNone | None = None
    """The longest a caller waits for the whole answer, at every hop. Default "15s", with profile inference "10m"; on a
    caller at least the largest of its callees."""
    idle_timeout: DurationOrNone | None = None
    """The longest silence on a connection. Default: timeout; for tcp "1h"."""
    retries: Retries = Retries()
    """What its callers' proxies try again."""
    pool: Pool | None = None
    """How much it takes at once."""
    outlier: Outlier | None = None
    """When a task that fails is left out for a while."""
    environment: dict[VariableName, str] = {}
    """Environment variables."""
    secrets: dict[VariableName, Annotated[Secret, BeforeValidator(_secret, json_schema_input_type=_ARN | Secret)]] = {}
    """Environment variables whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    credentials: SecretsManagerArn | None = None
    """ARN of the secret with user name and password of a private registry."""
    access: Access = Access()
    """What it may do in AWS."""
    volumes: dict[Name, Volume] = {}
    """Folders that lie outside the container's own file system."""
    deploy: Deploy = Deploy()
    """How a new revision replaces the old."""
    logs: Logs = Logs()
    """What becomes of its output."""
    signed: bool = False
    """It signs its requests to other services (SigV4), as `mesh.auth = "iam"` demands of callers."""
    stop_timeout: Duration = 30.0
    """How long it may take to stop, at most 120s on Fargate."""
    readonly_root: bool = False
    """Make the container's root file system read-only."""
    tags: dict[str, str] = {}
    """Tags on everything of this service, its tasks included."""
    container: dict[str, Any] = {}
    """Raw keys of the ECS container definition, merged in and checked against AWS's model."""


class Service(ServiceKeys):
    """A service of one deployment, with nothing left open: every timer is known."""

    name: str
    timeout: DurationOrNone
    idle_timeout: DurationOrNone

    @property
    def is_tcp(self) -> bool:
        return self.protocol == "tcp"
