"""Durations as App Mesh spells them."""

from __future__ import annotations

from typing import Any

from catalog.model import UNLIMITED


def duration(seconds: float) -> dict[str, Any]:
    """0 turns a timer off (App Mesh User Guide, "Routes"); parts of a second are cut to milliseconds."""
    if seconds == UNLIMITED:
        return {"unit": "s", "value": 0}
    if seconds.is_integer():
        return {"unit": "s", "value": int(seconds)}
    return {"unit": "ms", "value": int(seconds * 1000)}


def timeouts(protocol: str, *, request: float, idle: float) -> dict[str, Any]:
    """The timers of a listener or a route. Written out always: left out, a request has 15 seconds."""
    if protocol == "tcp":
        return {"idle": duration(idle)}
    return {"per_request": duration(request), "idle": duration(idle)}
