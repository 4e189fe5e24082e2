"""Where the values of a deployment come from: the catalog, or a default."""

from __future__ import annotations

from typing import Protocol


class Provenance(Protocol):
    """Tells which values the catalog sets itself, and on which line."""

    def is_set(self, *path: str | int) -> bool:
        """Whether the catalog sets this value itself, as opposed to a default."""
        ...

    def is_set_here(self, *path: str | int) -> bool:
        """Whether it is set right there, as opposed to [defaults] or a profile, which set it for several services."""
        ...

    def location(self, *path: str | int) -> str:
        """`services.toml:31`, for naming a second line in a message."""
        ...
