"""A deployment that the test makes fail ends as on AWS."""

from typing import Any
from urllib.request import Request, urlopen

import pytest
from moto.iam import iam_backends

from tests import emulator
from tests.emulator.checks.stage import Stage

ROLLS_BACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
STOPS = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}


def in_process(service: str) -> None:
    emulator.rollback_next(service)


def over_http(service: str) -> None:
    urlopen(Request(f"{emulator.url()}/moto-api/emulator/rollback/{service}", method="POST"), timeout=300).close()


def update(stage: Stage, **changes: Any) -> dict[str, Any]:
    stage.ecs.update_service(cluster="example", service="chat", **changes)
    return stage.describe()


@pytest.mark.parametrize("switch", [in_process, over_http])
def test_a_circuit_breaker_returns_to_the_previous_revision_once(stage: Stage, switch: Any) -> None:
    stage.create(deploymentConfiguration=ROLLS_BACK)
    switch("chat")
    service = update(stage, taskDefinition=stage.register())
    assert service["taskDefinition"].endswith("chat:1")
    assert (service["runningCount"], len(service["deployments"])) == (2, 1)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert update(stage, taskDefinition="chat:2")["taskDefinition"].endswith("chat:2")


def test_without_rollback_the_service_never_becomes_steady(stage: Stage) -> None:
    stage.create(deploymentConfiguration=STOPS)
    emulator.rollback_next("chat")
    service = update(stage, taskDefinition=stage.register())
    states = [(each["status"], each["rolloutState"], each["runningCount"]) for each in service["deployments"]]
    assert states == [("PRIMARY", "FAILED", 0), ("ACTIVE", "COMPLETED", 2)]
    assert service["taskDefinition"].endswith("chat:2")
    recovered = update(stage, taskDefinition=stage.register())
    assert [each["rolloutState"] for each in recovered["deployments"]] == ["COMPLETED"]


def test_an_inactive_revision_is_no_way_back(stage: Stage) -> None:
    stage.create(deploymentConfiguration=ROLLS_BACK)
    emulator.rollback_next("chat")
    new = stage.register()
    stage.ecs.deregister_task_definition(taskDefinition="chat:1")
    assert update(stage, taskDefinition=new)["deployments"][0]["rolloutState"] == "FAILED"


def test_a_first_deployment_has_nothing_to_return_to(stage: Stage) -> None:
    emulator.rollback_next("chat")
    stage.create(deploymentConfiguration=ROLLS_BACK)
    service = stage.describe()
    assert (service["desiredCount"], service["runningCount"]) == (2, 0)
    assert service["deployments"][0]["rolloutState"] == "FAILED"


def test_only_the_named_service_fails(stage: Stage) -> None:
    emulator.rollback_next("other")
    stage.create(deploymentConfiguration=ROLLS_BACK)
    assert stage.describe()["runningCount"] == 2


def test_a_reset_forgets_the_order(aws: Any) -> None:
    emulator.rollback_next("chat")
    emulator.reset()
    assert "chat" not in vars(iam_backends["123456789012"]["aws"]).get("failing_deployments", ())
