"""ECS Service Connect: proxies know their callees' aliases, ECS lists the tasks in a namespace of its own."""

from __future__ import annotations

from typing import Any

from catalog import names
from catalog.analysis.call_graph import start_order
from catalog.meshes.hops import address
from catalog.meshes.service_connect.timers import serves
from catalog.model import UNLIMITED, Deployment, Service
from tests import emulator
from tests.support.verify.tasks import discovered, ecs_service, listening, namespaces


def assert_reaches(deployment: Deployment) -> None:
    for service in listening(deployment):
        if not serves(deployment, service):
            [deployed] = ecs_service(service, deployment)["deployments"]
            assert "services" not in deployed["serviceConnectConfiguration"]
            continue
        _assert_offers(service, deployment)
        assert len(found(service, deployment)) == service.first_tasks, service.name
    for name, callees in start_order(deployment):
        known = emulator.known_endpoints(
            deployment.cluster_name, names.owned(deployment.id, name), region=deployment.region
        )
        for callee in callees:
            at = address(deployment, callee)
            assert f"{at.host}:{at.port}" in known, f"{name} does not know {callee}"


def found(service: Service, deployment: Deployment) -> list[str]:
    if not serves(deployment, service):
        return []
    own = deployment.catalog.discovery.namespace_id is None
    namespace = names.owned(deployment.id, "connect") if own else deployment.namespace
    name = service.name if own else names.owned(deployment.id, service.name)
    return discovered(service, namespace=namespace, region=deployment.region, name=name)


def connecting(service: Service, deployment: Deployment) -> list[str]:
    return [caller.name for caller in deployment.callers_of(service.name)]


def remains(deployment: Deployment) -> list[str]:
    return [name for name in namespaces(deployment) if name.endswith("-connect")]


def _assert_offers(service: Service, deployment: Deployment) -> None:
    [deployed] = ecs_service(service, deployment)["deployments"]
    [offered] = deployed["serviceConnectConfiguration"]["services"]
    assert offered["clientAliases"] == [{"port": service.port, "dnsName": deployment.host_of(service.name)}]
    if service.is_tcp:
        assert "timeout" not in offered
        return
    timers: dict[str, Any] = offered["timeout"]
    assert timers["perRequestTimeoutSeconds"] == _seconds(service.timeout)
    # Behind a load balancer its idle timeout is longer, so that it never closes first.
    assert timers["idleTimeoutSeconds"] >= _seconds(service.idle_timeout)


def _seconds(duration: float) -> float:
    return 0 if duration == UNLIMITED else duration
