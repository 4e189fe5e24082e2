"""What a rule can be about, and how many of each a deployment has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from catalog.frame.place import Place
from catalog.model import Deployment, External, Ingress, Service
from catalog.model.capacity import Capacity
from catalog.model.container import Check, Secret
from catalog.model.sidecar import Sidecar
from catalog.provenance import Provenance

if TYPE_CHECKING:

    class Workload(Service):
        """What runs: a service's own workload, and each of its other versions."""

    class Version(Service):
        """A version of a service beside its own workload."""

else:

    class Workload:
        """What runs: a service's own workload, and each of its other versions."""

    class Version:
        """A version of a service beside its own workload."""


class Container:
    """The keys that a workload's own container and its sidecars have in common."""

    image: str
    command: tuple[str, ...] | None
    entrypoint: tuple[str, ...] | None
    environment: Mapping[str, str]
    not_secret: tuple[str, ...]
    secrets: Mapping[str, Secret]
    credentials: str | None
    health: Check
    stop_timeout: float | None
    container: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Siblings:
    """A deployment beside the other environments of its catalog."""

    deployment: Deployment
    all: tuple[Deployment, ...]
    """In the order of their names, the deployment itself among them."""

    @property
    def earlier(self) -> tuple[Deployment, ...]:
        return tuple(takewhile(lambda each: each is not self.deployment, self.all))


class Subjects:
    """All subjects of one deployment, each with its place."""

    def __init__(self, deployment: Deployment, provenance: Provenance) -> None:
        self._root = Place(deployment, provenance)
        self._deployment = deployment

    def of(self, kind: type) -> list[tuple[Any, Place]]:
        """The subjects of a kind."""
        return self._found[kind]

    @cached_property
    def _found(self) -> dict[type, list[tuple[Any, Place]]]:
        return {kind: list(find(self)) for kind, find in _KINDS.items()}

    def _whole(self) -> Iterator[tuple[Any, Place]]:
        yield self._deployment, self._root

    def _services(self) -> Iterator[tuple[Service, Place]]:
        for name, service in self._deployment.services.items():
            yield service, self._root("services", name)

    def _containers(self) -> Iterator[tuple[Any, Place]]:
        for service, at in self._services():
            yield service, at
            for name, sidecar in service.sidecars.items():
                yield sidecar, at("sidecars", name)

    def _sidecars(self) -> Iterator[tuple[Sidecar, Place]]:
        for service, at in self._services():
            for name, sidecar in service.sidecars.items():
                yield sidecar, at("sidecars", name)

    def _versions(self) -> Iterator[tuple[Service, Place]]:
        for name, versions in self._deployment.versions.items():
            for index, version in enumerate(versions):
                yield version, self._root("services", name, "versions", index)

    def _tables(self, key: str) -> Iterator[tuple[Any, Place]]:
        for name, table in getattr(self._deployment.catalog, key).items():
            yield table, self._root(key, name)


_KINDS: dict[type, Callable[[Subjects], Iterator[tuple[Any, Place]]]] = {
    Deployment: Subjects._whole,
    Service: Subjects._services,
    Workload: Subjects._services,
    Container: Subjects._containers,
    Sidecar: Subjects._sidecars,
    Version: Subjects._versions,
    Ingress: lambda subjects: subjects._tables("ingress"),
    External: lambda subjects: subjects._tables("external"),
    Capacity: lambda subjects: subjects._tables("capacity"),
}
OF_A_WORKLOAD = (Workload, Container, Sidecar)
"""What a version has too: rules about these are asked of it as well."""
