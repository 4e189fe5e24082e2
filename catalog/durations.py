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
