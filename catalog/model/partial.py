"""Service keys where none is required: [defaults] and [profiles.NAME]."""

from __future__ import annotations

from catalog.model.service import ServiceKeys


class PartialServiceKeys(ServiceKeys):
    """Any service keys."""

    image: str = ""
    """Container image, with a tag or digest."""
