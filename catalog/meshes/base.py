"""What the catalog knows of a mesh, whatever is then built of it.

Rules that hold for all meshes cite "the mesh API reference" and "the mesh user guide": those of App Mesh, whose limits
are the strictest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from catalog.analysis.packing import Share
from catalog.analysis.permissions import Permission
from catalog.analysis.resource_types import ResourceType
from catalog.analysis.timeouts import Hop, Timer
from catalog.diagnostics import Finding
from catalog.frame import Place, Rules
from catalog.model import Deployment, Service


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a mesh honours what a catalog may ask of it, and in a phrase, how or what it does instead."""

    carried: bool
    how: str
    unlimited: bool = False
    """Whether, of what is timed, nothing counts there: then "none" is honoured all the same."""


def yes(how: str) -> Verdict:
    return Verdict(carried=True, how=how)


def no(how: str) -> Verdict:
    return Verdict(carried=False, how=how)


def nothing_counts(how: str) -> Verdict:
    """For a timer that does not exist there."""
    return Verdict(carried=False, how=how, unlimited=True)


def _no_timers(deployment: Deployment, hop: Hop) -> Iterable[Timer]:
    return ()


def _not_generated(deployment: Deployment, service: Service) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class MeshTraits:
    """One mesh, as rules, endpoints, addresses and the documentation have to know it."""

    title: str
    """As AWS spells it."""
    parity: Mapping[str, Verdict]
    """A verdict on every feature of `catalog.meshes.features`, by its key."""
    protocols: frozenset[str]
    """What it carries. What speaks another protocol is reached directly, by its name in Cloud Map."""
    needs_dns: Callable[[Service], bool]
    """Whether callers find a service by DNS records of the namespace, and not by names that the mesh makes itself."""
    makes_names: bool = False
    """Whether callers find services by names that the mesh makes itself, whatever kind of namespace there is."""
    starts_watched: Callable[[Service], bool] = lambda service: False
    """Whether ECS, in a rollout, waits for what the mesh finds of a task of a service."""
    timers: Callable[[Deployment, Hop], Iterable[Timer]] = _no_timers
    """What it counts on a hop, in the order in which a call meets it: what `stacks` builds, and limits of AWS."""
    rules: tuple[Rules, ...] = ()
    """What it demands of a catalog."""
    permissions: tuple[Permission, ...] = ()
    """What its policies allow."""
    managed_policies: Mapping[str, str] = field(default_factory=dict)
    """Policies that AWS keeps and that a role has for its sake, each with the reason."""
    endpoints: tuple[str, ...] = ()
    """VPC endpoints that it needs where tasks have no other way to AWS, by what follows the region in their names."""
    own_prefix_in_china: frozenset[str] = frozenset()
    """Those of them whose names begin with `cn.` there (aws-cdk-lib, vpc-endpoint.ts, getDefaultEndpointPrefix)."""
    generated_host: Callable[[Deployment, Service], str | None] = _not_generated
    """A mark for the host name that AWS makes for a service, where the mesh cannot carry the service's own; it is then
    spoken to over TLS. `stacks` puts a reference in its place."""
    own_addresses: int = 0
    """Of how many rules in a security group the mesh's own addresses take the room, where tasks connect to these; 0
    where they connect to each other."""
    containers: frozenset[str] = frozenset()
    """The names of the containers that it puts into every task."""
    images: Callable[[Deployment], Iterable[str]] = lambda deployment: ()
    """Which these run."""
    image_keys: tuple[str, ...] = ()
    """The keys of [images] that name these."""
    proxy_share: Callable[[int, int], Share] = lambda cpu, memory: Share(0, 0)
    """What its proxy takes of a task with so much CPU and memory."""
    ended: bool = False
    """Whether AWS has ended it: then it is nobody's alternative, and its resources cannot be deleted any more."""
    resource_types: Mapping[str, ResourceType] = field(default_factory=dict)
    """The rows of its own Terraform types, in the table of `catalog.analysis.resource_types`."""
    resource_prefix: str = ""
    """What the addresses of its resources begin with. Needed where AWS has ended it: they may still be in a state."""

    migration_page: str = ""
    """The page that says how to leave it. Needed where AWS has ended it."""

    def __post_init__(self) -> None:
        if self.ended and not (self.resource_prefix and self.migration_page):
            raise ValueError(f"{self.title} has ended: by which prefix are its resources known, and how is it left?")

    def carries(self, service: Service) -> bool:
        """Whether calls to a service with a port pass the mesh."""
        return service.protocol in self.protocols


private_ca_rule = Rules()


@private_ca_rule(Deployment)
def tls_without_authority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The proxies of a mesh get their certificates from a private CA (App Mesh User Guide, "Transport Layer Security";
    ECS developer guide, "Encrypt Amazon ECS Service Connect traffic")."""
    mesh = deployment.catalog.mesh
    if mesh.tls is not None and mesh.tls.authority is None:
        message = f'"{mesh.kind}" needs a private CA; write tls = {{ authority = "arn:aws:acm-pca:…" }}'
        yield at("mesh", "tls").error(message)


@private_ca_rule(Deployment)
def authority_of_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A certificate is issued in the region of its CA (App Mesh User Guide, "TLS": same region as the mesh; so in the
    ECS developer guide)."""
    tls = deployment.catalog.mesh.tls
    region = tls.authority.split(":")[3] if tls and tls.authority else deployment.region
    if region != deployment.region:
        yield at("mesh", "tls", "authority").error(
            f'lies in "{region}", the mesh in {deployment.region}; write the ARN of a CA there'
        )


Requested = Callable[[Place], Iterator[Place]]
"""Of the whole catalog's place, those of what is asked for."""


def catalog_key(*path: str) -> Requested:
    """Where a key of the catalog is written, unless it says no."""

    def requested(at: Place) -> Iterator[Place]:
        value: object = at.deployment.catalog
        for key in path:
            value = getattr(value, key)
        if at(*path).is_set and value not in (None, False, "none"):
            yield at(*path)

    return requested


def ingress_key(key: str) -> Requested:
    """Where a key is written of an ingress, unless it says no."""

    def requested(at: Place) -> Iterator[Place]:
        for name, ingress in at.deployment.catalog.ingress.items():
            if getattr(ingress, key):
                yield at("ingress", name, key)

    return requested


def service_key(
    *path: str, where: Callable[[Deployment, Service], bool] = lambda deployment, service: True
) -> Requested:
    """Where a key is written of a service that `where` picks out."""

    def requested(at: Place) -> Iterator[Place]:
        for service in at.deployment.services.values():
            place = at("services", service.name, *path)
            if place.is_set and where(at.deployment, service):
                yield place

    return requested


def has_callers(deployment: Deployment, service: Service) -> bool:
    return service.port is not None and bool(deployment.callers_of(service.name))
