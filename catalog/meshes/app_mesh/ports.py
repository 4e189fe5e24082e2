"""Rules about hosts and ports, by which App Mesh's proxies tell destinations apart, and about TCP through them."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.frame import Place, Rules
from catalog.meshes.app_mesh.envoy import (
    ALWAYS_IGNORED,
    AWS_APIS,
    SERVER_SPEAKS_FIRST,
    bypasses_proxy,
    ignored_ports,
    proxied_externals,
)
from catalog.model import Deployment, Service

rule = Rules()


_IGNORED_PORTS = 15
"""ECS API reference, ProxyConfiguration, EgressIgnoredPorts."""


@rule(Deployment)
def duplicate_host(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A mesh has one virtual service of a name (App Mesh API reference, CreateVirtualService)."""
    seen: dict[str, str] = {}
    for name, external in proxied_externals(deployment).items():
        other = seen.setdefault(external.host.lower(), name)
        if other != name:
            there = at("external", other, "host").location
            yield at("external", name, "host").error(
                f'"{external.host}" is already external.{other} ({there}), App Mesh knows a '
                "host once; call that one, or write another name of the host"
            )


@rule(Service)
def too_many_ignored_ports(service: Service, at: Place) -> Iterator[Finding]:
    """ECS takes 15 ports that are not redirected (ECS API reference, ProxyConfiguration)."""
    ports = ignored_ports(at.deployment, service)
    if len(ports) > _IGNORED_PORTS:
        listed = ", ".join(str(port) for port in ports)
        yield at("calls").error(
            f"its calls go past the proxy on {len(ports)} ports ({listed}), ECS takes {_IGNORED_PORTS}; "
            "split the service, or let externals share ports"
        )


@rule(Service)
def callee_on_ignored_port(service: Service, at: Place) -> Iterator[Finding]:
    """A port is redirected or it is not, whatever the destination (ECS API reference, ProxyConfiguration)."""
    past = {e.port: name for name, e in at.deployment.externals_of(service).items() if bypasses_proxy(e)}
    proxied = {callee.name: ("services", callee.port) for callee in at.deployment.callees_of(service)}
    for name, external in at.deployment.externals_of(service).items():
        if not bypasses_proxy(external):
            proxied[name] = ("external", external.port)
    for name, (table, port) in sorted(proxied.items()):
        if port in past:
            bypassed = past[port]
            where = at.catalog("external", bypassed).location
            yield at("calls", service.calls.index(name)).error(
                f"{name} has the port of external.{bypassed} ({where}), {port}, where all goes past the "
                f"proxy; write another port for {table}.{name}"
            )


@rule(Deployment)
def port_never_redirected(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """What goes past the proxy has neither its route nor its certificate (ECS API reference, ProxyConfiguration: port
    22 is not redirected). SSH itself is a matter of who speaks first."""
    for service in deployment.services.values():
        if service.port in ALWAYS_IGNORED and not service.is_tcp and deployment.callers_of(service.name):
            message = f"calls to {service.port} never pass App Mesh's proxies; let it listen on another"
            yield at("services", service.name, "port").error(message)
    for name, external in proxied_externals(deployment).items():
        if external.port in ALWAYS_IGNORED:
            yield at("external", name, "port").error(
                f'calls to {external.port} never pass App Mesh\'s proxies; write protocol = "tcp", which '
                "needs none there, or another port"
            )


def _tcp_destinations(deployment: Deployment, at: Place) -> Iterator[tuple[int, Place]]:
    for service in deployment.services.values():
        if service.is_tcp and service.port is not None:
            yield service.port, at("services", service.name, "port")
    for name, external in proxied_externals(deployment).items():
        if external.protocol == "tcp":
            yield external.port, at("external", name, "port")


@rule(Deployment)
def duplicate_tcp_port(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A proxy tells TCP destinations apart by their port alone (App Mesh User Guide, "Connectivity
    troubleshooting")."""
    seen: dict[int, Place] = {}
    for port, place in _tcp_destinations(deployment, at):
        other = seen.setdefault(port, place)
        if other is not place:
            yield place.error(
                f"App Mesh knows tcp destinations by their port only, and {port} is that of "
                f"{other.path[0]}.{other.path[1]} too ({other.location}); write another port for one of them"
            )


@rule(Service)
def tcp_port_of_another_callee(service: Service, at: Place) -> Iterator[Finding]:
    """What a caller's proxy knows as TCP on a port takes in all that the caller sends there (the same)."""
    callees: dict[str, tuple[str, int, bool]] = {
        callee.name: ("services", callee.port, callee.is_tcp)
        for callee in at.deployment.callees_of(service)
        if callee.port is not None
    }
    for name, external in at.deployment.externals_of(service).items():
        if not bypasses_proxy(external):
            callees[name] = ("external", external.port, external.protocol == "tcp")
    over_tcp = {port: (table, name) for name, (table, port, is_tcp) in sorted(callees.items()) if is_tcp}
    for name, (table, port, is_tcp) in sorted(callees.items()):
        if is_tcp or port not in over_tcp:
            continue
        its_table, its_name = over_tcp[port]
        there = at.catalog(its_table, its_name, "port").location
        yield at("calls", service.calls.index(name)).error(
            f"{name} has the port of {its_name}, {port}, which speaks tcp "
            f"({there}) and would be sent the calls of {service.name} to both; write "
            f"another port for {table}.{name}, or for {its_table}.{its_name}"
        )


def _is_called_over_tcp(service: Service, at: Place) -> bool:
    return service.is_tcp and service.port is not None and bool(at.deployment.callers_of(service.name))


@rule(Service)
def server_speaks_first(service: Service, at: Place) -> Iterator[Finding]:
    """A proxy waits for the client's first bytes, and such a client for the server's (App Mesh User Guide,
    "Connectivity troubleshooting": never a backend, which a callee always is)."""
    port = service.port
    if _is_called_over_tcp(service, at) and port in SERVER_SPEAKS_FIRST:
        yield at("port").error(
            f"on {port} servers speak first, and behind App Mesh's proxies callers then wait forever, on "
            f'any port; run it outside this catalog and call it as [external.{service.name}] with protocol = "tcp",'
            " or, if its clients speak first, let it listen on another port"
        )


@rule(Service)
def tcp_on_aws_api_port(service: Service, at: Place) -> Iterator[Finding]:
    """What a caller's proxy knows as TCP on 443 takes in the caller's calls to AWS (aws/aws-app-mesh-roadmap issues 195
    and 82)."""
    port = service.port
    if _is_called_over_tcp(service, at) and port == AWS_APIS:
        yield at("port").error(
            f"over tcp on {port}, it would be sent its callers' calls to AWS too; let it listen on another"
        )
