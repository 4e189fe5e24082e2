"""Hops between services: the address that a caller uses for a callee, and all timers on a hop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from catalog.analysis import load_balancers, timeouts
from catalog.analysis.timeouts import Hop, Timer
from catalog.meshes import mesh_of
from catalog.model import Deployment, External, Service

_SCHEMES = {"tcp": "tcp", "https": "https"}


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host, its port, and the scheme of its URL."""

    host: str
    port: int
    scheme: str
    has_url: bool = True
    """Whether every caller gets the URL. Libraries reject or misread the URL of tcp without a `scheme`."""

    @property
    def url(self) -> str:
        default = {"http": 80, "https": 443}.get(self.scheme)
        return f"{self.scheme}://{self.host}" + ("" if self.port == default else f":{self.port}")


def address(deployment: Deployment, name: str) -> Address:
    """The address of a service with a port, or of an external, as its callers use it."""
    if name in deployment.catalog.external:
        external = deployment.catalog.external[name]
        return _address(external, host=external.host, port=external.port)
    service = deployment.services[name]
    assert service.port is not None
    mesh = mesh_of(deployment)
    host = mesh.generated_host(deployment, service) or deployment.host_of(name)
    made = _address(service, host=host, port=service.port)
    if mesh.callers_use_tls(deployment, service) and service.scheme is None:
        return replace(made, scheme="https")
    return made


def _address(callee: Service | External, *, host: str, port: int) -> Address:
    scheme = callee.scheme or _SCHEMES.get(callee.protocol, "http")
    return Address(host=host, port=port, scheme=scheme, has_url=callee.protocol != "tcp" or callee.scheme is not None)


def resolved_calls(deployment: Deployment) -> Iterator[tuple[Service, int]]:
    """The calls that need DNS records of the callee: each caller, and the index of the callee in its `calls`."""
    needs_dns = mesh_of(deployment).needs_dns
    for service in deployment.services.values():
        for index, name in enumerate(service.calls):
            if name in deployment.services and needs_dns(deployment.services[name]):
                yield service, index


def _mesh_timers(deployment: Deployment, hop: Hop) -> Iterable[Timer]:
    return mesh_of(deployment).timers(deployment, hop)


def _start_timers(deployment: Deployment, hop: Hop) -> Iterable[Timer]:
    return timeouts.start_timers(hop, watched=mesh_of(deployment).starts_watched(deployment, hop.callee))


PARTS: tuple[Callable[[Deployment, Hop], Iterable[Timer]], ...] = (
    load_balancers.load_balancer_timers,
    load_balancers.network_load_balancer_timers,
    _mesh_timers,
    timeouts.stop_timers,
    _start_timers,
)
"""The sources of timers, in the order in which a call meets them."""


def timers_of(deployment: Deployment, hop: Hop) -> tuple[Timer, ...]:
    """All timers on a hop, in the order in which a call meets them."""
    return tuple(timer for part in PARTS for timer in part(deployment, hop))


def hops_into(deployment: Deployment, service: Service) -> tuple[Hop, ...]:
    """All hops that end at a service: from its ingress, and from each of its callers."""
    ingress = deployment.ingress_of(service)
    ingress_hops = (Hop(callee=service, ingress=ingress),) if ingress is not None else ()
    callers = deployment.callers_of(service.name) if service.port is not None else ()
    return (*ingress_hops, *(Hop(callee=service, caller=caller) for caller in callers))
