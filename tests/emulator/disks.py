"""The disks of EC2 instances, which fill with what their tasks write.

A task's scratch volumes stay on the instance after it has stopped, until the agent removes the task
(ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION, three hours by default; ECS developer guide, "Amazon ECS container agent
configuration"). A deployment that finds no room fails: its tasks can't write.

The model is the fullest instance: ECS places tasks close together, so it has all tasks of a service that fit.

    emulator.write_to_disk("llm", gib=40)  # each task of this service
    emulator.pass_time(minutes=10)
"""

from __future__ import annotations

import re
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.iam import iam_backends

from . import groups

_UNITS = {"h": 3600, "m": 60, "s": 1}


def write_to_disk(service: str, *, gib: int, account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Each task of this service, in any region and cluster, writes so much to its scratch volumes."""
    _state(account)["written"][service] = gib


def pass_time(*, minutes: int, account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Move the emulator's clock, which agents follow when they remove stopped tasks."""
    _state(account)["now"] += 60 * minutes


def is_full(backend: EC2ContainerServiceBackend, service: Service, settings: dict[str, Any]) -> bool:
    """Whether the tasks of a new deployment find no room beside those that run, and those that stopped before."""
    found = _found(backend, service, settings)
    if found is None:
        return False
    group, disk, gib = found
    state = _state(backend.account_id)
    left = [size for name, ends, size in state["left"] if name == group.arn and ends > state["now"]]
    running = min(len(service.tasks), _fitting(backend, group, settings))
    new = min(settings["desiredCount"], _fitting(backend, group, settings))
    return sum(left) + (running + new) * gib > disk


def leave(backend: EC2ContainerServiceBackend, service: Service, settings: dict[str, Any]) -> None:
    """Keep what the running tasks of a service have written, because they stop now."""
    found = _found(backend, service, settings)
    if found is None or not service.tasks:
        return
    group, _, gib = found
    amount, unit = re.fullmatch(r"(\d+)([hms])", _wait(group)).groups()
    state = _state(backend.account_id)
    stopped = min(len(service.tasks), _fitting(backend, group, settings))
    state["left"].append((group.arn, state["now"] + int(amount) * _UNITS[unit], stopped * gib))


def _wait(group: Any) -> str:
    return groups.agent_settings(group).get("ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION", "3h")


def _found(
    backend: EC2ContainerServiceBackend, service: Service, settings: dict[str, Any]
) -> tuple[Any, int, int] | None:
    """The group of a service, the size of its disks, and what each task writes."""
    gib = next((size for name, size in _state(backend.account_id)["written"].items() if service.name == name), None)
    strategy = settings.get("capacityProviderStrategy") or []
    group = groups.of_provider(backend, strategy[0]["capacityProvider"].split("/")[-1]) if strategy and gib else None
    disk = groups.disk_gib(group) if group is not None else None
    return None if gib is None or disk is None else (group, disk, gib)


def _fitting(backend: EC2ContainerServiceBackend, group: Any, settings: dict[str, Any]) -> int:
    """The most tasks that fit an instance of a group by CPU and memory."""
    task = backend.describe_task_definition(settings["taskDefinition"])
    sizes = [INSTANCE_TYPES[type_] for type_ in groups.instance_types(group) if type_ in INSTANCE_TYPES]
    counts = [
        min(
            size["VCpuInfo"]["DefaultVCpus"] * 1024 // int(task.cpu or 256),
            size["MemoryInfo"]["SizeInMiB"] // int(task.memory or 512),
        )
        for size in sizes
    ]
    return max(1, *counts) if counts else 1


def _state(account: str) -> dict[str, Any]:
    # On a backend without regions, so that a reset of the emulator clears it too.
    return iam_backends[account]["aws"].__dict__.setdefault("disks", {"now": 0, "written": {}, "left": []})
