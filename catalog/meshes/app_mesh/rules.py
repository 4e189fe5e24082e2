"""What App Mesh demands of a catalog."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import aws_names, names
from catalog.meshes import private_ca
from catalog.meshes.app_mesh import envoy
from catalog.meshes.app_mesh.egress import bypasses_proxy, proxied_externals
from catalog.meshes.app_mesh.gateway import GATEWAY_RULES
from catalog.meshes.app_mesh.ports import (
    callee_behind_an_ignored_port,
    host_twice,
    port_never_redirected,
    too_many_ports_past_the_proxy,
)  # fmt: skip
from catalog.meshes.app_mesh.tcp import (
    server_speaks_first,
    takes_in_calls_to_aws,
    tcp_port_of_another_callee,
    tcp_port_twice,
)  # fmt: skip
from catalog.model import Deployment, Service
from catalog.model.network import KINDS
from catalog.problems import Finding, Path, listed, or_list
from catalog.written import Written

_PROXY_PORTS = {
    envoy.ADMIN_PORT: "administration",
    envoy.AGENT_PORT: "agent",
    envoy.INGRESS_PORT: "way in",
    envoy.EGRESS_PORT: "way out",
}
_COMMON_NAME = 64
"""Characters of a certificate's first domain name (ACM API reference, RequestCertificate.DomainName)."""


def ended(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """AWS has ended App Mesh (AWS Containers Blog, "Migrating from AWS App Mesh to Amazon ECS Service Connect")."""
    yield Finding(
        place=("mesh", "kind"),
        message="AWS ended App Mesh on 2026-09-30, so that applying this to a real account is expected to fail; "
        f"write {_successors()} here, and where it was applied, leaving too (docs/leaving-app-mesh.md)",
        level="warning",
    )


def _successors() -> str:
    return or_list([kind for kind in KINDS if kind != "app-mesh"])


def name_too_long_for_certificate(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A certificate's domain name has at most 64 characters (ACM API reference, RequestCertificate.DomainName)."""
    tls = deployment.catalog.mesh.tls
    for service in deployment.services.values():
        host = deployment.host_of(service.name)
        if tls is not None and tls.authority and service.port is not None and len(host) > _COMMON_NAME:
            yield Finding(
                place=aws_names.place(deployment, service),
                message=f'"{host}" has {len(host)} characters, a certificate takes {_COMMON_NAME}; shorten the '
                "service's name, or discovery.namespace",
                about=(("discovery", "namespace"), ("mesh", "tls")),
            )


def name_of_proxy(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Containers of a task have different names (ECS API reference, ContainerDefinition.name), and a service's bears
    its own."""
    for service in deployment.services.values():
        if service.aws_key == envoy.CONTAINER:
            message = f'"{envoy.CONTAINER}" is the name of the proxy in the same task; write another'
            yield Finding(place=aws_names.place(deployment, service), message=message)


def node_of_external(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An external is a node called `external_NAME`, and a version one called after its service and itself."""
    for name in proxied_externals(deployment):
        for service in deployment.services.values():
            for index, version in enumerate(deployment.versions.get(service.name, ())):
                if version.aws_name == names.version("external", name):
                    place: Path = ("services", service.name, "versions", index, "name")
                    yield Finding(
                        place=("external", name),
                        message=f'its virtual node would be "{version.aws_name}", like that of {version.title} '
                        f"({written.where(*place)}); write another name",
                        about=(place,),
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
        if service.user is not None and service.user.partition(":")[0] == envoy.USER:
            yield _past_the_proxy(("services", service.name, "user"))
        for name, sidecar in service.sidecars.items():
            if sidecar.user is not None and sidecar.user.partition(":")[0] == envoy.USER:
                yield _past_the_proxy(("services", service.name, "sidecars", name, "user"))


def _past_the_proxy(place: Path) -> Finding:
    message = f'"{envoy.USER}" is the proxy\'s own user, whose traffic goes past it; write another'
    return Finding(place=place, message=message)


def _has_backends(service: Service, *, deployment: Deployment) -> bool:
    externals = deployment.externals_of(service).values()
    return bool(deployment.callees_of(service)) or not all(bypasses_proxy(external) for external in externals)


def any_ends_at_the_first_call(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Under ALLOW_ALL a node that lists a backend has to list all of them, else ALLOW_ALL no longer holds for it (App
    Mesh User Guide, "Service meshes": egress filter)."""
    services = deployment.services.values()
    callers = [service.name for service in services if _has_backends(service, deployment=deployment)]
    if deployment.catalog.network.egress == "any" and callers:
        yield Finding(
            place=("network", "egress"),
            message=f'"any" ends in App Mesh where calls begin: {listed(callers)} may be cut off from all that they do '
            "not call; declare what else they reach as [external], and add it to their calls",
            level="warning",
        )


_ENVOYS = 50


def many_envoys(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A virtual node has fifty connected Envoys unless AWS has raised its quota (App Mesh User Guide, "App Mesh scaling
    troubleshooting")."""
    for service in deployment.services.values():
        most = max(workload.most_tasks for workload in deployment.workloads_of(service.name))
        if most > _ENVOYS:
            yield Finding(
                place=("services", service.name),
                message=f"{most} tasks, at most: AWS connects {_ENVOYS} Envoys to a virtual node by default; have AWS "
                "raise it first, or run fewer tasks",
                level="warning",
                about=(("mesh", "kind"),),
            )


RULES = (
    ended,
    many_envoys,
    private_ca.without_authority,
    private_ca.authority_elsewhere,
    name_too_long_for_certificate,
    name_of_proxy,
    node_of_external,
    port_of_proxy,
    user_of_proxy,
    any_ends_at_the_first_call,
    tcp_port_twice,
    tcp_port_of_another_callee,
    server_speaks_first,
    takes_in_calls_to_aws,
    host_twice,
    too_many_ports_past_the_proxy,
    callee_behind_an_ignored_port,
    port_never_redirected,
    *GATEWAY_RULES,
)
