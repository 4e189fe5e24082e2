"""Service Connect: what ECS refuses of an endpoint, and which endpoints the proxies of a task know."""

from __future__ import annotations

from typing import Any

import pytest

from tests import emulator
from tests.emulator.checks.stage import Stage, refused


def connect(**endpoint: Any) -> dict[str, Any]:
    return {"enabled": True, "namespace": "connect", "services": [{"portName": "http", **endpoint}]}


@pytest.fixture(autouse=True)
def _namespace(aws: Any) -> None:
    aws("servicediscovery").create_http_namespace(Name="connect")


def with_port(stage: Stage, **port: Any) -> str:
    return stage.register_container(portMappings=[{"containerPort": 8080, "name": "http", **port}])


def known(service: str = "chat") -> set[str]:
    return emulator.known_endpoints("example", service, region=emulator.REGION)


def test_only_what_speaks_http_has_a_request_timeout(stage: Stage) -> None:
    timeout = {"idleTimeoutSeconds": 60, "perRequestTimeoutSeconds": 0}
    with refused("InvalidParameterException", "Per request timeout 0 can't be set for tcp application"):
        stage.create(serviceConnectConfiguration=connect(timeout=timeout))
    task = with_port(stage, appProtocol="http")
    stage.create(taskDefinition=task, serviceConnectConfiguration=connect(timeout=timeout))


def test_a_port_keeps_its_protocol(stage: Stage) -> None:
    stage.create(serviceConnectConfiguration=connect())
    task = with_port(stage, appProtocol="http2")
    with refused("InvalidParameterException", "cannot change from None to http2"):
        stage.ecs.update_service(cluster="example", service="chat", taskDefinition=task)


def test_a_name_is_given_once_in_a_namespace(stage: Stage) -> None:
    stage.create(serviceConnectConfiguration=connect(discoveryName="llm"))
    with refused("InvalidParameterException", "discovery name llm exists"):
        stage.create(serviceName="other", serviceConnectConfiguration=connect(discoveryName="llm"))


@pytest.mark.parametrize("name", ["LLM", "-llm", "l" * 65])
def test_a_name_is_one_that_ecs_takes(stage: Stage, name: str) -> None:
    with refused("InvalidParameterException", "at most 64"):
        stage.create(serviceConnectConfiguration=connect(discoveryName=name))


def test_a_client_has_one_name_for_a_service(stage: Stage) -> None:
    aliases = [{"port": 80}, {"port": 81}]
    with refused("InvalidParameterException", "one client alias"):
        stage.create(serviceConnectConfiguration=connect(clientAliases=aliases))


def test_the_role_that_issues_certificates_exists(stage: Stage) -> None:
    tls = {"issuerCertificateAuthority": {"awsPcaAuthorityArn": "arn:x"}, "roleArn": "arn:aws:iam::1:role/ghost"}
    with refused("InvalidParameterException", "role/ghost"):
        stage.create(serviceConnectConfiguration=connect(tls=tls))


def test_a_task_knows_the_endpoints_that_were_there_when_it_started(stage: Stage) -> None:
    client = {"enabled": True, "namespace": "connect"}
    stage.create(serviceConnectConfiguration=client)
    assert known() == set()
    alias = {"port": 8080, "dnsName": "llm.shop.internal"}
    stage.create(serviceName="llm", serviceConnectConfiguration=connect(clientAliases=[alias]))
    assert known() == set()
    stage.ecs.update_service(cluster="example", service="chat", forceNewDeployment=True)
    assert known() == {"llm.shop.internal:8080"}
    assert known("llm") == {"llm.shop.internal:8080"}
