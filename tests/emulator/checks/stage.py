"""Shared by the checks of the emulator: a service that can run, and the shape of a refusal."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """The call inside must be refused with this error code and a message that holds this text."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert text in error["Message"], error


@dataclass(frozen=True)
class Stage:
    """An account in which one ECS service could run, and the requests that make it."""

    ecs: Any
    task: dict[str, Any]
    service: dict[str, Any]

    def register(self, **changes: Any) -> str:
        """Register the task definition, with these changes, and return its ARN."""
        task = copy.deepcopy(self.task) | changes
        return self.ecs.register_task_definition(**task)["taskDefinition"]["taskDefinitionArn"]

    def register_container(self, **changes: Any) -> str:
        """The same with changes to the one container."""
        return self.register(containerDefinitions=[self.task["containerDefinitions"][0] | changes])

    def create(self, **changes: Any) -> dict[str, Any]:
        """Create the service, with these changes; a change to None leaves the key out."""
        request = {key: value for key, value in (self.service | changes).items() if value is not None}
        return self.ecs.create_service(**request)["service"]

    def describe(self) -> dict[str, Any]:
        return self.ecs.describe_services(cluster="example", services=["chat"])["services"][0]
