"""Which Terraform state everything of a deployment lives in: the base, or the stack that its service names.

What services share, and what leads to them, stays in the base: network, cluster, namespaces, security groups and their
rules, ingress with its target groups, file systems, and the mesh itself. What is a service's alone goes with it. VPC
Lattice stays in the base as a whole: its listeners and target groups are known by ids that AWS makes up, so nothing
could take them over from another state.
"""

from __future__ import annotations

from catalog import names
from catalog.model import Deployment, Workload

BASE = "base"
"""The state that every deployment has."""

WORKLOAD_TYPES = frozenset(
    {
        "aws_appautoscaling_policy",
        "aws_appautoscaling_scheduled_action",
        "aws_appautoscaling_target",
        "aws_appmesh_gateway_route",
        "aws_appmesh_route",
        "aws_appmesh_virtual_node",
        "aws_appmesh_virtual_router",
        "aws_appmesh_virtual_service",
        "aws_cloudwatch_log_group",
        "aws_cloudwatch_metric_alarm",
        "aws_ecs_service",
        "aws_ecs_task_definition",
        "aws_iam_role",
        "aws_iam_role_policy",
        "data.aws_secretsmanager_secret_versions",
        "terraform_data",
    }
)
"""What goes with its service. A type may only stand here if nothing in the base, and nothing of a service in another
stack, refers to it: `stacks.shared` refuses such a reference."""


def stack_of(workload: Workload) -> str:
    """The state that a workload lives in."""
    return workload.stack or BASE


def stacks_of(deployment: Deployment) -> tuple[str, ...]:
    """The states of a deployment beside its base, by name: those that services name, or come from, and those that
    `catalog.stacks` keeps until they are empty."""
    named = {stack for workload in deployment.running for stack in (workload.stack, workload.stack_from)}
    return tuple(sorted({stack for stack in (*named, *deployment.catalog.catalog.stacks) if stack} - {BASE}))


def owner_of(address: str, *, deployment: Deployment) -> Workload | None:
    """The service to which a resource or data source belongs alone, and with which it moves; None if it is shared."""
    type_, _, name = address.rpartition(".")
    if type_ not in WORKLOAD_TYPES:
        return None
    if type_ == "aws_appautoscaling_scheduled_action":  # bears a name of the user's choosing behind the service's
        return deployment.workloads[name.partition("_")[0]]
    return deployment.workloads.get(names.owner(name, workloads=deployment.workloads) or "")


def state_of(address: str, *, deployment: Deployment) -> str:
    """The state in which a resource or data source lives."""
    owner = owner_of(address, deployment=deployment)
    return stack_of(owner) if owner else BASE


def folder_of(deployment_id: str, state: str) -> str:
    """What a state's stack and folder are called: the base like its deployment, any other with `_`, which no id
    holds."""
    return deployment_id if state == BASE else f"{deployment_id}_{state}"
