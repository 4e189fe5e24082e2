"""Hosts by which App Mesh's proxies tell destinations apart, and ports that go past them."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.frame import Place, Rules
from catalog.meshes.app_mesh.egress import ALWAYS_IGNORED, bypasses_proxy, ignored_ports, proxied_externals
from catalog.model import Deployment, Service
from catalog.problems import Finding

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
