"""Rules about hosts and ports, by which App Mesh's proxies distinguish destinations, and about TCP through them."""

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
"""Ports that bypass the proxy (ECS API reference, ProxyConfiguration, EgressIgnoredPorts)."""


@rule(Deployment)
def duplicate_host(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The name of a virtual service is unique in its mesh (App Mesh API reference, CreateVirtualService)."""
    seen: dict[str, str] = {}
    for name, external in proxied_externals(deployment).items():
        other = seen.setdefault(external.host.lower(), name)
        if other != name:
            there = at("external", other, "host").location
            yield at("external", name, "host").error(
                f'"{external.host}" is already the host of external.{other} ({there}), and App Mesh allows each host '
                f"only once. Call external.{other}, or use another name for the host."
            )


@rule(Service)
def too_many_ignored_ports(service: Service, at: Place) -> Iterator[Finding]:
    """ECS allows at most 15 ports that aren't redirected (ECS API reference, ProxyConfiguration)."""
    ports = ignored_ports(at.deployment, service)
    if len(ports) > _IGNORED_PORTS:
        listed = ", ".join(str(port) for port in ports)
        yield at("calls").error(
            f"these calls bypass the proxy on {len(ports)} ports ({listed}), but ECS allows at most {_IGNORED_PORTS}. "
            "Split the service, or let externals share ports."
        )


@rule(Service)
def callee_on_ignored_port(service: Service, at: Place) -> Iterator[Finding]:
    """A port is redirected or bypasses the proxy for all destinations (ECS API reference, ProxyConfiguration)."""
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
                f"{name} uses port {port} like external.{bypassed} ({where}), and all traffic to that port "
                f"bypasses the proxy. Use another port for {table}.{name}."
            )


@rule(Deployment)
def port_never_redirected(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Traffic that bypasses the proxy has neither its routes nor its certificates (ECS API reference,
    ProxyConfiguration: port 22 isn't redirected). `server_speaks_first` covers SSH itself."""
    for service in deployment.services.values():
        if service.port in ALWAYS_IGNORED and not service.is_tcp and deployment.callers_of(service.name):
            message = f"calls to port {service.port} always bypass App Mesh's proxies. Use another port."
            yield at("services", service.name, "port").error(message)
    for name, external in proxied_externals(deployment).items():
        if external.port in ALWAYS_IGNORED:
            yield at("external", name, "port").error(
                f'calls to port {external.port} always bypass App Mesh\'s proxies. Write protocol = "tcp", which '
                "doesn't need a proxy on this port, or use another port."
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
    """A proxy distinguishes TCP destinations only by their port (App Mesh User Guide, "Connectivity
    troubleshooting")."""
    seen: dict[int, Place] = {}
    for port, place in _tcp_destinations(deployment, at):
        other = seen.setdefault(port, place)
        if other is not place:
            yield place.error(
                f"{port} is also the port of {other.path[0]}.{other.path[1]} ({other.location}), and App Mesh "
                "distinguishes tcp destinations only by port. Use another port for one of them."
            )


@rule(Service)
def tcp_port_of_another_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A TCP destination on a port receives all traffic that the caller sends to that port (App Mesh User Guide,
    "Connectivity troubleshooting")."""
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
            f"{name} uses port {port} like {its_name}, which uses tcp ({there}): the proxy would send the calls of "
            f"{service.name} to both to {its_name}. Use another port for {table}.{name} or {its_table}.{its_name}."
        )


def _is_called_over_tcp(service: Service, at: Place) -> bool:
    return service.is_tcp and service.port is not None and bool(at.deployment.callers_of(service.name))


@rule(Service)
def server_speaks_first(service: Service, at: Place) -> Iterator[Finding]:
    """A proxy waits for the client's first bytes, and such a client waits for the server's (App Mesh User Guide,
    "Connectivity troubleshooting": such a server can't be a backend, and every callee is one)."""
    port = service.port
    if _is_called_over_tcp(service, at) and port in SERVER_SPEAKS_FIRST:
        yield at("port").error(
            f"servers on port {port} usually send the first bytes, and callers of such a server wait forever behind "
            "App Mesh's proxies, on any port. Run it outside this catalog and call it as "
            f'[external.{service.name}] with protocol = "tcp", or, if its clients send first, use another port.'
        )


@rule(Service)
def tcp_on_aws_api_port(service: Service, at: Place) -> Iterator[Finding]:
    """A TCP destination on 443 receives the caller's calls to AWS (aws/aws-app-mesh-roadmap issues 195 and 82)."""
    port = service.port
    if _is_called_over_tcp(service, at) and port == AWS_APIS:
        yield at("port").error(
            f"over tcp on port {port}, it would also receive its callers' calls to AWS. Use another port."
        )
