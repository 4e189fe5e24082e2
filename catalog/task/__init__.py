"""What a task holds beside its service's own container, key by key."""

from __future__ import annotations

from collections.abc import Callable

from catalog.model import Deployment, Service
from catalog.task.addition import Addition, Container, joined, merged, share
from catalog.task.model import model_addition

__all__ = ["Addition", "Container", "addition_of", "merged", "share"]

_ADDITIONS: tuple[Callable[[Deployment, Service], Addition], ...] = (model_addition,)
"""In the order in which containers stand in the task definition."""


def addition_of(deployment: Deployment, service: Service) -> Addition:
    """All that the keys of a service, and of the deployment, add to its task."""
    return joined(add(deployment, service) for add in _ADDITIONS)
