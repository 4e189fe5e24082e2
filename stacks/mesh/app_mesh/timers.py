"""Durations as App Mesh spells them."""

from __future__ import annotations

from typing import Any

from catalog.model import UNLIMITED

FOREVER = 365 * 24 * 3600
"""Seconds that stand for no limit. App Mesh takes 0 for that, but the provider (5.100) leaves a 0 out of what it sends,
and what App Mesh makes of a duration without a value is not documented."""


def duration(seconds: float) -> dict[str, Any]:
    """Whole seconds; parts of a second are cut to milliseconds."""
    if seconds == UNLIMITED:
        return {"unit": "s", "value": FOREVER}
    if seconds.is_integer():
        return {"unit": "s", "value": int(seconds)}
    return {"unit": "ms", "value": int(seconds * 1000)}


def timeouts(protocol: str, *, request: float, idle: float) -> dict[str, Any]:
    """The timers of a listener or a route. Written out always: left out, a request has 15 seconds."""
    if protocol == "tcp":
        return {"idle": duration(idle)}
    return {"per_request": duration(request), "idle": duration(idle)}
