"""What VPC Lattice counts: two limits of its own, whatever a catalog says."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.meshes.vpc_lattice.listeners import is_carried
from catalog.model import Deployment
from catalog.timers import Hop, Timer

CONNECTION = 600
SILENCE = 60
"""Seconds after which a connection is closed, and after which a silent one is (VPC Lattice API reference,
CreateService, idleTimeoutSeconds)."""


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """Its limits on a call between services; a load balancer connects to the tasks themselves."""
    service = hop.callee
    if hop.caller is None or not is_carried(service):
        return
    yield Timer(
        at=f"VPC Lattice to {service.name}",
        limits="connection",
        seconds=CONNECTION,
        asked=service.timeout,
        reason="VPC Lattice ends a connection after ten minutes, whatever is on it",
    )
    yield Timer(
        at=f"VPC Lattice to {service.name}",
        limits="silence",
        seconds=SILENCE,
        asked=service.idle_timeout,
        reason="VPC Lattice closes what is silent for a minute",
    )
