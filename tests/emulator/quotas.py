"""Quotas of vCPUs, which a test can set: tasks and instances beyond them don't start.

ECS accepts a service that exceeds a quota. Its tasks stay in PROVISIONING, and it never becomes steady. A quota that no
test has set doesn't bind.
"""

from __future__ import annotations

import re
from typing import Any

from moto.autoscaling import autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.iam import iam_backends

from . import groups

Settings = dict[str, Any]

_FARGATE = {"FARGATE": "L-3032A538", "FARGATE_SPOT": "L-36FBB829"}
_ON_DEMAND = {"standard": "L-1216C47A", "g": "L-DB2E81BA", "vt": "L-DB2E81BA", "p": "L-417A185B", "x": "L-7295265B"}
_SPOT = {"standard": "L-34B43A08", "g": "L-3819A6DF", "vt": "L-3819A6DF", "p": "L-7212CCBC", "x": "L-E3A00192"}
"""Codes of the quotas (Service Quotas, "AWS Fargate" and "Amazon EC2"), by capacity provider or family of types."""


def set_quota(code: str, vcpus: int, *, account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Set the quota with this code, in every region, until the account is emptied."""
    _quotas(account)[code] = vcpus


def startable(backend: EC2ContainerServiceBackend, service: Service, settings: Settings, count: int) -> int:
    """How many of `count` tasks with these settings the quotas let run, beside those of other services."""
    provider = _provider(settings)
    if provider in _FARGATE:
        limit = _quotas(backend.account_id).get(_FARGATE[provider])
        if limit is None:
            return count
        others = [
            len(other.tasks) * _cpu(backend, other.settings)
            for other in tuple(backend.services.values())
            if other.status == "ACTIVE" and other is not service and _provider(other.settings) == provider
        ]
        return min(count, max(0, limit * 1024 - sum(others)) // _cpu(backend, settings))
    group = groups.of_provider(backend, provider)
    return count if group is None else min(count, _on(backend, group, settings, count))


def _on(backend: EC2ContainerServiceBackend, group: Any, settings: Settings, count: int) -> int:
    """How many tasks the instances that a group may start can run."""
    found = count
    for type_ in groups.instance_types(group):
        family = re.match("[a-z]+", type_)
        codes = _SPOT if groups.is_spot(group) else _ON_DEMAND
        code = codes.get(family[0] if family else "", codes["standard"])
        limit = _quotas(backend.account_id).get(code)
        if limit is None or type_ not in INSTANCE_TYPES:
            continue
        vcpus = INSTANCE_TYPES[type_]["VCpuInfo"]["DefaultVCpus"]
        known = autoscaling_backends[backend.account_id][backend.region_name].autoscaling_groups
        used = sum(
            vcpus * len(other.instance_states)
            for other in tuple(known.values())
            if other is not group and type_ in groups.instance_types(other)
        )
        instances = min(int(group.max_size or 0), max(0, limit - used) // vcpus)
        found = min(found, instances * max(1, vcpus * 1024 // _cpu(backend, settings)))
    return found


def _provider(settings: Settings) -> str:
    strategy = settings.get("capacityProviderStrategy") or []
    return strategy[0]["capacityProvider"].split("/")[-1] if strategy else settings.get("launchType") or ""


def _cpu(backend: EC2ContainerServiceBackend, settings: Settings) -> int:
    """CPU units of a task."""
    return int(backend.describe_task_definition(settings["taskDefinition"]).cpu or 256)


def _quotas(account: str) -> dict[str, int]:
    # On a backend without regions, so that a reset of the emulator clears it too.
    return iam_backends[account]["aws"].__dict__.setdefault("vcpu_quotas", {})
