"""Services: the keys that concern calls, versions with their matches, and the partial keys of defaults and profiles."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from catalog.diagnostics import toml_value
from catalog.model.ingress import Sticky
from catalog.model.types import (
    LAST_PRIORITY,
    NAME_PATTERN,
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
    wrong,
)
from catalog.model.workload import Workload, WorkloadKeys


class Match(Table):
    """Requests that a version receives regardless of its weight: those that meet all of these conditions."""

    path: Annotated[
        str, matching(r"/[A-Za-z0-9_.~$@:+&/-]*", "a beginning of a path", 'write one like "/beta", without a wildcard')
    ] = "/"
    """Path prefix; with grpc, "/package.Service" or "/package.Service/Method"."""
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
    """Order in which matches are tried, 1 to 100, lowest first. Set it if computed priorities collide."""


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
    """Public access to a service, through an ingress."""

    path: Annotated[
        str,
        matching(
            r"/|(/[A-Za-z0-9_.~$@:+&-]+)+",
            "a path prefix",
            'write one like "/api", with no wildcard and no / at its end',
        ),
    ] = "/"
    """Path prefix, matched by whole segments."""
    host: Host | None = None
    """Host name, if several host names share a load balancer."""
    ingress: Name | None = None
    """Name of the [ingress]. Default: the only one."""
    priority: Annotated[int, Field(ge=1, le=LAST_PRIORITY)] | None = None
    """Listener rule priority, 1 to 50000. Set it if computed priorities collide."""
    sticky: Sticky = None
    """Duration for which the load balancer's cookie keeps a browser on the same task, 1s to 7 days (168h), or false."""
    login: bool = True
    """Require the ingress's login. false allows requests without it."""


class Retries(Table):
    """Retries by a caller's proxy."""

    attempts: Annotated[int, Field(ge=0, le=10)] = 0
    """Number of retries of a failed request."""
    on: tuple[RetryEvent, ...] = ("connection-error",)
    """Failures to retry. Any other than connection-error can run a request twice."""
    per_try: DurationOrNone | None = None
    """Time limit until the response to one try starts. Default: timeout / attempts."""


class Pool(Table):
    """Limits on concurrent connections and requests to a service."""

    connections: Annotated[int, Field(ge=1)] | None = None
    """Maximum number of connections (http, tcp)."""
    pending: Annotated[int, Field(ge=1)] | None = None
    """Maximum number of requests that wait for a connection (http)."""
    requests: Annotated[int, Field(ge=1)] | None = None
    """Maximum number of concurrent requests (http2, grpc)."""


class Outlier(Table):
    """Outlier detection: temporary ejection of tasks that fail."""

    errors: Annotated[int, Field(ge=1)] = 5
    """Number of consecutive server errors that ejects a task."""
    interval: Duration = 10.0
    """Time between two evaluations."""
    eject: Duration = 30.0
    """Minimum time that a task stays ejected."""
    max_percent: Annotated[int, Field(ge=0, le=100)] = 50
    """Maximum percentage of the tasks that can be ejected concurrently."""


class Version(WorkloadKeys):
    """Additional version of a service, with its traffic weight and the keys that differ."""

    name: Annotated[Name, Field(max_length=12)]
    """Name of the version, at most 12 characters."""
    image: str = ""
    """Container image, with a tag or digest. Default: the service's."""
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    """Traffic weight, in percent of the service's requests; the service itself receives the rest. A version with 0 is
    deployed but receives only the requests of its `match`."""
    match: Match | None = None
    """Requests that the version receives regardless of its weight: { path, headers }."""


_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+]*)://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)"
    r"(?::(?P<port>\d{1,5}))?(?:[/?#].*)?"
)
_USUAL_PORTS = {"http": 80, "https": 443}


