"""Marks in strings for values that only Terraform knows. `stacks` replaces them by references. They consist of code
points that aren't characters, so that no catalog contains them."""

from __future__ import annotations

import re

ACCOUNT = "\ufdd0account\ufdd1"
"""The account of the apply, if the catalog doesn't set one."""

GENERATED_HOST = re.compile("\ufdd2([a-z0-9-]+)\ufdd3")
"""The host name that AWS generates for the service of that name."""


def generated_host(service_name: str) -> str:
    """The mark for the host name that AWS generates for a service."""
    return f"\ufdd2{service_name}\ufdd3"
