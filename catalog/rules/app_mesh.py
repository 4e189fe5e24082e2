"""What App Mesh demands of a catalog."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.egress import bypasses_proxy, ignored_ports, proxied_externals
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.rules.written import Written

_PROXY_PORTS = {
    9901: "administration",
    9902: "agent",
    15000: "way in",
    15001: "way out",
}
"""Ports that Envoy and its agent listen on (App Mesh User Guide, "Envoy configuration variables" and "Getting started
with App Mesh and Amazon ECS")."""
_PROXY_USER = "1337"
"""Traffic of this user is not redirected (the same, `IgnoredUID`)."""
_IGNORED_PORTS = 15
"""ECS API reference, ProxyConfiguration, EgressIgnoredPorts."""
_COMMON_NAME = 64
"""Characters of a certificate's first domain name (ACM API reference, RequestCertificate.DomainName)."""


def ended(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """AWS has ended App Mesh (AWS Containers Blog, "Migrating from AWS App Mesh to Amazon ECS Service Connect")."""
    yield Finding(
        place=("mesh", "kind"),
        message="AWS ended App Mesh on 2026-09-30, so that applying this to a real account is expected to fail; "
        'this catalog will also take "service-connect", "vpc-lattice" or "none" here, not supported yet',
        level="warning",
    )


def tls_without_authority(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Proxies get their certificates from a private CA (App Mesh User Guide, "Transport Layer Security")."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is None:
        message = 'App Mesh needs a private CA; write tls = { authority = "arn:aws:acm-pca:…" }'
        yield Finding(place=("mesh", "tls"), message=message)


def authority_elsewhere(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A certificate is issued in the region of its CA (App Mesh User Guide, "TLS": same region as the mesh)."""
    tls = deployment.catalog.mesh.tls
    region = tls.authority.split(":")[3] if tls and tls.authority else deployment.region
    if region != deployment.region:
        yield Finding(
            place=("mesh", "tls", "authority"),
            message=f'lies in "{region}", the mesh in {deployment.region}; write the ARN of a CA there',
            about=(("catalog", "region"),),
        )


def name_too_long_for_certificate(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A certificate's domain name has at most 64 characters (ACM API reference, RequestCertificate.DomainName)."""
    tls = deployment.catalog.mesh.tls
    for service in deployment.services.values():
        host = f"{service.name}.{deployment.namespace}"
        if tls is not None and tls.authority and service.port is not None and len(host) > _COMMON_NAME:
            yield Finding(
                place=("services", service.name),
                message=f'"{host}" has {len(host)} characters, a certificate takes {_COMMON_NAME}; shorten the '
                "service's name, or discovery.namespace",
                about=(("discovery", "namespace"), ("mesh", "tls")),
            )


def port_of_proxy(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """The containers of a task share its ports."""
    for service in deployment.services.values():
        if service.port in _PROXY_PORTS:
            yield Finding(
                place=("services", service.name, "port"),
                message=f"{service.port} is taken by the proxy in the same task ({_PROXY_PORTS[service.port]}); "
                "let the service listen on another",
            )


def user_of_proxy(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """What the proxy's user sends goes past the proxy (ECS API reference, ProxyConfiguration, IgnoredUID)."""
    for service in deployment.services.values():
        if service.user is not None and service.user.partition(":")[0] == _PROXY_USER:
            message = f'"{_PROXY_USER}" is the proxy\'s own user, whose traffic goes past it; write another'
            yield Finding(place=("services", service.name, "user"), message=message)


def _tcp_destinations(deployment: Deployment) -> Iterator[tuple[int, Path]]:
    for service in deployment.services.values():
        if service.is_tcp and service.port is not None:
            yield service.port, ("services", service.name, "port")
    for name, external in proxied_externals(deployment).items():
        if external.protocol == "tcp":
            yield external.port, ("external", name, "port")


def tcp_port_twice(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A proxy tells TCP destinations apart by their port alone (App Mesh User Guide, "Connectivity
    troubleshooting")."""
    seen: dict[int, Path] = {}
    for port, place in _tcp_destinations(deployment):
        other = seen.setdefault(port, place)
        if other != place:
            yield Finding(
                place=place,
                message=f"App Mesh knows tcp destinations by their port only, and {port} is that of "
                f"{other[0]}.{other[1]} too ({written.where(*other)}); write another port for one of them",
                about=(other, (*other[:2], "protocol"), (*place[:2], "protocol")),
            )


def host_twice(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A mesh has one virtual service of a name (App Mesh API reference, CreateVirtualService)."""
    seen: dict[str, Path] = {}
    for name, external in proxied_externals(deployment).items():
        place: Path = ("external", name, "host")
        other = seen.setdefault(external.host.lower(), place)
        if other != place:
            yield Finding(
                place=place,
                message=f'"{external.host}" is already external.{other[1]} ({written.where(*other)}), App Mesh knows a '
                "host once; call that one, or write another name of the host",
                about=(other, (*other[:2], "protocol"), (*place[:2], "protocol")),
            )


def too_many_ports_past_the_proxy(deployment: Deployment, written: Written) -> Iterator[Finding]:
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


def callee_behind_an_ignored_port(deployment: Deployment, written: Written) -> Iterator[Finding]:
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
                where = written.where("external", bypassed)
                yield Finding(
                    place=("services", service.name, "calls", service.calls.index(name)),
                    message=f"{name} has the port of external.{bypassed} ({where}), {port}, where all goes past the "
                    f"proxy; write another port for {table}.{name}",
                    about=((table, name, "port"), ("external", bypassed)),
                )
