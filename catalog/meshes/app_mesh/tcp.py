"""What App Mesh's proxies cannot carry as TCP, which they tell apart by its port and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.frame import Place, Rules
from catalog.meshes.app_mesh.egress import AWS_APIS, SERVER_SPEAKS_FIRST, bypasses_proxy, proxied_externals
from catalog.model import Deployment, Service
from catalog.problems import Finding

rule = Rules()


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
