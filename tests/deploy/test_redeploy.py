"""REDEPLOY of `make plan` and `make apply`, and the refusal of plans that would replace an ECS service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_terraform import Project

SPOT = [{"capacity_provider": "FARGATE_SPOT", "weight": 1, "base": 0}]
POOL = [{"capacity_provider": "shop-pool", "weight": 1, "base": 0}]
OF_BASE = "${data.terraform_remote_state.base.outputs.shared_pool}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(folder=tmp_path)
    made.write_output({"shop": [], "shop_rag": ["shop"]})
    pool = {"main_capacity_pool": {"name": "shop-pool"}}
    configure(
        made,
        "shop",
        {"web": "FARGATE"},
        resource={"aws_ecs_capacity_provider": pool},
        output={"shared_pool": {"value": "${aws_ecs_capacity_provider.main_capacity_pool.name}"}},
    )
    configure(made, "shop_rag", {"llm": OF_BASE})
    (made.stack("shop") / "outputs.json").write_text(json.dumps({"shared_pool": {"value": "shop-pool"}}))
    return made


def configure(
    project: Project, stack: str, services: dict[str, str], *, resource: dict[str, Any] | None = None, **tables: Any
) -> None:
    """Write a stack's Terraform JSON, with the capacity provider of each service."""
    named = {
        name: {"capacity_provider_strategy": [{"capacity_provider": provider, "weight": 1, "base": 0}]}
        for name, provider in services.items()
    }
    output = {"resource": {"aws_ecs_service": named, **(resource or {})}, **tables}
    (project.stack(stack) / "cdk.tf.json").write_text(json.dumps(output))


def hold(project: Project, stack: str, **strategies: list[dict[str, Any]]) -> None:
    """Write a stack's state, with the strategy of each service."""
    resources = [
        {
            "type": "aws_ecs_service",
            "name": name,
            "instances": [{"attributes": {"capacity_provider_strategy": strategy}}],
        }
        for name, strategy in strategies.items()
    ]
    (project.stack(stack) / "state.json").write_text(json.dumps({"resources": resources}))


def commands(project: Project, command: str) -> list[str]:
    return [call for call in project.calls() if call.partition(": ")[2].split()[0] == command]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_each_stack_gets_the_services_that_it_has(project: Project, command: str) -> None:
    assert project.deploy(command, "--redeploy", "web,llm", JOBS="1").returncode == 0
    given = {call.partition(":")[0]: call for call in commands(project, command)}
    assert '-var=redeploy=["web"]' in given["shop"] and '-var=redeploy=["llm"]' in given["shop_rag"]


def test_a_stack_without_the_services_gets_no_variable(project: Project) -> None:
    assert project.deploy("plan", "--redeploy", "llm", JOBS="1").returncode == 0
    assert ["-var" in call for call in sorted(commands(project, "plan"))] == [False, True]


@pytest.mark.parametrize(("name", "advice"), [("lm", '; did you mean "llm"?'), ("redis", ". Use one of llm, web.")])
def test_an_unknown_service_is_refused(project: Project, name: str, advice: str) -> None:
    done = project.deploy("apply", "--redeploy", name)
    assert done.returncode == 2 and done.stderr == f'Error: REDEPLOY: no service is called "{name}"{advice}\n'
    assert project.calls() == []


def test_destroy_deploys_nothing_again(project: Project) -> None:
    done = project.deploy("destroy", "--redeploy", "llm")
    assert done.returncode == 2 and done.stderr == "Error: make destroy doesn't support REDEPLOY. Remove it.\n"


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("chosen", [(), ("--stack", "base")])
def test_a_service_whose_capacity_changes_is_not_replaced(
    project: Project, command: str, chosen: tuple[str, ...]
) -> None:
    hold(project, "shop", web=SPOT)
    hold(project, "shop_rag", llm=POOL)

    done = project.deploy(command, *chosen)
    assert done.returncode == 2 and commands(project, command) == []
    assert done.stderr == (
        "Error: shop: Terraform would delete aws_ecs_service.web (FARGATE_SPOT to FARGATE) with all tasks and create "
        f"it again, because the capacity changes. Run make {command} REDEPLOY=web to change it in place.\n"
    )
    assert project.deploy(command, *chosen, "--redeploy", "web").returncode == 0


def test_the_capacity_provider_of_a_base_is_compared_by_its_name(project: Project) -> None:
    hold(project, "shop_rag", llm=SPOT)
    done = project.deploy("apply")
    assert "aws_ecs_service.llm (FARGATE_SPOT to shop-pool)" in done.stderr and commands(project, "apply") == []


def test_a_renamed_service_is_compared_with_its_old_address(project: Project) -> None:
    moved = [{"from": "aws_ecs_service.old", "to": "aws_ecs_service.web"}]
    configure(project, "shop", {"web": "FARGATE"}, moved=moved)
    configure(project, "shop_rag", {"llm": "FARGATE"})
    hold(project, "shop", old=SPOT)
    assert "aws_ecs_service.web (FARGATE_SPOT to FARGATE)" in project.deploy("plan").stderr


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (['-var=redeploy=["web"]'], {}),
        (["-var", 'redeploy=["web"]'], {}),
        ([], {"TF_VAR_redeploy": '["web"]'}),
        (["saved.plan"], {}),
    ],
)
def test_the_users_own_variable_and_a_saved_plan_are_not_checked(
    project: Project, arguments: list[str], environment: dict[str, str]
) -> None:
    hold(project, "shop", web=SPOT)
    done = project.deploy("apply", "--stack", "base", "--", *arguments, **environment)
    assert done.returncode == 0 and len(commands(project, "apply")) == 1
