"""What a mesh is to the rest: something that a service joins, and what the service must add to be a member."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from catalog.model import Service
from stacks.part import Ref


@dataclass(frozen=True, kw_only=True)
class Membership:
    """All that a service adds to its task definition, its ECS service and its role to be in the mesh."""

    sidecars: tuple[dict[str, Any], ...] = ()
    """Container definitions (ECS API spelling), each with its `cpu` and `memoryReservation`, and without a log
    configuration, which the service adds."""
    container_dependencies: tuple[dict[str, str], ...] = ()
    """`dependsOn` of the service's own container."""
    task: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the task definition."""
    service: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the ECS service."""
    task_statements: tuple[dict[str, Any], ...] = ()
    """IAM statements (JSON spelling) of the task role."""
    target_protocol: str = "HTTP"
    """What a load balancer speaks to the task."""
    depends_on: tuple[Ref, ...] = ()
    """What must stand before the first task starts."""


class Mesh(Protocol):
    """A construct that carries the calls between services."""

    name: str | None
    """The mesh's own name, for the outputs; None where the network has none."""

    def join(self, service: Service) -> Membership:
        """Make the mesh's resources for a service, and say what the service must add. Called once per service."""
        ...
