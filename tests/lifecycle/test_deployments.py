"""One deployment over time: its task definitions in AWS, an apply with a rollback, and a plan with drift."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import emulator
from tests.emulator.terraform import TerraformError
from tests.support.trial import Trial

REGION = "us-west-2"
NASTY = {
    "FILE": '${file("/etc/passwd")}',
    "DIRECTIVE": "%{ if true }",
    "DOUBLED": "$${a} %%{b} {{region} {{ jinja }}",
    "QUOTES": "\"double\" and 'single' and \\backslash\\",
    "LINES": "first\nsecond\n\tthird",
    "UNICODE": "Grüße, 你好, 👋, \u2028",
    "CDKTF": "${TfToken[TOKEN.0]} #{TfToken[TOKEN.1]}",
    "SHELL": "${HOME} $5 100% ${region}",
    "JSON": '{"a": {"b": [1, 2]}}',
}


def _toml(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _catalog(*, image: str) -> str:
    environment = "\n".join(f"{name} = {_toml(value)}" for name, value in NASTY.items())
    return f"""
[catalog]
name = "trial"
region = "{REGION}"
[mesh]
kind = "none"
[network]
zones = ["us-west-2a"]
nat = "none"
egress = "any"
flow_logs = false
[services.api]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/{image}"
command = ["echo", {_toml(NASTY["FILE"])}]
[services.api.environment]
{environment}
"""


@pytest.fixture(scope="module")
def trial(aws: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    emulator.reset()
    trial = Trial(tmp_path_factory.mktemp("trial"))
    trial.write(_catalog(image="api:1"))
    trial.workspace.apply()
    yield trial
    trial.workspace.destroy()
    assert emulator.leftovers() == {}


def _running(service: str) -> str:
    """The task definition that a service uses."""
    described = emulator.client("ecs", region=REGION).describe_services(cluster="trial", services=[service])
    return described["services"][0]["taskDefinition"]


def test_strings_reach_the_task_definition_unchanged(trial: Trial) -> None:
    ecs = emulator.client("ecs", region=REGION)

    definition = ecs.describe_task_definition(taskDefinition=_running("trial-api"))["taskDefinition"]

    (api,) = [container for container in definition["containerDefinitions"] if container["name"] == "api"]
    assert {variable["name"]: variable["value"] for variable in api["environment"]} == {
        **NASTY,
        "DOUBLED": "$${a} %%{b} {region} {{ jinja }}",  # the marker that the catalog itself escapes
    }
    assert api["command"] == ["echo", NASTY["FILE"]]


def test_a_change_outside_terraform_is_found_and_reverted(trial: Trial) -> None:
    ecs = emulator.client("ecs", region=REGION)
    ecs.update_service(cluster="trial", service="trial-api", desiredCount=3)

    assert trial.workspace.plan() is True
    trial.workspace.apply()

    assert trial.workspace.plan() is False
    [service] = ecs.describe_services(cluster="trial", services=["trial-api"])["services"]
    assert service["desiredCount"] == 1


def test_a_deployment_that_rolls_back_makes_apply_fail_and_names_the_service(trial: Trial) -> None:
    before = _running("trial-api")
    trial.write(_catalog(image="api:2"))
    emulator.rollback_next("trial-api")

    with pytest.raises(TerraformError) as failure:
        trial.workspace.apply()

    assert "services.api: the deployment was rolled back" in " ".join(str(failure.value).split())
    assert _running("trial-api") == before


def test_after_a_rollback_the_next_apply_tries_again(trial: Trial) -> None:
    assert trial.workspace.plan() is True
    trial.workspace.apply()

    assert trial.workspace.plan() is False
