"""Every timer of a hop, from all that keeps time there. A new keeper of time is one more line in PARTS."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from catalog import balancer, network_balancer, startup, stopping
from catalog.meshes import mesh_of
from catalog.model import Deployment, Service
from catalog.timers import Hop, Timer


def _of_the_mesh(deployment: Deployment, hop: Hop) -> Iterable[Timer]:
    return mesh_of(deployment).timers(deployment, hop)


def _of_the_start(deployment: Deployment, hop: Hop) -> Iterable[Timer]:
    return startup.timers(hop, watched=mesh_of(deployment).starts_watched(hop.callee))


PARTS: tuple[Callable[[Deployment, Hop], Iterable[Timer]], ...] = (
    balancer.timers,
    network_balancer.timers,
    _of_the_mesh,
    stopping.timers,
    _of_the_start,
)
"""In the order in which a call meets them."""


def timers_of(deployment: Deployment, hop: Hop) -> tuple[Timer, ...]:
    """What counts time on a hop, in the order in which a call meets it."""
    return tuple(timer for part in PARTS for timer in part(deployment, hop))


def hops_into(deployment: Deployment, service: Service) -> tuple[Hop, ...]:
    """Every last step to a service: from its ingress, and from each of its callers."""
    ingress = deployment.ingress_of(service)
    ways_in = (Hop(callee=service, ingress=ingress),) if ingress is not None else ()
    callers = deployment.callers_of(service.name) if service.port is not None else ()
    return (*ways_in, *(Hop(callee=service, caller=caller) for caller in callers))
