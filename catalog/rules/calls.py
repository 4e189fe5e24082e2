"""Calls between services, their settings, and host names in texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, toml_value
from catalog.frame import Place, containers_of
from catalog.meshes import mesh_of
from catalog.model import Deployment, External, Service, Workload
from catalog.reading import references
from catalog.reading.interpolation import addresses_in
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
    parity = mesh_of(at.deployment).parity
    for key, what in _OF_CALLS.items():
        applies = {"idle_timeout": service.public is None, "retries": service.retries.attempts > 0}.get(key, True)
        if parity[key].supported or not applies or not at(key).is_set_here or getattr(service, key) is None:
            continue
        yield at(key).notice(
            f"{what}, and has no effect, because no service calls {service.name}. "
            f'Remove it, or add "{service.name}" to calls.'
        )


def _through_gateway(deployment: Deployment, service: Service) -> bool:
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    return ingress is not None and ingress.gateway


def _texts(workload: Workload, at: Place) -> Iterator[tuple[str, Place]]:
    """The commands of a workload's containers."""
    for container, place in containers_of(workload, at):
        for index, text in enumerate(container.command or ()):
            yield text, place("command", index)
        for index, text in enumerate(container.entrypoint or ()):
            yield text, place("entrypoint", index)
        if container.health.command is not None:
            yield " ".join(container.health.command), place("health", "command")


@rule(Service)
def address_outside_environment(service: Service, at: Place) -> Iterator[Finding]:
    """Only `environment` and the options of a log router replace placeholders with addresses."""
    for text, place in _texts(service, at):
        for placeholder in addresses_in(text):
            callee = placeholder.partition(".")[0]
            if callee in at.deployment.services or callee in at.deployment.catalog.external:
                yield place.notice(
                    f"{{{placeholder}}} isn't replaced here. Set a variable to it in environment, and read "
                    "that variable in a shell."
                )


_URL = re.compile(
    # Only where a word begins: otherwise a long string takes quadratic time.
    r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<user>[^\s/?#@]*@)?(?P<host>[a-z][a-z0-9-]*)(?::\d+)?(?=[/?#\s\"',;]|$)",
    re.I,
)
_HOST_PORT = re.compile(r"(?:^|(?<=[\s,;=@\"'(]))(?P<host>[a-z][a-z0-9-]*):(?P<port>\d{2,5})(?=[/\s,;\"')]|$)", re.I)
_HOST_OPTION = re.compile(
    r"(?:^|(?<=\s))(?:--(?:[\w-]+-)?(?:host|hostname|server)|-h)[= ](?P<host>[a-z][a-z0-9-]*)(?=\s|$)", re.I
)
_HOST_VARIABLE = re.compile(
    r"(?:.*[_.-])?(?:HOST|HOSTS|HOSTNAME|ADDR|ADDRESS|SERVERS?|ENDPOINTS?|BROKERS?|UPSTREAM)", re.I
)


def _short_names(text: str, at: Place) -> Iterator[tuple[str, str, str]]:
    """Names of services that a text has as hosts: the name, the text to replace, and what to write."""
    services = at.deployment.services
    for match in _URL.finditer(text):
        name = match["host"]
        if name in services:
            plain = match["scheme"].lower() == "http" and not match["user"]
            old = match[0] if plain else match[0].rpartition("@")[2].rpartition("/")[2]
            yield name, old, f"{{{name}.url}}" if plain else f"{{{name}.host}}:{{{name}.port}}"
    for match in _HOST_PORT.finditer(text):
        name, port = match["host"], int(match["port"])
        # Two digits may be the tag of an image.
        if name in services and (port >= 1000 or port == services[name].port):
            yield name, match[0], f"{{{name}.host}}:{{{name}.port}}"


@rule(Workload)
def short_host_name(workload: Workload, at: Place) -> Iterator[Finding]:
    """Docker Compose gives services their names as hosts; ECS and Cloud Map don't (ECS developer guide, "Service
    discovery"). No message repeats a password in a URL."""
    own, services = at.service, at.deployment.services
    for container, place in containers_of(workload, at):
        for name, value in container.environment.items():
            found = list(_short_names(value, at))
            if _HOST_VARIABLE.fullmatch(name):
                words = [word.strip() for word in value.split(",")]
                found += [(word, word, f"{{{word}.host}}") for word in words if word in services and word != own.name]
            for host, old, new in found[:1]:
                yield place("environment", name).notice(_short_name(own, host, f'Write "{new}" instead of "{old}"'))
    for text, place in _texts(workload, at):
        found = list(_short_names(text, at))
        found += [
            (m["host"], "", "") for m in _HOST_OPTION.finditer(text) if m["host"] in services and m["host"] != own.name
        ]
        for host, _, _ in found[:1]:
            variable = f"{host.upper().replace('-', '_')}_HOST"
            # An argument with a space is a script; others reach the program unchanged.
            shell = "" if " " in text else ' in a command that begins with "sh", "-c"'
            fix = f'Set {variable} = "{{{host}.host}}" in environment, and write ${variable} instead of {host}{shell}'
            yield place.notice(_short_name(own, host, fix))


def _short_name(service: Service, host: str, fix: str) -> str:
    fact = f'"{host}" is the name of a service, and no host has this name.'
    if host == service.name:
        return f'{fact} Write "localhost" for the task\'s own containers.'
    calls = "" if host in service.calls else f" Set calls = {toml_value((*service.calls, host))}."
    return f"{fact} {fix}.{calls}"
