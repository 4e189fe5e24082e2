"""Services: the keys that concern calls, versions with their matches, and the partial keys of defaults and profiles."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from catalog.model.ingress import Sticky
from catalog.model.types import (
    LAST_PRIORITY,
    Duration,
    DurationOrNone,
    Host,
    Name,
    Port,
    Scheme,
    StackName,
    Table,
    matching,
    table_or_true,
)
from catalog.model.workload import Workload, WorkloadKeys


class Match(Table):
    """Requests that a version gets whatever its weight: those that meet all that is said."""

    path: Annotated[
        str, matching(r"/[A-Za-z0-9_.~$@:+&/-]*", "a beginning of a path", 'write one like "/beta", without a wildcard')
    ] = "/"
    """How the path begins; with grpc, "/package.Service" or "/package.Service/Method"."""
    headers: dict[
        Annotated[
            str, matching(r"[A-Za-z0-9!#$&'+.^_`|~-]{1,40}", "the name of a header", 'write one like "x-version"')
        ],
        Annotated[
            str, matching(r"[!-~]([ -~]{0,126}[!-~])?", "a header's value", "write 1 to 128 characters of ASCII")
        ],
    ] = {}
    """Headers and their exact values; with grpc, metadata."""
    priority: Annotated[int, Field(ge=1, le=100)] | None = None
    """Which of several matches is tried first, 1 to 100, where the computed one collides."""


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
    scheme: Scheme | None = None
    """Scheme of the URL that callers get, such as "redis" or "postgresql". Default: by protocol. Callers of a tcp
    service get NAME_URL only if it is set."""
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
    sign_requests: bool = False
    """It signs its requests to other services (SigV4), as `mesh.auth = "iam"` demands of callers."""
    tags: dict[str, str] = {}
    """Tags on everything of this service, its tasks included."""
    versions: tuple[Version, ...] = ()
    """Other versions that run beside it, each with its share of the requests."""
    stack: StackName | None = None
    """The Terraform state it lives in, where that is one of its own beside the base: see docs/scale.md."""
    move_from_stack: StackName | None = None
    """The state that it comes from, another stack or "base": Terraform hands it over, and nothing is destroyed."""
    renamed_from: Name | None = None
    """Its old key: with the next apply its resources get new addresses in Terraform, and keep their names in AWS. Once
    applied, write aws_name in its place."""
    aws_name: Name | None = None
    """What AWS knows it by, its host name included. Default: the key; with renamed_from, the old key."""


class Service(Workload, ServiceKeys):
    """A service of one deployment, with nothing left open: every timer is known. One of its versions is one too, with
    all that differs in it."""

    weight: int = 100
    """Percentage of the service's requests that it gets."""
    match: Match | None = None
    """Requests that a version gets whatever its weight."""
    timeout: float
    idle_timeout: float

    @property
    def is_tcp(self) -> bool:
        return self.protocol == "tcp"


class PartialServiceKeys(ServiceKeys):
    """Any service keys."""

    image: str = ""
    """Container image, with a tag or digest."""
