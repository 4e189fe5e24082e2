"""How long a start may take, spread over what ECS has for it."""

from __future__ import annotations

import math
from typing import Any

from catalog.model.service import Health

MAX_START_PERIOD = 300
MAX_RETRIES = 10
MAX_INTERVAL = 300
"""Bounds of a container health check (ECS API reference, HealthCheck)."""
LONGEST_GRACE = MAX_START_PERIOD + MAX_RETRIES * MAX_INTERVAL
_RETRIES = 3
"""ECS's own default."""


def container_check(health: Health) -> dict[str, Any] | None:
    """The `healthCheck` of a container definition, or None where the service names no command.

    ECS ignores failures for at most 300 seconds. What `grace` asks beyond that is bought with retries first, because
    they keep the pace of the check, and with a longer interval only when ten retries are not enough.
    """
    if health.command is None:
        return None
    beyond = max(0.0, health.grace - MAX_START_PERIOD)
    retries = min(MAX_RETRIES, max(_RETRIES, math.ceil(beyond / health.interval)))
    interval = max(health.interval, math.ceil(beyond / retries))
    return {
        "command": list(health.command),
        "interval": int(interval),
        "timeout": int(health.timeout),
        "retries": retries,
        "startPeriod": int(min(health.grace, MAX_START_PERIOD)),
    }


def rollout_minutes(*, grace: float, drain: float) -> int:
    """How long Terraform waits for a rollout: ten minutes for placing and pulling, the start three times over (a
    failed try counts), and the time connections take to drain from a load balancer."""
    return math.ceil((600 + 3 * grace + drain) / 60)
