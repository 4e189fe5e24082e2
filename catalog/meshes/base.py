"""The traits of a mesh that rules, endpoints, addresses and documentation need; `stacks.mesh` builds its resources.

Rules for all meshes cite "the mesh API reference" and "the mesh user guide": those of App Mesh, which has the strictest
limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from catalog.analysis.packing import Share
from catalog.analysis.permissions import Permission
from catalog.analysis.provider_versions import provider_at_least
from catalog.analysis.resource_types import ResourceType
from catalog.analysis.timeouts import Hop, Timer
from catalog.diagnostics import Finding, toml_value
from catalog.frame import Place, Rules
from catalog.model import Deployment, Service


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a mesh supports a feature, and a phrase that says how, or what happens instead."""

    supported: bool
    how: str
    unlimited: bool = False
    """Whether the feature is a timer that doesn't exist on this mesh, so that "none" is honored anyway."""
    instead: Callable[[Service], str] | None = None
    """The advice for a service that requests the feature, as a sentence, if another key does the same."""
    since: str = ""
    """The first version of the AWS provider that supports it, if not all that a catalog may allow do."""
    before: str = ""
    """A phrase that says what happens instead with an older version."""

    def cell(self, *, missing: str) -> str:
        """The verdict as a cell of the table in docs/meshes.md, with the words for an unsupported feature."""
        if self.supported and self.since:
            return f"supported since version {self.since} of the provider: {self.how}; {missing} before: {self.before}"
        return f"{'supported' if self.supported else missing}: {self.how}"

    @property
    def cure(self) -> str:
        """The beginning of the advice for a catalog that requests it: a newer provider, or not to request it."""
        if not self.since:
            return "Remove it"
        major = int(self.since.partition(".")[0])
        return f'Write aws = ">= {self.since}, < {major + 1}" in [terraform], or remove it'


def yes(how: str, *, since: str = "", before: str = "") -> Verdict:
    """The verdict on a supported feature; if only versions of the provider `since` one support it, with what happens
    `before`."""
    return Verdict(supported=True, how=how, since=since, before=before)


def no(how: str, *, instead: Callable[[Service], str] | None = None) -> Verdict:
    return Verdict(supported=False, how=how, instead=instead)


def no_timer(how: str) -> Verdict:
    """The verdict on a timer that doesn't exist on this mesh."""
    return Verdict(supported=False, how=how, unlimited=True)


def check_inside(service: Service) -> str:
    """The advice to let ECS check a service from inside its task, with the usual program for its protocol."""
    url = f"http://localhost:{service.port}{service.health.path or '/'}"
    probe = f"grpc_health_probe -addr=localhost:{service.port}" if service.protocol == "grpc" else f"curl -f {url}"
    return f"Add health.command = {toml_value(probe)}, or a check with another program that the image has."


def _no_timers(deployment: Deployment, hop: Hop) -> Iterable[Timer]:
    return ()


