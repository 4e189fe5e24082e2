"""The parts of a task beside its service's own container."""

from __future__ import annotations

from collections.abc import Callable

from catalog.model import Deployment, Workload
from catalog.model.container import Secret
from catalog.task.addition import Addition, ContainerDefinition, joined, merged, raw, share, value_from
from catalog.task.sidecars import exec_addition, sidecars
from catalog.task.storage import model_addition
from catalog.task.telemetry import collector, log_router

__all__ = ["Addition", "ContainerDefinition", "addition_of", "merged", "raw", "secrets_of", "share", "value_from"]

_ADDITIONS: tuple[Callable[[Deployment, Workload], Addition], ...] = (
    model_addition,
    sidecars,
    collector,
    log_router,
    exec_addition,
)
"""In the order of the containers in the task definition."""


def addition_of(deployment: Deployment, workload: Workload) -> Addition:
    """Everything that the keys of a service and of its deployment add to its task."""
    return joined(add(deployment, workload) for add in _ADDITIONS)


def secrets_of(workload: Workload, addition: Addition) -> dict[str, Secret]:
    """All secrets that ECS reads when a service's task starts, by the service's variable or `CONTAINER.VARIABLE`."""
    return dict(sorted({**workload.secrets, **addition.secrets}.items()))