def _callee(value: object) -> object:
    """Reject an address in place of a name, with the [external] to write instead."""
    address = _ADDRESS.fullmatch(value) if isinstance(value, str) and not re.fullmatch(NAME_PATTERN, value) else None
    if address is None or not (re.search("[.:]", str(value))):
        return value
    host, scheme = address["host"], address["scheme"]
    if "." not in host:
        raise wrong("calls has names without ports and schemes. Write {name}.", name=toml_value(host))
    labels = [label.lower() for label in host.split(".")]
    if len(labels) == 2 and labels[0] in ("service", "services", "external", "externals"):
        raise wrong("calls has names alone. Write {name}.", name=toml_value(labels[1]))
    if len(labels) == 2 and labels[1] in ("url", "host", "port"):
        raise wrong(
            "calls has names, and the placeholder belongs in environment. Write {name}.", name=toml_value(labels[0])
        )
    name = labels[1] if labels[0] in ("api", "www") else labels[0]
    name = name if re.fullmatch(NAME_PATTERN, name) else "database"
    port = int(address["port"]) if address["port"] else _USUAL_PORTS.get(scheme or "https")
    fix = ""
    if port is None or port != 443:
        protocol = "http" if scheme == "http" else "https" if scheme == "https" else "tcp"
        fix = f", port = {port or 5432} and protocol = {toml_value(protocol)}"
    elif scheme is None and not address["port"]:
        fix = ", and its port and protocol if it isn't HTTPS"
    message = (
        "{host} is a host name, and calls has names. Write {name}, and add [external.{key}] with host = {host}{fix}."
    )
    raise wrong(message, host=toml_value(host), name=toml_value(name), key=name, fix=fix)


class ServiceKeys(WorkloadKeys):
    """Service settings. [defaults] and [profiles.NAME] have the same keys, none of them required."""

    profile: Name | None = None
    """Name of a [profiles] entry whose keys apply, or the built-in "inference"."""
    port: Port | None = None
    """Port that the container listens on. A service without one can only call others."""
    protocol: Protocol = "http"
    """Protocol of the port."""
    scheme: Scheme | None = None
    """Scheme of the URL that callers get, such as "redis" or "postgresql". Default: by protocol. Callers of a tcp
    service get NAME_URL only if it is set."""
    calls: tuple[Annotated[Name, BeforeValidator(_callee)], ...] = ()
    """Services and externals that the service can reach. It can't reach any others."""
    public: Annotated[Public | None, BeforeValidator(table_or_true, json_schema_input_type=bool | Public)] = None
    """Public access: true, or { path, host, ingress, priority, sticky, login }."""
    timeout: DurationOrNone | None = None
    """Time limit for a response, at every hop. Default: "15s", or "10m" with the profile inference; for a caller at
    least the longest timeout of its callees."""
    idle_timeout: DurationOrNone | None = None
    """Idle timeout of connections. Default: `timeout`; for tcp "1h"."""
    retries: Retries = Retries()
    """Retries by the proxies of the service's callers."""
    pool: Pool | None = None
    """Limits on concurrent connections and requests."""
    outlier: Outlier | None = None
    """Outlier detection: temporary ejection of tasks that fail."""
    sign_requests: bool = False
    """Declare that the service signs its requests to other services (SigV4), as `mesh.auth = "iam"` requires of
    callers."""
    tags: dict[str, str] = {}
    """Tags on all resources of the service, its tasks included."""
    versions: tuple[Version, ...] = ()
    """Additional versions of the service that run concurrently, each with its traffic weight."""
    stack: StackName | None = None
    """Terraform state of the service, if it isn't in the base state (docs/scale.md)."""
    move_from_stack: StackName | None = None
    """Previous state of the service, another stack or "base": Terraform moves the service between states without
    destroying anything."""
    renamed_from: Name | None = None
    """Previous key of the service: the next apply changes its resources' Terraform addresses and keeps their AWS names.
    After that apply, replace this key with `aws_name`."""
    aws_name: Name | None = None
    """Name of the service in AWS and in its host name. Default: the key, or the old key with `renamed_from`."""


class Service(Workload, ServiceKeys):
    """A service of one deployment with every setting and timer resolved. Each of its versions is a Service too."""

    weight: int = 100
    """Traffic weight, in percent of the service's requests."""
    match: Match | None = None
    """Requests that a version receives regardless of its weight."""
    timeout: float
    idle_timeout: float

    @property
    def is_tcp(self) -> bool:
        return self.protocol == "tcp"


class PartialServiceKeys(ServiceKeys):
    """Any of the service's keys."""

    image: str = ""
    """Container image, with a tag or digest."""