def _not_generated(deployment: Deployment, service: Service) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class MeshTraits:
    """The traits of one mesh."""

    title: str
    """Its name, as AWS spells it."""
    parity: Mapping[str, Verdict]
    """A verdict on every feature of `catalog.meshes.features`, by its key."""
    protocols: frozenset[str]
    """The protocols that it supports. Services with other protocols are called directly, by their Cloud Map name."""
    needs_dns: Callable[[Service], bool]
    """Whether callers find a service by the namespace's DNS records, instead of names that the mesh creates."""
    makes_names: bool = False
    """Whether callers find services by names that the mesh creates, regardless of the kind of namespace."""
    is_registered: Callable[[Deployment, Service], bool] = lambda deployment, service: True
    """Whether ECS registers the tasks of a service with a port in Cloud Map."""
    starts_watched: Callable[[Deployment, Service], bool] = lambda deployment, service: False
    """Whether ECS waits for the mesh's health checks of a service's new tasks during a rollout."""
    timers: Callable[[Deployment, Hop], Iterable[Timer]] = _no_timers
    """Its timers on a hop, in the order in which a call meets them: those that `stacks` sets, and AWS's fixed
    limits."""
    rules: tuple[Rules, ...] = ()
    """Its rules for catalogs."""
    permissions: tuple[Permission, ...] = ()
    """The permissions in its policies."""
    managed_policies: Mapping[str, str] = field(default_factory=dict)
    """AWS managed policies that it attaches to roles, each with the reason."""
    endpoints: tuple[str, ...] = ()
    """VPC endpoints that it needs if tasks have no internet access, by the part of their name after the region."""
    own_prefix_in_china: frozenset[str] = frozenset()
    """Its endpoints whose names begin with `cn.` in China (aws-cdk-lib, vpc-endpoint.ts, getDefaultEndpointPrefix)."""
    generated_host: Callable[[Deployment, Service], str | None] = _not_generated
    """A placeholder for the host name that AWS generates for a service, if callers use that instead of the service's
    own name. `stacks` replaces the placeholder with a Terraform reference."""
    callers_use_tls: Callable[[Deployment, Service], bool] = lambda deployment, service: False
    """Whether callers themselves connect by TLS to a service, and not a proxy beside them."""
    own_addresses: int = 0
    """The number of security group rules that the mesh's own addresses count as, if tasks connect to these; 0 if tasks
    connect to each other."""
    containers: frozenset[str] = frozenset()
    """The names of the containers that it adds to every task."""
    images: Callable[[Deployment], Iterable[str]] = lambda deployment: ()
    """The images of these containers."""
    image_keys: tuple[str, ...] = ()
    """The keys of [images] that set these images."""
    proxy_share: Callable[[int, int], Share] = lambda cpu, memory: Share(0, 0)
    """The proxy's share of a task with this much CPU and memory."""
    ended: str = ""
    """The date on which AWS ended it; empty if AWS supports it. Messages don't recommend a mesh that has ended, and its
    resources can't be created or deleted any more."""
    resource_types: Mapping[str, ResourceType] = field(default_factory=dict)
    """The rows of its Terraform types for the table in `catalog.analysis.resource_types`."""
    resource_prefix: str = ""
    """The start of its resources' addresses. Required if AWS has ended it: they may still be in a state."""
    first_resource: str = ""
    """The address of the resource that AWS must accept before Terraform creates anything that costs money. Required if
    AWS has ended it."""

    migration_page: str = ""
    """The page about migrating from it. Required if AWS has ended it."""

    def __post_init__(self) -> None:
        if self.ended and not (self.resource_prefix and self.first_resource and self.migration_page):
            raise ValueError(f"{self.title} has ended, so it requires prefix, first resource and migration page")

    def verdict(self, feature: str, *, deployment: Deployment) -> Verdict:
        """The verdict on a feature with the oldest version of the AWS provider that a catalog allows."""
        verdict = self.parity[feature]
        if not verdict.since or provider_at_least(deployment.catalog.terraform.aws, verdict.since):
            return verdict
        return Verdict(supported=False, how=verdict.before, since=verdict.since)

    def carries(self, service: Service) -> bool:
        """Whether calls to a service with a port go through the mesh."""
        return service.protocol in self.protocols


private_ca_rule = Rules()


@private_ca_rule(Deployment)
def tls_without_authority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The proxies of App Mesh and Service Connect get their certificates from a private CA (App Mesh User Guide,
    "Transport Layer Security"; ECS developer guide, "Encrypt Amazon ECS Service Connect traffic")."""
    mesh = deployment.catalog.mesh
    if mesh.tls is not None and mesh.tls.authority is None:
        message = f'"{mesh.kind}" requires a private CA. Write tls = {{ authority = "arn:aws:acm-pca:…" }}.'
        yield at("mesh", "tls").error(message)


@private_ca_rule(Deployment)
def authority_of_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A CA must be in the region of the mesh (App Mesh User Guide, "TLS"; the ECS developer guide requires the
    same)."""
    tls = deployment.catalog.mesh.tls
    region = tls.authority.split(":")[3] if tls and tls.authority else deployment.region
    if region != deployment.region:
        yield at("mesh", "tls", "authority").error(
            f'is in "{region}", but the mesh is in {deployment.region}. Use a CA in {deployment.region}.'
        )


Requested = Callable[[Place], Iterator[Place]]
"""Finds the places in a catalog that request a feature, from the place of the whole catalog."""


def catalog_key(*path: str) -> Requested:
    """Finds a key of the catalog, unless it turns the feature off."""

    def requested(at: Place) -> Iterator[Place]:
        value: object = at.deployment.catalog
        for key in path:
            value = getattr(value, key)
        if at(*path).is_set and value not in (None, False, "none"):
            yield at(*path)

    return requested


def ingress_key(key: str) -> Requested:
    """Finds a key of every ingress, unless it turns the feature off."""

    def requested(at: Place) -> Iterator[Place]:
        for name, ingress in at.deployment.catalog.ingress.items():
            if getattr(ingress, key):
                yield at("ingress", name, key)

    return requested


def service_key(
    *path: str, where: Callable[[Deployment, Service], bool] = lambda deployment, service: True
) -> Requested:
    """Finds a key of every service for which `where` is true."""

    def requested(at: Place) -> Iterator[Place]:
        for service in at.deployment.services.values():
            place = at("services", service.name, *path)
            if place.is_set and where(at.deployment, service):
                yield place

    return requested


def has_callers(deployment: Deployment, service: Service) -> bool:
    return service.port is not None and bool(deployment.callers_of(service.name))
