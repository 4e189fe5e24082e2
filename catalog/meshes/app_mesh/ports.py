"""Hosts by which App Mesh's proxies tell destinations apart, and ports that go past them."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.meshes.app_mesh.egress import ALWAYS_IGNORED, bypasses_proxy, ignored_ports, proxied_externals
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_IGNORED_PORTS = 15
"""ECS API reference, ProxyConfiguration, EgressIgnoredPorts."""


def host_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A mesh has one virtual service of a name (App Mesh API reference, CreateVirtualService)."""
    seen: dict[str, Path] = {}
    for name, external in proxied_externals(deployment).items():
        place: Path = ("external", name, "host")
        other = seen.setdefault(external.host.lower(), place)
        if other != place:
            yield Finding(
                place=place,
                message=f'"{external.host}" is already external.{other[1]} ({written.location(*other)}), App Mesh knows a '
                "host once; call that one, or write another name of the host",
            )


def too_many_ports_past_the_proxy(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """ECS takes 15 ports that are not redirected (ECS API reference, ProxyConfiguration)."""
    for service in deployment.services.values():
        ports = ignored_ports(deployment, service)
        if len(ports) > _IGNORED_PORTS:
            listed = ", ".join(str(port) for port in ports)
            yield Finding(
                place=("services", service.name, "calls"),
                message=f"its calls go past the proxy on {len(ports)} ports ({listed}), ECS takes {_IGNORED_PORTS}; "
                "split the service, or let externals share ports",
            )


def callee_behind_an_ignored_port(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A port is redirected or it is not, whatever the destination (ECS API reference, ProxyConfiguration)."""
    for service in deployment.services.values():
        past = {e.port: name for name, e in deployment.externals_of(service).items() if bypasses_proxy(e)}
        proxied = {callee.name: ("services", callee.port) for callee in deployment.callees_of(service)}
        for name, external in deployment.externals_of(service).items():
            if not bypasses_proxy(external):
                proxied[name] = ("external", external.port)
        for name, (table, port) in sorted(proxied.items()):
            if port in past:
                bypassed = past[port]
                where = written.location("external", bypassed)
                yield Finding(
                    place=("services", service.name, "calls", service.calls.index(name)),
                    message=f"{name} has the port of external.{bypassed} ({where}), {port}, where all goes past the "
                    f"proxy; write another port for {table}.{name}",
                )


def port_never_redirected(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What goes past the proxy has neither its route nor its certificate (ECS API reference, ProxyConfiguration: port
    22 is not redirected). SSH itself is a matter of who speaks first."""
    for service in deployment.services.values():
        if service.port in ALWAYS_IGNORED and not service.is_tcp and deployment.callers_of(service.name):
            message = f"calls to {service.port} never pass App Mesh's proxies; let it listen on another"
            yield Finding(place=("services", service.name, "port"), message=message)
    for name, external in proxied_externals(deployment).items():
        if external.port in ALWAYS_IGNORED:
            yield Finding(
                place=("external", name, "port"),
                message=f'calls to {external.port} never pass App Mesh\'s proxies; write protocol = "tcp", which '
                "needs none there, or another port",
            )
