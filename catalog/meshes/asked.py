"""Where a catalog itself asks for something, as opposed to a default or a built-in profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catalog.model import Deployment, Service
from catalog.problems import Path
from catalog.written import Written

Asked = Callable[[Deployment, Written], Iterator[Path]]


def catalog_key(*path: str) -> Asked:
    """Where a key of the catalog is written, unless it says no."""

    def asked(deployment: Deployment, written: Written) -> Iterator[Path]:
        value: object = deployment.catalog
        for key in path:
            value = getattr(value, key)
        if written.written(*path) and value not in (None, False, "none"):
            yield path

    return asked


def ingress_key(key: str) -> Asked:
    """Where a key is written of an ingress, unless it says no."""

    def asked(deployment: Deployment, written: Written) -> Iterator[Path]:
        for name, ingress in deployment.catalog.ingress.items():
            if getattr(ingress, key):
                yield "ingress", name, key

    return asked


def service_key(*path: str, where: Callable[[Deployment, Service], bool] = lambda deployment, service: True) -> Asked:
    """Where a key is written of a service that `where` picks out."""

    def asked(deployment: Deployment, written: Written) -> Iterator[Path]:
        for service in deployment.services.values():
            place = ("services", service.name, *path)
            if written.written(*place) and where(deployment, service):
                yield place

    return asked


def has_callers(deployment: Deployment, service: Service) -> bool:
    return service.port is not None and bool(deployment.callers_of(service.name))
