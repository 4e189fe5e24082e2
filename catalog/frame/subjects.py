"""The subjects of rules, and those that a deployment has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from catalog.diagnostics import Provenance
from catalog.frame.places import Place
from catalog.model import Deployment, External, Ingress, Service, Workload
from catalog.model.container import Check, Model, Secret, Sidecar, Volume
from catalog.model.iam import Statement
from catalog.model.ingress import Login
from catalog.model.platform import Capacity
from catalog.model.scaling import Backlog, Scale
from catalog.model.service import Public
from catalog.model.workload import WorkloadKeys

if TYPE_CHECKING:

    class ServiceWorkload(Service):
        """A service's own workload, and each version as if it were the service."""

    class ServiceVersion(Service):
        """A version of a service beside its own workload."""

else:

    class ServiceWorkload:
        """A service's own workload, and each version as if it were the service."""

    class ServiceVersion:
        """A version of a service beside its own workload."""


class Container:
    """The keys that a workload's own container and its sidecars share."""

    image: str
    command: tuple[str, ...] | None
    entrypoint: tuple[str, ...] | None
    environment: Mapping[str, str]
    not_secret: tuple[str, ...]
    secrets: Mapping[str, Secret]
    credentials: str | None
    health: Check
    user: str | None
    volumes: Mapping[str, Volume] | Mapping[str, str]
    stop_timeout: float | None
    container: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Siblings:
    """A deployment with the other environments of its catalog."""

    deployment: Deployment
    all: tuple[Deployment, ...]
    """Sorted by name, including the deployment itself."""

    @property
    def earlier(self) -> tuple[Deployment, ...]:
        return tuple(takewhile(lambda each: each is not self.deployment, self.all))


Found = Iterator[tuple[Any, Place]]


class Subjects:
    """All subjects of one deployment, each with its place."""

    def __init__(self, deployment: Deployment, provenance: Provenance) -> None:
        self._root = Place(deployment, provenance)
        self._found: dict[type, list[tuple[Any, Place]]] = {}

    def of(self, kind: type) -> list[tuple[Any, Place]]:
        """The subjects of a kind."""
        if kind not in self._found:
            self._found[kind] = list(_KINDS[kind](self._root))
        return self._found[kind]


def _whole(root: Place) -> Found:
    yield root.deployment, root


def _services(root: Place) -> Found:
    for name, service in root.deployment.services.items():
        yield service, root("services", name)


def _versions(root: Place) -> Found:
    for name, versions in root.deployment.versions.items():
        for index, version in enumerate(versions):
            yield version, root("services", name, "versions", index)


def _workloads(root: Place) -> Found:
    for workload in root.deployment.running:
        if workload.version is None:
            yield workload, root(*workload.place)


def containers_of(workload: WorkloadKeys, at: Place) -> Iterator[tuple[Container, Place]]:
    """A workload's own container and its sidecars, each with its place."""
    own: Any = workload
    yield own, at
    for name, sidecar in workload.sidecars.items():
        beside: Any = sidecar
        yield beside, at("sidecars", name)


def _containers(root: Place) -> Found:
    for workload, at in _workloads(root):
        yield from containers_of(workload, at)


def _sidecars(root: Place) -> Found:
    for workload, at in _workloads(root):
        for name, sidecar in workload.sidecars.items():
            yield sidecar, at("sidecars", name)


def _statements(root: Place) -> Found:
    for workload, at in _workloads(root):
        for index, statement in enumerate(workload.access.statements):
            yield statement, at("access", "statements", index)


def _backlogs(root: Place) -> Found:
    for scale, at in _of_workloads("scale")(root):
        if scale.backlog is not None:
            yield scale.backlog, at("backlog")


def _logins(root: Place) -> Found:
    for ingress, at in _tables("ingress")(root):
        if ingress.login is not None:
            yield ingress.login, at("login")


def _of_workloads(key: str) -> Callable[[Place], Found]:
    """An optional table of workloads."""

    def found(root: Place) -> Found:
        for workload, at in _workloads(root):
            if (table := getattr(workload, key, None)) is not None:
                yield table, at(key)

    return found


def _tables(key: str) -> Callable[[Place], Found]:
    """The entries of a table of the catalog, such as [ingress]."""

    def found(root: Place) -> Found:
        for name, table in getattr(root.deployment.catalog, key).items():
            yield table, root(key, name)

    return found


_KINDS: dict[type, Callable[[Place], Found]] = {
    Deployment: _whole,
    Service: _services,
    ServiceVersion: _versions,
    ServiceWorkload: _services,
    Workload: _workloads,
    Container: _containers,
    Sidecar: _sidecars,
    Model: _of_workloads("model"),
    Scale: _of_workloads("scale"),
    Backlog: _backlogs,
    Statement: _statements,
    Public: _of_workloads("public"),
    Ingress: _tables("ingress"),
    Login: _logins,
    External: _tables("external"),
    Capacity: _tables("capacity"),
}
OF_A_WORKLOAD = (ServiceWorkload, Workload, Container, Sidecar, Model, Scale, Backlog, Statement)
"""The subjects that a version has too: rules about them also run for versions."""
