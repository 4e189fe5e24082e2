"""Host names in texts that no task can resolve or reach."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, toml_value
from catalog.frame import Place, containers_of
from catalog.model import Service, Workload
from catalog.reading.interpolation import addresses_in
from catalog.rules import rule


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
