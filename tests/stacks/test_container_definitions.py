"""Every task definition is valid by botocore's model: Terraform drops unknown keys without a warning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import validation
from tests.support.catalogs import EXAMPLES, MORE, on_meshes
from tests.support.outputs import Shipped, ShippedOutputs
from tests.support.synth import resources

REQUESTED = {
    "family": "family",
    "network_mode": "networkMode",
    "requires_compatibilities": "requiresCompatibilities",
    "cpu": "cpu",
    "memory": "memory",
    "execution_role_arn": "executionRoleArn",
    "task_role_arn": "taskRoleArn",
}
"""Terraform arguments that are passed on unchanged, and their names in the request."""


def request(task: dict[str, Any]) -> dict[str, Any]:
    """The provider's request for a task definition, without the parts that don't come from the catalog."""
    sent = {name: task[argument] for argument, name in REQUESTED.items() if task.get(argument) is not None}
    if proxy := task.get("proxy_configuration"):
        sent["proxyConfiguration"] = {
            "type": proxy["type"],
            "containerName": proxy["container_name"],
            "properties": [{"name": name, "value": value} for name, value in proxy["properties"].items()],
        }
    if storage := task.get("ephemeral_storage"):
        sent["ephemeralStorage"] = {"sizeInGiB": storage["size_in_gib"]}
    return {**sent, "containerDefinitions": json.loads(task["container_definitions"])}


def definitions(catalog: Shipped) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every task definition of a catalog, by deployment and service."""
    for deployment, output in catalog.bases:
        for name, task in resources(output, "aws_ecs_task_definition").items():
            yield f"{deployment.id} {name}", task


CASES = on_meshes((*EXAMPLES, *MORE))


@pytest.mark.parametrize(("file", "kind"), CASES)
def test_ecs_accepts_every_task_definition(shipped: ShippedOutputs, file: Path, kind: str) -> None:
    found = dict(definitions(shipped(file, kind)))

    assert found
    assert {name: wrong for name, task in found.items() if (wrong := list(faults(request(task))))} == {}


def faults(sent: dict[str, Any]) -> Iterator[str]:
    """The errors that ECS would return: violations of its model, and of rules that a shape can't express."""
    yield from validation.problems("ecs", "RegisterTaskDefinition", sent)
    containers = {each["name"]: each for each in sent["containerDefinitions"]}
    if len(containers) < len(sent["containerDefinitions"]):
        yield "two containers have one name"
    if len(containers) > 10:
        yield "more than ten containers"
    for key, limit in (("cpu", sent["cpu"]), ("memory", sent["memory"])):
        share = {"cpu": ("cpu",), "memory": ("memory", "memoryReservation")}[key]
        if sum(next((each[k] for k in share if k in each), 0) for each in containers.values()) > int(limit):
            yield f"the containers have more {key} than their task"
    for each in containers.values():
        for needed in each.get("dependsOn", ()):
            other = containers[needed["containerName"]]
            if needed["condition"] == "HEALTHY" and "healthCheck" not in other:
                yield f"{each['name']} waits for a check that {other['name']} does not have"
            if needed["condition"] == "SUCCESS" and other["essential"]:
                yield f"{each['name']} waits for the end of {other['name']}, which is essential"


def test_an_invalid_task_definition_is_found() -> None:
    task = {"name": "a", "image": "a:1", "healthcheck": {}}
    sent = {"family": "a", "cpu": "256", "memory": "512", "containerDefinitions": [task]}

    assert any("healthcheck" in fault for fault in faults(sent))
