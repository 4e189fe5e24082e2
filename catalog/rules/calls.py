"""Calls between services, their protocols and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from catalog.diagnostics import Finding
from catalog.frame import Place, containers_of
from catalog.meshes import mesh_of
from catalog.model import Deployment, External, Service
from catalog.reading import references
from catalog.rules import rule

_POOL_LIMITS = {
    "http": ("connections", "pending"),
    "http2": ("requests",),
    "grpc": ("requests",),
    "tcp": ("connections",),
}
"""The limits that each protocol supports (mesh API reference, connection pools)."""
_OF_CALLS = {
    "pool": "limits concurrent requests of callers",
    "outlier": "sets when callers eject one of its tasks",
    "retries": "sets which requests callers retry",
    "idle_timeout": "sets the idle timeout of callers' connections",
}


@dataclass(frozen=True, kw_only=True)
class Server:
    """A kind of server that doesn't use HTTP."""

    title: str
    scheme: str | None
    """Scheme of its URLs; None if it has none that most clients read."""
    port: int
    words: frozenset[str]
    """Names of its images, and schemes."""


def _server(title: str, scheme: str | None, port: int, words: str) -> Server:
    return Server(title=title, scheme=scheme, port=port, words=frozenset(words.split()))


SERVERS = (
    _server("PostgreSQL", "postgresql", 5432, "postgres postgresql postgis pgvector timescaledb pgbouncer"),
    _server("MySQL", "mysql", 3306, "mysql mysql-server mariadb percona"),
    _server("Redis", "redis", 6379, "redis rediss redis-stack redis-stack-server valkey keydb dragonfly"),
    _server("MongoDB", "mongodb", 27017, "mongo mongodb"),
    _server("RabbitMQ", "amqp", 5672, "amqp rabbitmq"),
    _server("RabbitMQ", "amqps", 5671, "amqps"),
    _server("Kafka", None, 9092, "kafka cp-kafka redpanda"),
    _server("NATS", "nats", 4222, "nats"),
    _server("Memcached", None, 11211, "memcached"),
    _server("SQL Server", "sqlserver", 1433, "sqlserver mssql"),
    _server("Oracle Database", None, 1521, "oracle"),
    _server("ZooKeeper", None, 2181, "zookeeper"),
    _server("Cassandra", None, 9042, "cassandra scylla"),
)
BY_PORT = {server.port: server for server in SERVERS}
_BY_WORD = {word: server for server in SERVERS for word in server.words}
_HTTP_PORTS = (80, 443, 8000, 8001, 8080, 8222, 8443, 15672, 15692)
"""Ports of web interfaces and metrics that these servers have too."""
_CONNECTS = re.compile(
    # Only where a word begins: otherwise a long string takes quadratic time.
    r"(?<![A-Za-z0-9.-])(?P<scheme>[A-Za-z][A-Za-z0-9]*)(?:[+][A-Za-z0-9]+)?://(?:[^\s/@]*@)?\{(?P<name>[a-z0-9-]+)\.host\}"
)


def connection_to(name: str, deployment: Deployment, at: Place) -> tuple[Server, str] | None:
    """The kind of server for which a caller has a URL with a callee's host, with its scheme; and the fact to report."""
    for caller in deployment.callers_of(name):
        written = at.catalog("services", caller.name)
        for container, place in containers_of(deployment.catalog.services[caller.name], written):
            for variable, value in container.environment.items():
                for match in _CONNECTS.finditer(value):
                    server = _BY_WORD.get(match["scheme"].lower())
                    if server is not None and match["name"] == name:
                        where = place("environment", variable).location
                        used = replace(server, scheme=match["scheme"].lower())
                        return used, f'{caller.name} connects with "{match["scheme"]}://" ({where})'
    return None


@rule(Service)
def server_without_http(service: Service, at: Place) -> Iterator[Finding]:
    """Proxies and load balancers parse HTTP on a port whose protocol is HTTP, and refuse everything else (ECS API
    reference, PortMapping.appProtocol)."""
    if service.port is None or service.is_tcp:
        return
    explicit = at("protocol").is_set
    image = re.split(r"[:@]", service.image.rpartition("/")[2])[0].lower()
    looks_like_http = explicit or service.public is not None or at("health", "path").is_set
    if found := connection_to(service.name, at.deployment, at):
        fact, confirm = f"{found[1]}, and {found[0].title} doesn't use HTTP", ""
    elif image in _BY_WORD and service.port not in _HTTP_PORTS:
        fact, confirm = f'the image "{image}" has {_BY_WORD[image].title}, which doesn\'t use HTTP', ""
    elif service.port in BY_PORT and not looks_like_http:
        fact = f"{service.port} is the port of {BY_PORT[service.port].title}, which doesn't use HTTP"
        confirm = f', or protocol = "{service.protocol}" to confirm'
    else:
        return
    remove = ", and remove public" if service.public is not None else ""
    yield at("port").warning(f'{fact}. {"Write" if explicit else "Add"} protocol = "tcp"{confirm}{remove}.')


