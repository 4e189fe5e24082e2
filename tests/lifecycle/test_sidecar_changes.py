"""Sidecar keys turned on and off while their service runs, on the emulated AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.support.catalogs import once
from tests.support.trial import Trial

CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
[network]
zones = ["us-west-2a"]
flow_logs = false
[mesh]
kind = "{kind}"
{mesh}
[defaults]
image = "r.io/app:1"
[services.chat]
port = 80
calls = ["llm"]
{chat}
[services.llm]
port = 80
"""


@pytest.fixture
def trial(aws: None, tmp_path: Path) -> Trial:
    emulator.reset()
    return Trial(tmp_path)


def write(trial: Trial, *, chat: str = "", mesh: str = "", kind: str = "none") -> None:
    trial.write(CATALOG.format(chat=chat, mesh=mesh, kind=kind))


def applied(trial: Trial) -> dict[str, list[str]]:
    """Apply and return the planned changes; the next plan must have none."""
    planned = trial.planned()
    trial.apply_planned()
    assert trial.planned() == {}
    return planned


def services(client: Any) -> dict[str, dict[str, Any]]:
    found = client.describe_services(cluster="trial", services=["trial-chat", "trial-llm"])["services"]
    return {each["serviceName"]: each for each in found}


@pytest.mark.slow
def test_sidecar_settings_are_added_and_removed_in_place(trial: Trial) -> None:
    write(trial)
    applied(trial)
    ecs = emulator.client("ecs", region="us-west-2")

    write(trial, chat="exec = true")
    planned = applied(trial)
    # A task definition can't be changed: a change creates a new revision.
    assert planned.pop("aws_ecs_task_definition.chat") in (["delete", "create"], ["create", "delete"])
    assert planned == {
        "aws_cloudwatch_log_group.main_exec": ["create"],
        "aws_ecs_cluster.main_cluster": ["update"],
        "aws_ecs_service.chat": ["update"],
        "aws_iam_role_policy.chat_task": ["create"],
    }
    assert services(ecs)["trial-chat"]["enableExecuteCommand"] is True

    beside = """
    logs.router.options = { Name = "cloudwatch_logs", region = "us-west-2", log_group_name = "x" }
    sidecars.cache = { image = "r.io/cache:1", start = "before", health.command = "true" }
    """
    write(trial, chat=beside, mesh="tracing = true")
    planned = applied(trial)
    assert planned["aws_ecs_service.chat"] == planned["aws_ecs_service.llm"] == ["update"]
    assert planned["aws_cloudwatch_log_group.main_exec"] == ["delete"]
    assert not services(ecs)["trial-chat"].get("enableExecuteCommand")
    task = ecs.describe_task_definition(taskDefinition="trial-chat")["taskDefinition"]
    arrived = {each["name"]: each for each in task["containerDefinitions"]}
    assert list(arrived) == ["chat", "cache", "otel_collector", "log_router"]
    # The provider ignores unknown keys.
    assert arrived["otel_collector"]["restartPolicy"] == {"enabled": True}
    assert arrived["log_router"]["firelensConfiguration"] == {"type": "fluentbit"}

    write(trial)
    assert applied(trial)["aws_ecs_service.chat"] == ["update"]
    trial.workspace.destroy()
    assert emulator.leftovers() == {}


@pytest.mark.parametrize("kind", once(["none", "service-connect"], on="none"))
def test_a_new_secret_version_redeploys_only_services_with_redeploy_on_rotation(trial: Trial, kind: str) -> None:
    manager = emulator.client("secretsmanager", region="us-west-2")
    arn = manager.create_secret(Name="token", SecretString="first-value")["ARN"]
    write(trial, kind=kind, chat=f'secrets = {{ TOKEN = "{arn}" }}\nredeploy_on_rotation = true')
    trial.workspace.apply()
    assert trial.planned() == {}
    ecs = emulator.client("ecs", region="us-west-2")
    before = services(ecs)

    manager.put_secret_value(SecretId=arn, SecretString="second-value")
    assert applied(trial) == {
        "aws_ecs_service.chat": ["update"],
        "aws_ecs_task_definition.chat": ["delete", "create"],
    }
    assert emulator.forced_deployments() == []

    after = services(ecs)
    assert _deployment(after["trial-chat"]) != _deployment(before["trial-chat"])
    assert _deployment(after["trial-llm"]) == _deployment(before["trial-llm"])
    kept = (trial.workspace.folder / "terraform.tfstate").read_text()
    assert arn in kept and "-value" not in kept
    trial.workspace.destroy()


def _deployment(service: dict[str, Any]) -> str:
    return next(str(each["id"]) for each in service["deployments"] if each["status"] == "PRIMARY")
