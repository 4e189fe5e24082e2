"""In which order a load balancer tries its rules: the more particular first, without counting them."""

from __future__ import annotations

import hashlib

from catalog.model import Deployment, Service
from catalog.model.types import LAST_PRIORITY

DEEPEST = 7
"""Paths of more segments than this are not told apart."""
SLOTS = LAST_PRIORITY // (2 * (DEEPEST + 1))
"""How many rules equally particular there is room for."""
MATCHES = 100
"""How many matches of versions there is room for. No mesh has more priorities for its rules."""


def room_of(deployment: Deployment, service: Service) -> tuple[int, int]:
    """The first and the last priority that a public service's rules may have: all, or of a listener that exists those
    that were given to this deployment."""
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    given: tuple[int, int] | None = ingress.priorities if ingress is not None else None
    return given or (1, LAST_PRIORITY)


def priority_of(deployment: Deployment, service: Service) -> int:
    """The priority of a public service's rule: the one it asks for, or the one that follows from its rule."""
    assert service.public is not None
    if service.public.priority is not None:
        return service.public.priority
    return _within(room_of(deployment, service), _of_the_rule(service))


def priority_of_match(deployment: Deployment, service: Service, version: Service) -> int:
    """The priority of the rule by which a version gets what it matches: a little before that of its service, but not
    before rules more particular than that. Where there is no room, it is the service's own."""
    last = priority_of(deployment, service)
    assert service.public is not None
    band, own = 1, _of_the_rule(service)
    if service.public.priority is None:
        band = own - (own - 1) % SLOTS
    first = max(_within(room_of(deployment, service), band), last - MATCHES)
    return first + (match_priority(version) - 1) * (last - first) // MATCHES


def _of_the_rule(service: Service) -> int:
    assert service.public is not None
    return priority(service.public.host, service.public.path, service.aws_name)


def _within(room: tuple[int, int], priority: int) -> int:
    """A priority of the whole range in a smaller room: the order stays, and two that are close may become one."""
    first, last = room
    return first + (priority - 1) * (last - first + 1) // LAST_PRIORITY


def match_priority(version: Service) -> int:
    """1 to 100, the lowest first: what says more comes first, among equals the name draws a slot."""
    assert version.match is not None
    if version.match.priority is not None:
        return version.match.priority
    said = len(version.match.headers) + (version.match.path != "/")
    return 1 + (MATCHES // 2) * (said < 2) + _slot(version.aws_name, MATCHES // 2)


def _slot(key: str, slots: int) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % slots


def priority(host: str | None, path: str, key: str) -> int:
    """1 to LAST_PRIORITY: rules with a host first, then longer paths before shorter; among equals `key` draws a slot.

    It depends on nothing but its own rule, so that a new rule moves no other. Two of a kind can draw the same slot.
    """
    segments = min(len([segment for segment in path.split("/") if segment]), DEEPEST)
    band = (DEEPEST + 1) * (host is None) + DEEPEST - segments
    return 1 + band * SLOTS + _slot(key, SLOTS)
