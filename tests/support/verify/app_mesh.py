"""App Mesh: nodes, routes and virtual services as the catalog describes them, and tasks where nodes look for them."""

from __future__ import annotations

from typing import Any

from catalog.meshes.app_mesh.envoy import bypasses_proxy
from catalog.meshes.hops import address
from catalog.model import UNLIMITED, Deployment, Service
from stacks.mesh.app_mesh.routes import FOREVER
from tests import emulator
from tests.support.verify.tasks import assert_found_by_dns, discovered

_ROUTES = {"http": "httpRoute", "http2": "http2Route", "grpc": "grpcRoute", "tcp": "tcpRoute"}


def assert_reaches(deployment: Deployment) -> None:
    mesh = _Mesh(deployment)
    for service in deployment.services.values():
        node = mesh.node(service.aws_name)
        backends = {backend["virtualService"]["virtualServiceName"] for backend in node.get("backends", [])}
        assert backends == set(_modelled_hosts(deployment, service))
        if service.port is None:
            assert not node.get("listeners") and "serviceDiscovery" not in node
        else:
            assert_found_by_dns(service, deployment)
            _assert_listens(deployment, service, node, mesh)


def found(service: Service, deployment: Deployment) -> list[str]:
    return discovered(service, namespace=deployment.namespace, region=deployment.region)


def connecting(service: Service, deployment: Deployment) -> list[str]:
    return [caller.name for caller in deployment.callers_of(service.name)]


def remains(deployment: Deployment) -> list[str]:
    """Nothing, even if there are resources: AWS ended App Mesh, and Terraform leaves them unmanaged."""
    return []


def _modelled_hosts(deployment: Deployment, service: Service) -> list[str]:
    externals = deployment.externals_of(service)
    names_ = [callee.name for callee in deployment.callees_of(service)]
    names_ += [name for name, external in externals.items() if not bypasses_proxy(external)]
    return [address(deployment, name).host for name in names_]


class _Mesh:
    """Resources of the emulated App Mesh, by name."""

    def __init__(self, deployment: Deployment) -> None:
        self._api = emulator.client("appmesh", region=deployment.region)
        self._name = deployment.id

    def node(self, name: str) -> dict[str, Any]:
        return self._api.describe_virtual_node(meshName=self._name, virtualNodeName=name)["virtualNode"]["spec"]

    def route(self, name: str) -> dict[str, Any]:
        described = self._api.describe_route(meshName=self._name, virtualRouterName=name, routeName=name)
        return described["route"]["spec"]

    def provider(self, host: str) -> dict[str, Any]:
        described = self._api.describe_virtual_service(meshName=self._name, virtualServiceName=host)
        return described["virtualService"]["spec"]["provider"]


def _assert_listens(deployment: Deployment, service: Service, node: dict[str, Any], mesh: _Mesh) -> None:
    (listener,) = node["listeners"]
    assert listener["portMapping"] == {"port": service.port, "protocol": service.protocol}
    assert node["serviceDiscovery"]["awsCloudMap"]["namespaceName"] == deployment.namespace
    assert node["serviceDiscovery"]["awsCloudMap"]["serviceName"] == service.aws_name
    route = mesh.route(service.aws_name)[_ROUTES[service.protocol]]
    targets = {target["virtualNode"]: target["weight"] for target in route["action"]["weightedTargets"]}
    assert targets == {each.aws_name: each.weight for each in deployment.workloads_of(service.name)}
    assert mesh.provider(deployment.host_of(service.name)) == {"virtualRouter": {"virtualRouterName": service.aws_name}}
    assert _seconds(route["timeout"]["idle"]) == service.idle_timeout
    # Behind a load balancer a listener has a longer idle timeout, so that it never closes first.
    assert _seconds(listener["timeout"][service.protocol]["idle"]) >= service.idle_timeout
    if service.protocol != "tcp":
        assert _seconds(route["timeout"]["perRequest"]) == service.timeout
        assert _seconds(listener["timeout"][service.protocol]["perRequest"]) >= service.timeout
    if service.protocol != "tcp":
        assert route["retryPolicy"]["maxRetries"] == service.retries.attempts
    health = listener["healthCheck"]
    assert health.get("path") == (service.health.path if service.protocol in ("http", "http2") else None)
    assert (health["intervalMillis"], health["timeoutMillis"]) == (
        max(service.health.interval, 5) * 1000,
        max(service.health.timeout, 2) * 1000,
    )
    if service.outlier is not None:
        outlier = listener["outlierDetection"]
        assert (outlier["maxServerErrors"], outlier["maxEjectionPercent"]) == (
            service.outlier.errors,
            service.outlier.max_percent,
        )
    assert ("connectionPool" in listener) == (service.pool is not None)
    assert ("tls" in listener) == (deployment.catalog.mesh.tls is not None)
    assert ("logging" in node) == deployment.catalog.mesh.access_logs


def _seconds(duration: dict[str, Any]) -> float:
    return UNLIMITED if duration["value"] == FOREVER else duration["value"] / {"s": 1, "ms": 1000}[duration["unit"]]
