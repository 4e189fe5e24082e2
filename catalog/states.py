"""Which Terraform state everything of a deployment lives in: the base, or the stack that its service names.

What services share, and what leads to them, stays in the base: network, cluster, namespaces, security groups and their
rules, ingress with its target groups, file systems, and the mesh itself. What is a service's alone goes with it, as the
table of resource types has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalog.analysis.resource_types import ResourceType, owner
from catalog.model import Deployment, Workload

BASE = "base"
"""The state that every deployment has."""


def stack_of(workload: Workload) -> str:
    """The state that a workload lives in."""
    return workload.stack or BASE


def stacks_of(deployment: Deployment) -> tuple[str, ...]:
    """The states of a deployment beside its base, by name: those that services name, or come from, and those that
    `catalog.stacks` keeps until they are empty."""
    named = {stack for workload in deployment.running for stack in (workload.stack, workload.stack_from)}
    return tuple(sorted({stack for stack in (*named, *deployment.catalog.catalog.stacks) if stack} - {BASE}))


def owner_of(address: str, *, deployment: Deployment, types: Mapping[str, ResourceType]) -> Workload | None:
    """The service to which a resource or data source belongs alone, and with which it moves; None if it is shared."""
    row = types.get(address.rpartition(".")[0])
    if row is None or not row.moves_with_service:
        return None
    return deployment.workloads.get(owner(address, workloads=deployment.workloads, types=types) or "")


def state_of(address: str, *, deployment: Deployment, types: Mapping[str, ResourceType]) -> str:
    """The state in which a resource or data source lives."""
    owning = owner_of(address, deployment=deployment, types=types)
    return stack_of(owning) if owning else BASE


def folder_of(deployment_id: str, state: str) -> str:
    """What a state's stack and folder are called: the base like its deployment, any other with `_`, which no id
    holds."""
    return deployment_id if state == BASE else f"{deployment_id}_{state}"
