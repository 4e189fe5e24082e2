"""Where a catalog itself asks for something, as opposed to a default or a built-in profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catalog.frame import Place
from catalog.model import Deployment, Service

Asked = Callable[[Place], Iterator[Place]]
"""Of the whole catalog's place, those of what is asked for."""


def catalog_key(*path: str) -> Asked:
    """Where a key of the catalog is written, unless it says no."""

    def asked(at: Place) -> Iterator[Place]:
        value: object = at.deployment.catalog
        for key in path:
            value = getattr(value, key)
        if at(*path).is_set and value not in (None, False, "none"):
            yield at(*path)

    return asked


def ingress_key(key: str) -> Asked:
    """Where a key is written of an ingress, unless it says no."""

    def asked(at: Place) -> Iterator[Place]:
        for name, ingress in at.deployment.catalog.ingress.items():
            if getattr(ingress, key):
                yield at("ingress", name, key)

    return asked


def service_key(*path: str, where: Callable[[Deployment, Service], bool] = lambda deployment, service: True) -> Asked:
    """Where a key is written of a service that `where` picks out."""

    def asked(at: Place) -> Iterator[Place]:
        for service in at.deployment.services.values():
            place = at("services", service.name, *path)
            if place.is_set and where(at.deployment, service):
                yield place

    return asked


def has_callers(deployment: Deployment, service: Service) -> bool:
    return service.port is not None and bool(deployment.callers_of(service.name))
