"""How large a task may be on Fargate, and how its containers share it."""

from __future__ import annotations

from dataclasses import dataclass


def _steps(first: int, last: int, step: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1, step))


FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: _steps(1024, 4096, 1024),
    1024: _steps(2048, 8192, 1024),
    2048: _steps(4096, 16384, 1024),
    4096: _steps(8192, 30720, 1024),
    8192: _steps(16384, 61440, 4096),
    16384: _steps(32768, 122880, 8192),
}
"""CPU units, and the MiB of memory that go with them (ECS API reference, RegisterTaskDefinition, `cpu`)."""


@dataclass(frozen=True)
class Share:
    """A container's part of its task, or a whole task: CPU units and MiB of memory."""

    cpu: int
    memory: int


def nearest_size(cpu: int, memory: int) -> Share:
    """The smallest Fargate task that holds this much; the largest there is where none does."""
    for units, memories in FARGATE_SIZES.items():
        if units >= cpu and memories[-1] >= memory:
            return Share(units, next(mib for mib in memories if mib >= memory))
    largest = max(FARGATE_SIZES)
    return Share(largest, FARGATE_SIZES[largest][-1])


def service_share(cpu: int, memory: int, *beside: Share) -> Share:
    """What is left of a task for its service, beside other containers."""
    return Share(cpu - sum(share.cpu for share in beside), memory - sum(share.memory for share in beside))
