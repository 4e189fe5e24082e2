"""`security.deletion_protection`: what Terraform refuses to delete."""

from __future__ import annotations

from typing import Any

from catalog.model import Deployment


def protected(deployment: Deployment, **lifecycle: Any) -> dict[str, Any] | None:
    """The lifecycle of what cannot be had back. Terraform refuses while it plans, before anything else is gone; AWS's
    own protection, which only load balancers have, refuses in the middle of it."""
    if deployment.catalog.security.deletion_protection:
        return {**lifecycle, "prevent_destroy": True}
    return lifecycle or None
