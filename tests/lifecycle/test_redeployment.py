"""Which changes replace running tasks, on the emulated AWS: those that ECS can make in place don't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.process import Refusal
from deploy.redeploy import refuse_replacement
from deploy.stacks import Stack
from tests import emulator
from tests.emulator.terraform import TerraformError, find_terraform
from tests.support.catalogs import once
from tests.support.trial import Trial

CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
{catalog}
[network]
zones = ["us-west-2a"]
nat = "none"
flow_logs = false
[mesh]
kind = "{kind}"
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
[services.chat]
calls = ["llm"]
[services.llm]
port = {port}
{llm}
"""
IN_PLACE = [
    {"llm": "replicas = 3"},
    {
        "catalog": 'tags = { team = "search" }',
        "llm": """
            scale = { min = 3, max = 4, cpu_percent = 60 }
            health.grace = "5m"
            deploy = { min = 0, max = 100, rollback = false, wait = false }
            tags = { model = "m" }
        """,
    },
]
"""The changes of the callee, one after another, that ECS makes without a deployment."""


@pytest.fixture
def trial(aws: None, tmp_path: Path) -> Trial:
    emulator.reset()
    return Trial(tmp_path)


def written(trial: Trial, *, kind: str = "none", catalog: str = "", port: int = 80, llm: str = "") -> Trial:
    trial.write(CATALOG.format(kind=kind, catalog=catalog, port=port, llm=llm))
    return trial


def deployments() -> dict[str, str]:
    """The current deployment of each service. It keeps its id while ECS replaces no task."""
    ecs = emulator.client("ecs", region="us-west-2")
    found = ecs.describe_services(cluster="trial", services=["trial-chat", "trial-llm"])["services"]
    return {each["serviceName"]: _primary(each) for each in found}


def _primary(service: dict[str, Any]) -> str:
    return next(str(each["id"]) for each in service["deployments"] if each["status"] == "PRIMARY")


def refuse_replaced(trial: Trial) -> None:
    """Check the state as `make plan` does before a plan."""
    stack = Stack(id="trial", folder=trial.workspace.folder, dependencies=frozenset())
    refuse_replacement(stack, all_stacks=[stack], names=(), command="plan", terraform=find_terraform() or "terraform")


def test_a_change_that_ecs_makes_in_place_replaces_no_task(trial: Trial) -> None:
    # VPC Lattice checks the health of tasks, so that the service has a grace period.
    written(trial, kind="vpc-lattice").workspace.apply()
    before = deployments()

    for keys in IN_PLACE:
        assert "aws_ecs_service.llm" in written(trial, kind="vpc-lattice", **keys).planned(), keys
        trial.apply_planned()
        assert trial.planned() == {}, keys
        assert deployments() == before, keys
    assert emulator.forced_deployments() == []
    trial.workspace.destroy()


@pytest.mark.parametrize("kind", once(["none", "service-connect"], on="service-connect"))
def test_a_changed_port_of_a_callee_deploys_its_callers_again(trial: Trial, kind: str) -> None:
    written(trial, kind=kind).workspace.apply()
    before = deployments()
    written(trial, kind=kind, port=81).workspace.apply()

    after = deployments()
    assert after["trial-chat"] != before["trial-chat"] and after["trial-llm"] != before["trial-llm"]
    assert trial.planned() == {} and emulator.forced_deployments() == []
    trial.workspace.destroy()


@pytest.mark.slow
def test_another_capacity_changes_a_service_in_place_only_if_the_apply_lists_it(trial: Trial) -> None:
    written(trial).workspace.apply()
    before = deployments()

    changed = written(trial, llm='capacity = "fargate-spot"').planned()
    assert changed["aws_ecs_service.llm"] == ["delete", "create"]
    with pytest.raises(Refusal, match=r"aws_ecs_service\.llm \(FARGATE to FARGATE_SPOT\)"):
        refuse_replaced(trial)
    assert trial.planned('-var=redeploy=["llm"]') == {"aws_ecs_service.llm": ["update"]}
    trial.apply_planned()
    refuse_replaced(trial)

    after = deployments()
    assert after["trial-llm"] != before["trial-llm"] and after["trial-chat"] == before["trial-chat"]
    assert emulator.forced_deployments() == ["trial-llm"]
    # The next apply resets the argument, and ECS replaces nothing.
    trial.workspace.apply()
    assert trial.planned() == {} and deployments() == after
    assert emulator.forced_deployments() == ["trial-llm"]
    trial.workspace.destroy()


def test_an_apply_that_lists_an_unknown_service_says_which_ones_exist(trial: Trial) -> None:
    with pytest.raises(TerraformError, match="This state has these services: chat, llm"):
        written(trial).workspace.run("plan", '-var=redeploy=["lm"]')