@rule(Service)
def unknown_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A callee is a service or an external of this catalog."""
    services, external = at.deployment.services, at.deployment.catalog.external
    for index, name in enumerate(service.calls):
        if name not in services and name not in external:
            message = references.unknown_callee(
                name,
                caller=service.name,
                calls=service.calls,
                known=[*services, *external],
                renamed={old: new for new, old in at.deployment.renamed.items()},
                provenance=at.provenance,
            )
            yield at("calls", index).error(message)


@rule(Service)
def callee_without_port(service: Service, at: Place) -> Iterator[Finding]:
    """A callee requires a port: without one it has no address (mesh user guide, node listeners)."""
    for index, name in enumerate(service.calls):
        callee = at.deployment.services.get(name)
        if callee is not None and callee.port is None:
            yield at("calls", index).error(f'"{name}" has no port. Add port to services.{name}, or remove the call.')


@rule(Service)
def self_call(service: Service, at: Place) -> Iterator[Finding]:
    """A task can reach its own containers as localhost (ECS developer guide, "awsvpc network mode")."""
    if service.name in service.calls and service.port is not None:
        index = service.calls.index(service.name)
        yield at("calls", index).notice(
            f"{service.name} calls itself, so its tasks may reach each other. Remove it if a task calls only itself: "
            f"that works with localhost:{service.port}."
        )


@rule(Service)
def duplicate_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A mesh stores a duplicate only once (its roadmap, issue 170), and Terraform would plan the other one forever."""
    for index, name in enumerate(service.calls):
        if name in service.calls[:index]:
            yield at("calls", index).error(f'"{name}" is listed twice. Remove one.')


@rule(External)
def external_named_like_service(external: External, at: Place) -> Iterator[Finding]:
    """`calls` and placeholders would be ambiguous if a service and an external had the same name."""
    if at.name in at.deployment.services:
        there = at.catalog("services", at.name).location
        yield at.error(f'"{at.name}" is also a service ({there}). Rename one of them.')


@rule(External)
def uncalled_external(external: External, at: Place) -> Iterator[Finding]:
    """An external has no effect until a service calls it."""
    if not at.deployment.callers_of(at.name) and at.name not in at.deployment.services:
        yield at.notice(f'no service calls it. Add "{at.name}" to calls of a service, or remove it.')


@rule(Service)
def pool_limit_of_another_protocol(service: Service, at: Place) -> Iterator[Finding]:
    """Each protocol supports different limits (mesh API reference, connection pools)."""
    place = at("pool")
    fitting = _POOL_LIMITS[service.protocol]
    for key in ("connections", "pending", "requests"):
        if key in fitting or service.pool is None or getattr(service.pool, key) is None:
            continue
        if place(key).is_set_here:
            message = f'isn\'t supported for protocol = "{service.protocol}". Use {" and ".join(fitting)}.'
            yield place(key).error(message)
        else:
            message = f'has no effect on {service.name}, which has protocol = "{service.protocol}"'
            yield place(key).notice(message)


@rule(Service)
def pool_without_limit(service: Service, at: Place) -> Iterator[Finding]:
    """A pool requires its main limit (mesh API reference: maxConnections and maxRequests are required)."""
    place = at("pool")
    if service.pool is None or not place.is_set_here:
        return
    main, *others = _POOL_LIMITS[service.protocol]
    foreign = any(getattr(service.pool, key) is not None for key in ("connections", "pending", "requests"))
    foreign = foreign and not any(getattr(service.pool, key) is not None for key in (main, *others))
    if getattr(service.pool, main) is None and not foreign:
        message = f"has no limit. Add {main} = 100."
        if others and getattr(service.pool, others[0]) is not None:
            message = f"{others[0]} requires {main}. Add {main} = 100."
        yield place.error(message)


@rule(Service)
def zero_outlier_interval(service: Service, at: Place) -> Iterator[Finding]:
    """The times of outlier detection are greater than zero (proxies: outlier detection intervals)."""
    for key in ("interval", "eject") if service.outlier is not None else ():
        if getattr(service.outlier, key) == 0:
            yield at("outlier", key).error('must be at least 1s. Write "1s" or more.')


@rule(Service)
def call_settings_without_port(service: Service, at: Place) -> Iterator[Finding]:
    """Settings for callers have no effect on a service without a port."""
    for key in ("protocol", "pool", "outlier", "retries", "idle_timeout") if service.port is None else ():
        if at(key).is_set_here:
            yield at(key).notice(f"has no effect, as {service.name} has no port. Add port, or remove {key}.")


@rule(Service)
def call_settings_without_caller(service: Service, at: Place) -> Iterator[Finding]:
    """Settings for callers have no effect on a service without callers. Load balancers use the idle timeout too, and a
    mesh's gateway is a caller. Other rules report settings that the mesh doesn't support."""
    if service.port is None or at.deployment.callers_of(service.name) or _through_gateway(at.deployment, service):
        return
    mesh = mesh_of(at.deployment)
    for key, what in _OF_CALLS.items():
        applies = {"idle_timeout": service.public is None, "retries": service.retries.attempts > 0}.get(key, True)
        if (
            mesh.verdict(key, deployment=at.deployment).supported
            or not applies
            or not at(key).is_set_here
            or getattr(service, key) is None
        ):
            continue
        yield at(key).notice(
            f"{what}, and has no effect, because no service calls {service.name}. "
            f'Remove it, or add "{service.name}" to calls.'
        )


def _through_gateway(deployment: Deployment, service: Service) -> bool:
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    return ingress is not None and ingress.gateway
