"""The checks find settings that are missing in an output."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from catalog.load import load
from catalog.model import Deployment
from tests.conftest import ROOT
from tests.generate.omissions import dropped
from tests.support.outputs import outputs_of

States = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def gpu(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, States]:
    loaded = load(ROOT / "examples" / "chatqna-gpu.toml")
    outputs = outputs_of(loaded, tmp_path_factory.mktemp("out"))
    (deployment,) = loaded.deployments
    return deployment, outputs[deployment.id]


def _without_image(resources: dict[str, Any]) -> None:
    task = resources["aws_ecs_task_definition"]["nginx"]
    containers = json.loads(task["container_definitions"])
    containers[0].pop("image")
    task["container_definitions"] = json.dumps(containers)


LEFT_OUT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nginx: image": _without_image,
    "nginx: public": lambda resources: resources.pop("aws_lb_listener_rule"),
    "nginx: calls: ui": lambda resources: resources["aws_vpc_security_group_ingress_rule"].pop("ui_from_nginx"),
    "ui: no task definition": lambda resources: resources["aws_ecs_service"].pop("ui"),
}


def test_a_complete_output_has_no_omissions(gpu: tuple[Deployment, States]) -> None:
    assert dropped(*gpu) == []


@pytest.mark.parametrize("what", LEFT_OUT)
def test_an_omission_is_reported_with_its_name(gpu: tuple[Deployment, States], what: str) -> None:
    deployment, states = gpu
    states = copy.deepcopy(states)
    LEFT_OUT[what](states["base"]["resource"])
    assert any(problem.startswith(what) for problem in dropped(deployment, states))
