"""The log group of Container Insights: AWS makes it with the first task, and again while the cluster is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests import emulator
from tests.emulator.checks.stage import Stage

GROUP = "/aws/ecs/containerinsights/example/performance"


def groups(aws: Any) -> list[str]:
    found = aws("logs").describe_log_groups(logGroupNamePrefix="/aws/ecs/")["logGroups"]
    return [each["logGroupName"] for each in found]


def switch(aws: Any, level: str) -> None:
    setting = {"name": "containerInsights", "value": level}
    aws("ecs").update_cluster(cluster="example", settings=[setting])


@pytest.mark.parametrize("level", ["enabled", "enhanced"])
def test_a_task_of_a_cluster_with_container_insights_makes_its_log_group(stage: Stage, aws: Any, level: str) -> None:
    switch(aws, level)
    assert groups(aws) == []
    stage.create()
    assert groups(aws) == [GROUP]
    assert "log group" in emulator.leftovers()
    assert GROUP not in emulator.leftovers()["log group"]


def test_without_container_insights_there_is_no_such_group(stage: Stage, aws: Any) -> None:
    switch(aws, "disabled")
    stage.create()
    assert groups(aws) == []


def test_the_group_comes_back_while_the_cluster_is_deleted(stage: Stage, aws: Any) -> None:
    switch(aws, "enabled")
    stage.create()
    aws("logs").delete_log_group(logGroupName=GROUP)
    aws("ecs").delete_service(cluster="example", service="chat", force=True)
    assert groups(aws) == [GROUP]
    aws("logs").delete_log_group(logGroupName=GROUP)
    aws("ecs").delete_cluster(cluster="example")

    assert groups(aws) == [GROUP]
    with pytest.raises(aws("logs").exceptions.ResourceAlreadyExistsException):
        aws("logs").create_log_group(logGroupName=GROUP)
