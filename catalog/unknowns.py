"""What stands in texts for values that only Terraform will know. Unicode keeps these code points out of any text, so no
user can write them; `stacks` puts references in their place."""

from __future__ import annotations

import re

ACCOUNT = "\ufdd0account\ufdd1"
"""The account that is applied to, where the catalog does not say which."""

GENERATED_HOST = re.compile("\ufdd2([a-z0-9-]+)\ufdd3")
"""The host name that AWS makes for the service of that name."""


def generated_host(service_name: str) -> str:
    """The mark for the host name that AWS makes for a service."""
    return f"\ufdd2{service_name}\ufdd3"
