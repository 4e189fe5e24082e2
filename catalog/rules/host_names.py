"""Host names in texts that no task can resolve or reach."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, listed, toml_value
from catalog.frame import Place, containers_of
from catalog.meshes.hops import address
from catalog.model import Deployment, Service, Workload
from catalog.reading.interpolation import addresses_in
from catalog.rules import rule
from catalog.rules.calls import BY_PORT, Server


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
    """Names of services and externals that a text has as hosts: the name, the text to replace, and what to write."""
    services, known = at.deployment.services, _callees(at)
    for match in _URL.finditer(text):
        name = match["host"]
        if name in known:
            plain = name in services and match["scheme"].lower() == "http" and not match["user"]
            old = match[0] if plain else match[0].rpartition("@")[2].rpartition("/")[2]
            yield name, old, f"{{{name}.url}}" if plain else f"{{{name}.host}}:{{{name}.port}}"
    for match in _HOST_PORT.finditer(text):
        name, port = match["host"], int(match["port"])
        # Two digits may be the tag of an image.
        own = services[name].port if name in services else None
        if name in known and (port >= 1000 or port == own):
            yield name, match[0], f"{{{name}.host}}:{{{name}.port}}"


def _callees(at: Place) -> set[str]:
    """The names of services, and of externals whose name isn't their host too."""
    external = at.deployment.catalog.external
    return {*at.deployment.services, *(name for name, each in external.items() if each.host != name)}


@rule(Workload)
def short_host_name(workload: Workload, at: Place) -> Iterator[Finding]:
    """Docker Compose gives services their names as hosts; ECS and Cloud Map don't (ECS developer guide, "Service
    discovery"). No message repeats a password in a URL."""
    own, services = at.service, _callees(at)
    for container, place in containers_of(workload, at):
        for name, value in container.environment.items():
            found = list(_short_names(value, at))
            if _HOST_VARIABLE.fullmatch(name):
                words = [word.strip() for word in value.split(",")]
                found += [(word, word, f"{{{word}.host}}") for word in words if word in services and word != own.name]
            for host, old, new in found[:1]:
                fix = f'Write "{new}" instead of "{old}"'
                yield place("environment", name).notice(_short_name(own, host, fix, at=at))
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
            yield place.notice(_short_name(own, host, fix, at=at))


def _short_name(service: Service, host: str, fix: str, *, at: Place) -> str:
    what = "a service" if host in at.deployment.services else "an external"
    fact = f'"{host}" is the name of {what}, and no host has this name.'
    if host == service.name:
        return f'{fact} Write "localhost" for the task\'s own containers.'
    return f"{fact} {fix}.{'' if host in service.calls else _calls(service, host)}"


def _calls(service: Service, name: str) -> str:
    return f" Set calls = {toml_value((*service.calls, name))}."


_OWN_MACHINE = re.compile(r"(?<![A-Za-z0-9.-])(?:localhost|127\.0\.0\.1):(?P<port>\d{2,5})(?!\d)")


@rule(Workload)
def callee_on_localhost(workload: Workload, at: Place) -> Iterator[Finding]:
    """In a task, localhost is the task itself (ECS developer guide, "awsvpc network mode"). Sidecars can have any
    port."""
    service, deployment = at.service, at.deployment
    if workload.sidecars:
        return
    ports = {each.port: each.name for each in deployment.callees_of(service)}
    ports |= {each.port: name for name, each in deployment.externals_of(service).items()}
    for name, value in workload.environment.items():
        for match in _OWN_MACHINE.finditer(value):
            port = int(match["port"])
            if port in ports and port != service.port:
                new = f"{{{ports[port]}.host}}:{{{ports[port]}.port}}"
                yield at("environment", name).notice(
                    f'"{match[0]}" is a port of the task itself, and {ports[port]} has port {port}. Write "{new}" '
                    f'instead of "{match[0]}".'
                )
                break


_KUBERNETES = re.compile(
    r"(?<![A-Za-z0-9.-])(?P<name>[a-z0-9-]+)(?:\.[a-z0-9-]+)?\.svc(?:\.cluster\.local)?(?![A-Za-z0-9.-])"
)


