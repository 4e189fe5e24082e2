"""A place in the catalog, as rules use it: whether a value is set there, on which line, and what is wrong with it."""

from __future__ import annotations

from catalog.model import Deployment, Service, Workload
from catalog.model.workload import WorkloadKeys
from catalog.problems import Finding, Level, Path
from catalog.provenance import Provenance


class Place:
    """A path in the catalog of one deployment."""

    __slots__ = ("_provenance", "deployment", "path")

    def __init__(self, deployment: Deployment, provenance: Provenance, path: Path = ()) -> None:
        self.deployment = deployment
        self.path = path
        self._provenance = provenance

    def __call__(self, *keys: str | int) -> Place:
        """The place of a value below this one."""
        return Place(self.deployment, self._provenance, (*self.path, *keys))

    def catalog(self, *path: str | int) -> Place:
        """The place at a path from the top of the catalog."""
        return Place(self.deployment, self._provenance, path)

    @property
    def parent(self) -> Place:
        """The place of the table that holds this value."""
        return Place(self.deployment, self._provenance, self.path[:-1])

    @property
    def name(self) -> str:
        """The last key: of a table of services, ingresses and the like, the name of this one."""
        return str(self.path[-1])

    @property
    def workload(self) -> Workload:
        """The workload that this place is in; while a version is checked, that version."""
        return self.deployment.workloads[str(self.path[1])]

    @property
    def service(self) -> Service:
        """The same, of a place in a service."""
        return self.deployment.services[str(self.path[1])]

    @property
    def as_written(self) -> WorkloadKeys:
        """The same as the catalog has it: without the addresses of callees, and without registries that stand in."""
        keys: WorkloadKeys = getattr(self.deployment.catalog, str(self.path[0]))[self.path[1]]
        return keys

    @property
    def is_set(self) -> bool:
        """Whether the catalog sets this value itself, as opposed to a default."""
        return self._provenance.is_set(*self.path)

    @property
    def is_set_here(self) -> bool:
        """Whether it is set right there, as opposed to [defaults] or a profile, which set it for several services."""
        return self._provenance.is_set_here(*self.path)

    @property
    def location(self) -> str:
        """`services.toml:31`, for naming a second line in a message."""
        return self._provenance.location(*self.path)

    def error(self, message: str) -> Finding:
        """A finding that refuses the catalog."""
        return Finding(place=self.path, message=message)

    def warning(self, message: str) -> Finding:
        """A finding that lets the catalog load."""
        return Finding(place=self.path, message=message, level="warning")

    def notice(self, message: str) -> Finding:
        """A finding that only informs."""
        return Finding(place=self.path, message=message, level="notice")

    def finding(self, message: str, *, level: Level) -> Finding:
        """A finding of a level that depends on the catalog."""
        return Finding(place=self.path, message=message, level=level)
