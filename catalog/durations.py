"""Durations as the catalog spells them, for messages that say what to write."""

from __future__ import annotations

from catalog.model import UNLIMITED


def spelled_duration(seconds: float) -> str:
    """`"10m"`: in quotes, in the largest unit that fits evenly."""
    if seconds == UNLIMITED:
        return '"none"'
    whole = int(seconds)
    for unit, length in (("h", 3600), ("m", 60)):
        if whole and whole % length == 0:
            return f'"{whole // length}{unit}"'
    return f'"{whole}s"'


def short_duration(seconds: float) -> str:
    """`10m5s`: for tables, in all units that it takes."""
    if seconds == UNLIMITED:
        return "none"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [
        f"{hours}h" if hours else "",
        f"{minutes}m" if minutes else "",
        f"{round(rest, 3):g}s" if rest > 0 else "",
    ]
    return "".join(parts) or "0s"
