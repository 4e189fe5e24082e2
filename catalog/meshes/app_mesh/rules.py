"""Rules for catalogs on App Mesh."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names
from catalog.analysis import naming
from catalog.diagnostics import Finding, listed, or_list
from catalog.frame import Place, Rules, ServiceVersion
from catalog.meshes.app_mesh import envoy
from catalog.meshes.app_mesh.envoy import bypasses_proxy, proxied_externals
from catalog.model import Deployment, Service
from catalog.model.network import KINDS

rule = Rules()

ENDED = "2026-09-30"
"""The date on which AWS ended App Mesh (AWS Containers Blog, "Migrating from AWS App Mesh to Amazon ECS Service
Connect")."""

_PROXY_PORTS = {
    envoy.ADMIN_PORT: "administration",
    envoy.AGENT_PORT: "agent",
    envoy.INGRESS_PORT: "ingress",
    envoy.EGRESS_PORT: "egress",
}
_COMMON_NAME = 64
"""Characters of a certificate's first domain name (ACM API reference, RequestCertificate.DomainName)."""
_ENVOYS = 50
"""Envoys that can be connected to a virtual node (App Mesh User Guide, "App Mesh scaling troubleshooting")."""


@rule(Deployment)
def app_mesh_ended(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS has ended App Mesh, so `make apply` refuses it."""
    yield at("mesh", "kind").warning(
        f"AWS ended App Mesh on {ENDED}, so applying this to a real account is expected to fail. Use "
        f"{_successors()}, and if it was applied before, also set migrate_from (docs/migrating-from-app-mesh.md)."
    )


def _successors() -> str:
    return or_list([kind for kind in KINDS if kind != "app-mesh"])


@rule(Service)
def name_too_long_for_certificate(service: Service, at: Place) -> Iterator[Finding]:
    """A certificate's domain name has at most 64 characters (ACM API reference, RequestCertificate.DomainName)."""
    tls = at.deployment.catalog.mesh.tls
    host = at.deployment.host_of(service.name)
    if tls is not None and tls.authority and service.port is not None and len(host) > _COMMON_NAME:
        yield at.catalog(*naming.place(at.deployment, service)).error(
            f'"{host}" has {len(host)} characters, but a certificate allows at most {_COMMON_NAME}. Shorten the '
            "service's name or discovery.namespace."
        )


@rule(Service)
def proxy_container_name(service: Service, at: Place) -> Iterator[Finding]:
    """Container names are unique in a task (ECS API reference, ContainerDefinition.name), and a service's container has
    the service's name."""
    if service.aws_key == envoy.CONTAINER:
        message = f'"{envoy.CONTAINER}" is the name of the proxy container in the same task. Use another name.'
        yield at.catalog(*naming.place(at.deployment, service)).error(message)


@rule(ServiceVersion)
def duplicate_virtual_node(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """The virtual node of an external is `external_NAME`, and that of a version is `SERVICE_VERSION`."""
    for name in proxied_externals(at.deployment):
        if version.aws_name == names.version("external", name):
            yield at.catalog("external", name).error(
                f'its virtual node would be named "{version.aws_name}", like that of {version.title} '
                f"({at('name').location}). Use another name."
            )


@rule(Service)
def proxy_port(service: Service, at: Place) -> Iterator[Finding]:
    """The containers of a task share its ports."""
    if service.port in _PROXY_PORTS:
        yield at("port").error(
            f"{service.port} is used by the proxy in the same task ({_PROXY_PORTS[service.port]}). Use another port."
        )


@rule(Service)
def proxy_user(service: Service, at: Place) -> Iterator[Finding]:
    """Traffic of the proxy's user bypasses the proxy (ECS API reference, ProxyConfiguration, IgnoredUID)."""
    users = [(service.user, at("user"))]
    users += [(sidecar.user, at("sidecars", name, "user")) for name, sidecar in service.sidecars.items()]
    for user, place in users:
        if user is not None and user.partition(":")[0] == envoy.USER:
            yield place.error(
                f'"{envoy.USER}" is the user of the proxy, and its traffic bypasses the proxy. Use another user.'
            )


def _has_backends(service: Service, *, deployment: Deployment) -> bool:
    externals = deployment.externals_of(service).values()
    return bool(deployment.callees_of(service)) or not all(bypasses_proxy(external) for external in externals)


@rule(Deployment)
def egress_any_with_backends(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Under ALLOW_ALL, a node that lists one backend must list all of them: ALLOW_ALL no longer applies to it (App Mesh
    User Guide, "Service meshes": egress filter)."""
    services = deployment.services.values()
    callers = [service.name for service in services if _has_backends(service, deployment=deployment)]
    if deployment.catalog.network.egress == "any" and callers:
        yield at("network", "egress").warning(
            f'"any" has no effect in App Mesh for services with calls: {listed(callers)} may be unable to reach other '
            "destinations. Declare these as [external], and add them to calls."
        )


@rule(Service)
def many_envoys(service: Service, at: Place) -> Iterator[Finding]:
    """A virtual node has fifty connected Envoys unless AWS has raised its quota (App Mesh User Guide, "App Mesh scaling
    troubleshooting")."""
    most = max(workload.most_tasks for workload in at.deployment.workloads_of(service.name))
    if most > _ENVOYS:
        yield at.warning(
            f"allows up to {most} tasks, but AWS connects at most {_ENVOYS} Envoys to a virtual node by default. "
            "Ask AWS to raise the quota first, or run fewer tasks."
        )