@rule(Workload)
def host_of_kubernetes(workload: Workload, at: Place) -> Iterator[Finding]:
    """Kubernetes makes these names (Kubernetes, "DNS for Services and Pods")."""
    for container, place in containers_of(workload, at):
        for name, value in container.environment.items():
            if match := _KUBERNETES.search(value):
                callee = match["name"]
                known = callee in at.deployment.services or callee in at.deployment.catalog.external
                fix = f'Write "{{{callee}.host}}" instead.' if known else "Write the placeholder of a callee."
                calls = "" if not known or callee in at.service.calls else _calls(at.service, callee)
                message = f'"{match[0]}" is a name of Kubernetes, which doesn\'t resolve here. {fix}{calls}'
                yield place("environment", name).notice(message)


@rule(Service)
def url_without_scheme(service: Service, at: Place) -> Iterator[Finding]:
    """A client of Redis or PostgreSQL refuses a URL that begins with tcp:// (redis-py, libpq)."""
    for container, place in containers_of(at.as_written, at):
        for name, value in container.environment.items():
            for placeholder in addresses_in(value):
                callee, _, part = placeholder.partition(".")
                server = _tcp_without_scheme(callee, at.deployment) if part == "url" else None
                if server is not None and server.scheme is not None:
                    table = "services" if callee in at.deployment.services else "external"
                    yield place("environment", name).notice(
                        f"{{{placeholder}}} begins with tcp://, because {table}.{callee} has no scheme, and "
                        f"{server.title} has another. Add scheme = {toml_value(server.scheme)} to {table}.{callee}."
                    )


def _tcp_without_scheme(name: str, deployment: Deployment) -> Server | None:
    """The kind of server that a callee over TCP without a scheme has, by its port."""
    callee = deployment.services.get(name) or deployment.catalog.external.get(name)
    if callee is None or callee.protocol != "tcp" or callee.scheme is not None or callee.port is None:
        return None
    return BY_PORT.get(callee.port)


_WITH_PARTS = re.compile(
    r"(?:(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^\s/?#@{}]*@)?)?"
    r"(?<![{$%])\{(?P<callee>[a-z][a-z0-9-]*)\.url\}(?P<port>:(?:\d+|\{(?P=callee)\.port\}))?"
)
"""The URL of a callee, with what a URL has already."""


@rule(Deployment)
def parts_of_url_twice(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """`{x.url}` has a scheme, and the port if it isn't the scheme's own."""
    for name, service in deployment.catalog.services.items():
        place = at("services", name)
        of_versions = ((each, place("versions", index)) for index, each in enumerate(service.versions))
        for workload, where in ((service, place), *of_versions):
            for container, beside in containers_of(workload, where):
                for variable, value in container.environment.items():
                    if (message := _twice(value, deployment)) is not None:
                        yield beside("environment", variable).warning(message)


def _twice(text: str, deployment: Deployment) -> str | None:
    for found in _WITH_PARTS.finditer(text):
        name, scheme, user = found["callee"], found["scheme"], found["user"]
        service = deployment.services.get(name)
        if not (scheme or found["port"]) or (service is None and name not in deployment.catalog.external):
            continue
        if service is not None and service.port is None:
            continue
        own, own_url = address(deployment, name).scheme, address(deployment, name).url
        has_port = bool(found["port"]) and own_url.count(":") > 1
        if not (scheme or has_port):
            continue
        what = listed([word for word, is_there in (("scheme", scheme), ("port", has_port)) if is_there])
        url, host = f"{{{name}.url}}", f"{{{name}.host}}:{{{name}.port}}"
        if user is not None:
            # No message repeats a password.
            old, new = f"{url}{found['port'] or ''}", host
        else:
            is_same = scheme is None or scheme.lower() == own or {scheme.lower(), own} == {"http", "https"}
            old, new = found[0], url if is_same else f"{scheme}://{host}"
        return f'{url} has its own {what}. Write "{new}" instead of "{old}".'
    return None
