"""What a rule may ask about the file, beyond what the deployment says."""

from __future__ import annotations

from typing import Protocol


class Written(Protocol):
    """Where values stand, and whether they stand anywhere."""

    def written(self, *path: str | int) -> bool:
        """Whether the catalog says this value itself, as opposed to a default."""
        ...

    def own(self, *path: str | int) -> bool:
        """Whether it is said right there, as opposed to [defaults] or a profile, which speak for several."""
        ...

    def where(self, *path: str | int) -> str:
        """`services.toml:31`, for naming a second line in a message."""
        ...
