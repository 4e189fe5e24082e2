"""What counts time while somebody waits for an answer: the words for it; `catalog.hops` gathers what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catalog.model import Service

Limits = Literal["whole answer", "one try", "silence", "connection", "draining", "stopping", "starting"]
"""What a timer measures. Of one try, the time until its answer starts; of a connection, its whole life."""
REPLACING: frozenset[Limits] = frozenset({"draining", "stopping", "starting"})
"""What counts only while a task is replaced."""


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One step of a call on its way from the outside: into a service, from an ingress or from another service."""

    callee: Service
    caller: Service | None = None
    ingress: str | None = None
    """Neither caller nor ingress: the call begins in the service itself."""


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One timer on a hop."""

    at: str
    """Whose it is: "load balancer", "route to llm"."""
    limits: Limits
    seconds: float
    """Until it ends what it limits; UNLIMITED for one that does not count."""
    asked: float
    """What the catalog asks for here."""
    key: str | None = None
    """The service's key that sets it; None where nothing of the catalog does."""
    reason: str = ""
    """Why it may be shorter than asked."""

    @property
    def is_short(self) -> bool:
        """Whether it ends before the time that was asked for."""
        return self.seconds < self.asked
