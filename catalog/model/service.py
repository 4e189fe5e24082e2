"""What may be said of one service."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from catalog.model.access import Access, Statement
from catalog.model.capacity import FARGATE
from catalog.model.container import Check, Secrets
from catalog.model.container import Secret as Secret
from catalog.model.files import Model, Volume
from catalog.model.login import Sticky
from catalog.model.logs import Logs
from catalog.model.match import Match as Match
from catalog.model.scale import Scale
from catalog.model.sidecar import Sidecar
from catalog.model.types import (
    LAST_PRIORITY,
    AbsolutePath,
    Duration,
    DurationOrNone,
    Host,
    Name,
    Port,
    SecretsManagerArn,
    StackName,
    Table,
    VariableName,
    matching,
    table_or_true,
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
    priority: Annotated[int, Field(ge=1, le=LAST_PRIORITY)] | None = None
    """Rule priority, 1 to 50000, where the computed one collides."""
    sticky: Sticky = None
    """How long a browser stays with the same task, by a cookie of the load balancer: 1s to 7 days (168h), or false."""
    login: bool = True
    """false = open, where the ingress has a login."""


class Health(Check):
    """How to tell that a service is well."""

    path: (
        Annotated[str, matching(r"/[!-\"$-~]{0,1023}", "a path", "begin it with /, at most 1024 characters of ASCII")]
        | None
    ) = None
    """Path that answers with success; probed by load balancer and mesh. Without it, Envoys try the port, load balancers
    and VPC Lattice ask for / and take any answer but a failure."""


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


class WorkloadKeys(Table):
    """What of a service may differ from one of its versions to another: what runs, and on what."""

    image: str
    """Container image, with a tag or digest."""
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
    """GiB of task storage on Fargate, 20 to 200; on a [capacity] tasks share its disk."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor."""
    capacity: Name = "fargate"
    """Where tasks run: fargate, fargate-spot, or the name of a [capacity]."""
    gpus: Annotated[int, Field(ge=0, le=16)] = 0
    """GPUs of each task's own container, on a [capacity] that has them."""
    shm_mib: Annotated[int, Field(ge=0)] = 0
    """MiB of shared memory (/dev/shm) of the container, out of `memory`, on a [capacity]; 0 is Docker's 64."""
    replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """How many tasks."""
    scale: Scale | None = None
    """How many tasks, by load or by the clock, instead of replicas."""
    health: Health = Health()
    """How to tell that it is well."""
    environment: dict[VariableName, str] = {}
    """Environment variables. The address of each callee is there too, as NAME_URL (AI_CHAT_URL of ai-chat), unless you
    write that one yourself."""
    not_secret: tuple[VariableName, ...] = ()
    """Environment variables that look like secrets by their names, and are none."""
    secrets: Secrets = {}
    """Environment variables whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    secrets_follow: bool = False
    """Deploy the service anew when a secret of Secrets Manager has a new current version. Terraform asks for the ids of
    versions, never for values."""
    credentials: SecretsManagerArn | None = None
    """ARN of the secret with user name and password of a private registry."""
    access: Access = Access()
    """What it may do in AWS."""
    volumes: dict[Name, Volume] = {}
    """Folders that lie outside the container's own file system."""
    model: Model | None = None
    """Weights that are fetched before it starts: { source, mount, cache }."""
    sidecars: dict[Name, Sidecar] = {}
    """Containers beside its own in every task."""
    deploy: Deploy = Deploy()
    """How a new revision replaces the old."""
    logs: Logs = Logs()
    """What becomes of its output."""
    stop_timeout: Duration | None = None
    """How long it may take to stop, at most 120s on Fargate. Default: timeout, as an answer may be under way, but from
    30s to 120s; for tcp 30s."""
    readonly_root: bool = False
    """Make the container's root file system read-only."""
    exec: bool | None = None
    """Let operators open a shell in its containers (ECS Exec), or not, whatever `cluster.exec` says."""
    container: dict[str, Any] = {}
    """Raw keys of the ECS container definition, merged in and checked against AWS's model."""


