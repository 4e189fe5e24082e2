"""What App Mesh's proxies cannot carry as TCP, which they tell apart by its port and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.meshes.app_mesh.egress import AWS_APIS, SERVER_SPEAKS_FIRST, bypasses_proxy, proxied_externals
from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.provenance import Provenance


def _called_over_tcp(deployment: Deployment) -> Iterator[tuple[Service, int]]:
    for service in deployment.services.values():
        if service.is_tcp and service.port is not None and deployment.callers_of(service.name):
            yield service, service.port


def _tcp_destinations(deployment: Deployment) -> Iterator[tuple[int, Path]]:
    for service in deployment.services.values():
        if service.is_tcp and service.port is not None:
            yield service.port, ("services", service.name, "port")
    for name, external in proxied_externals(deployment).items():
        if external.protocol == "tcp":
            yield external.port, ("external", name, "port")


def tcp_port_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A proxy tells TCP destinations apart by their port alone (App Mesh User Guide, "Connectivity
    troubleshooting")."""
    seen: dict[int, Path] = {}
    for port, place in _tcp_destinations(deployment):
        other = seen.setdefault(port, place)
        if other != place:
            yield Finding(
                place=place,
                message=f"App Mesh knows tcp destinations by their port only, and {port} is that of "
                f"{other[0]}.{other[1]} too ({written.location(*other)}); write another port for one of them",
            )


def tcp_port_of_another_callee(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What a caller's proxy knows as TCP on a port takes in all that the caller sends there (the same)."""
    for service in deployment.services.values():
        callees: dict[str, tuple[str, int, bool]] = {
            callee.name: ("services", callee.port, callee.is_tcp)
            for callee in deployment.callees_of(service)
            if callee.port is not None
        }
        for name, external in deployment.externals_of(service).items():
            if not bypasses_proxy(external):
                callees[name] = ("external", external.port, external.protocol == "tcp")
        over_tcp = {port: (table, name) for name, (table, port, is_tcp) in sorted(callees.items()) if is_tcp}
        for name, (table, port, is_tcp) in sorted(callees.items()):
            if is_tcp or port not in over_tcp:
                continue
            other: Path = over_tcp[port]
            yield Finding(
                place=("services", service.name, "calls", service.calls.index(name)),
                message=f"{name} has the port of {other[1]}, {port}, which speaks tcp "
                f"({written.location(*other, 'port')}) and would be sent the calls of {service.name} to both; write "
                f"another port for {table}.{name}, or for {other[0]}.{other[1]}",
            )


def server_speaks_first(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A proxy waits for the client's first bytes, and such a client for the server's (App Mesh User Guide,
    "Connectivity troubleshooting": never a backend, which a callee always is)."""
    for service, port in _called_over_tcp(deployment):
        if port in SERVER_SPEAKS_FIRST:
            yield Finding(
                place=("services", service.name, "port"),
                message=f"on {port} servers speak first, and behind App Mesh's proxies callers then wait forever, on "
                f'any port; run it outside this catalog and call it as [external.{service.name}] with protocol = "tcp",'
                " or, if its clients speak first, let it listen on another port",
            )


def takes_in_calls_to_aws(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What a caller's proxy knows as TCP on 443 takes in the caller's calls to AWS (aws/aws-app-mesh-roadmap issues 195
    and 82)."""
    for service, port in _called_over_tcp(deployment):
        if port == AWS_APIS:
            yield Finding(
                place=("services", service.name, "port"),
                message=f"over tcp on {port}, it would be sent its callers' calls to AWS too; let it listen on another",
            )
