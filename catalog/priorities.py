"""In which order a load balancer tries its rules: the more particular first, without counting them."""

from __future__ import annotations

import hashlib

from catalog.model import Service

LAST = 50000
"""The highest priority that a listener rule may have (ELBv2 API reference, CreateRule)."""
DEEPEST = 7
"""Paths of more segments than this are not told apart."""
SLOTS = LAST // (2 * (DEEPEST + 1))
"""How many rules equally particular there is room for."""


def priority_of(service: Service) -> int:
    """The priority of a public service's rule: the one it asks for, or the one that follows from its rule."""
    assert service.public is not None
    if service.public.priority is not None:
        return service.public.priority
    return priority(service.public.host, service.public.path, service.name)


def priority(host: str | None, path: str, key: str) -> int:
    """1 to 50000: rules with a host first, then longer paths before shorter; among equals `key` draws a slot.

    It depends on nothing but its own rule, so that a new rule moves no other. Two of a kind can draw the same slot.
    """
    segments = min(len([segment for segment in path.split("/") if segment]), DEEPEST)
    band = (DEEPEST + 1) * (host is None) + DEEPEST - segments
    slot = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % SLOTS
    return 1 + band * SLOTS + slot