class Version(WorkloadKeys):
    """Another version of a service beside it: a part of its requests, and whatever differs."""

    name: Annotated[Name, Field(max_length=12)]
    """Its name, at most 12 characters."""
    image: str = ""
    """Container image, with a tag or digest. Default: the service's."""
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    """Percentage of the service's requests; the service itself keeps what its versions leave. With 0 it is deployed,
    and reached by its match only."""
    match: Match | None = None
    """Requests that it gets whatever its weight: { path, headers }."""


class ServiceKeys(WorkloadKeys):
    """The keys of [services.NAME], and of [defaults] and [profiles.NAME], where none is required."""

    profile: Name | None = None
    """A named set of keys from [profiles], or the built-in "inference"."""
    port: Port | None = None
    """Port that the container listens on. Without one, a service only calls."""
    protocol: Protocol = "http"
    """What is spoken on the port."""
    calls: tuple[Name, ...] = ()
    """Services and externals that it may talk to; the rest is closed."""
    public: Annotated[Public | None, BeforeValidator(table_or_true, json_schema_input_type=bool | Public)] = None
    """Reachable from outside: true, or { path, host, ingress, priority, sticky, login }."""
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
    signed: bool = False
    """It signs its requests to other services (SigV4), as `mesh.auth = "iam"` demands of callers."""
    tags: dict[str, str] = {}
    """Tags on everything of this service, its tasks included."""
    versions: tuple[Version, ...] = ()
    """Other versions that run beside it, each with its share of the requests."""
    stack: StackName | None = None
    """The Terraform state it lives in, where that is one of its own beside the base: see docs/scale.md."""
    stack_from: StackName | None = None
    """The state that it comes from, another stack or "base": Terraform hands it over, and nothing is destroyed."""
    renamed_from: Name | None = None
    """Its old key: with the next apply its resources get new addresses in Terraform, and keep their names in AWS. Once
    applied, write aws_name in its place."""
    aws_name: Name | None = None
    """What AWS knows it by, its host name included. Default: the key; with renamed_from, the old key."""


class Service(ServiceKeys):
    """A service of one deployment, with nothing left open: every timer is known. One of its versions is one too, with
    all that differs in it."""

    name: str
    """Its key in the catalog, by which Terraform and messages know it; of a version, with the version's name behind
    it: `llm_next`."""
    aws_name: str
    """By which AWS knows it, for good: like `name`, but that no renaming of the key changes it."""
    version: str | None = None
    weight: int = 100
    match: Match | None = None
    granted: tuple[Statement, ...] = ()
    """What `access` opens, as statements of its task role."""
    timeout: DurationOrNone
    idle_timeout: DurationOrNone
    stop_timeout: Duration

    @property
    def key(self) -> str:
        """Its key in the catalog, the same for all its versions: by it callers know it."""
        return self.name if self.version is None else self.name.partition("_")[0]

    @property
    def aws_key(self) -> str:
        """Its `aws_name`, the same for all its versions."""
        return self.aws_name if self.version is None else self.aws_name.partition("_")[0]

    @property
    def title(self) -> str:
        """What it is called in a message."""
        return f"version {self.version} of {self.key}" if self.version else self.name

    @property
    def on_fargate(self) -> bool:
        return self.capacity in FARGATE

    @property
    def is_tcp(self) -> bool:
        return self.protocol == "tcp"

    @property
    def first_tasks(self) -> int:
        """How many tasks it begins with."""
        return self.scale.min if self.scale else self.replicas

    @property
    def fewest_tasks(self) -> int:
        """How many tasks it has at least, at any time."""
        return self.scale.fewest if self.scale else self.replicas

    @property
    def most_tasks(self) -> int:
        """How many tasks it has at most, at any time."""
        return self.scale.most if self.scale else self.replicas
