"""The features that a catalog can request of a mesh: one table for errors, notices and documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from catalog.diagnostics import Finding, listed, or_list
from catalog.frame import Place
from catalog.meshes import MESHES, mesh_of
from catalog.meshes.base import Requested, Verdict, catalog_key, has_callers, ingress_key, service_key
from catalog.model import UNLIMITED, Deployment, Service

Effect = Literal["required", "best effort", "fallback"]
"""The consequence if a mesh doesn't support a feature. required: an error. best effort: the key has no effect, which is
a notice, or an error with `mesh.strict`. fallback: the mesh does it another way, which is a notice."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One row of the table."""

    key: str
    title: str
    keys: str
    """The catalog keys that request it, as documentation spells them."""
    effect: Effect
    requested: Requested
    """Finds the places in a catalog that request it."""
    is_timer: bool = False
    """Whether its key sets a timer, so that "none" is always honored on a mesh without that timer."""


def _has_response_timeout(deployment: Deployment, service: Service) -> bool:
    """Whether other services or an ingress wait for a service's responses."""
    return not service.is_tcp and (has_callers(deployment, service) or service.public is not None)


def _has_response_callers(deployment: Deployment, service: Service) -> bool:
    """Whether other services wait for a service's responses; tcp has no responses."""
    return has_callers(deployment, service) and not service.is_tcp


def _versions_called(deployment: Deployment, service: Service) -> bool:
    return has_callers(deployment, service) and any(each.weight or each.match for each in service.versions)


def _never_retried(deployment: Deployment, service: Service) -> bool:
    return _has_response_callers(deployment, service) and service.retries.attempts == 0


def _checked_only_by_mesh(service: Service) -> bool:
    """Whether only the mesh can check a service's health: on every mesh, a load balancer checks a public service, and
    ECS runs its own check."""
    return service.public is None and service.port is not None and service.health.command is None


FEATURES = (
    Feature(key="tls", title="Encryption", keys="mesh.tls", effect="required", requested=catalog_key("mesh", "tls")),
    Feature(
        key="auth",
        title="IAM authentication of callers",
        keys="mesh.auth",
        effect="required",
        requested=catalog_key("mesh", "auth"),
    ),
    Feature(
        key="sign_requests",
        title="Signed requests",
        keys="sign_requests",
        effect="best effort",
        requested=service_key("sign_requests", where=lambda deployment, service: service.sign_requests),
    ),
    Feature(
        key="timeout",
        title="Response timeout",
        keys="timeout",
        effect="best effort",
        requested=service_key("timeout", where=_has_response_timeout),
        is_timer=True,
    ),
    Feature(
        key="idle_timeout",
        title="Idle timeout",
        keys="idle_timeout",
        effect="best effort",
        requested=service_key("idle_timeout", where=_has_response_callers),
        is_timer=True,
    ),
    Feature(
        key="idle_timeout_of_tcp",
        title="Idle timeout for tcp",
        keys="idle_timeout",
        effect="best effort",
        requested=service_key("idle_timeout", where=lambda d, service: has_callers(d, service) and service.is_tcp),
        is_timer=True,
    ),
    Feature(
        key="retries",
        title="Retries",
        keys="retries",
        effect="best effort",
        requested=service_key("retries", where=lambda d, s: _has_response_callers(d, s) and s.retries.attempts > 0),
    ),
    Feature(
        key="no_retries",
        title="No retries",
        keys="retries.attempts = 0",
        effect="best effort",
        requested=service_key("retries", "attempts", where=_never_retried),
    ),
    Feature(
        key="versions",
        title="Versions",
        keys="versions",
        effect="required",
        requested=service_key("versions", where=_versions_called),
    ),
    Feature(
        key="pool",
        title="Connection limits",
        keys="pool",
        effect="best effort",
        requested=service_key("pool", where=has_callers),
    ),
    Feature(
        key="outlier",
        title="Outlier detection",
        keys="outlier",
        effect="best effort",
        requested=service_key("outlier", where=has_callers),
    ),
    Feature(
        key="probes",
        title="Health checks from outside the task",
        keys="health.path",
        effect="best effort",
        requested=service_key(
            "health", "path", where=lambda d, service: _checked_only_by_mesh(service) and service.protocol != "grpc"
        ),
    ),
    Feature(
        key="probes_of_grpc",
        title="Health checks for grpc",
        keys="health.path",
        effect="best effort",
        requested=service_key(
            "health", "path", where=lambda d, service: _checked_only_by_mesh(service) and service.protocol == "grpc"
        ),
    ),
    Feature(
        key="ready_tasks",
        title="Requests only to healthy tasks",
        keys="health.grace",
        effect="fallback",
        requested=service_key("health", "grace", where=has_callers),
    ),
    Feature(
        key="access_logs",
        title="Access logs",
        keys="mesh.access_logs",
        effect="best effort",
        requested=catalog_key("mesh", "access_logs"),
    ),
    Feature(
        key="traced_proxies",
        title="Traces from proxies",
        keys="mesh.tracing",
        effect="fallback",
        requested=catalog_key("mesh", "tracing"),
    ),
    Feature(
        key="tcp",
        title="tcp services",
        keys='protocol = "tcp"',
        effect="fallback",
        requested=service_key("protocol", where=lambda d, service: service.is_tcp and has_callers(d, service)),
    ),
    Feature(
        key="envoy",
        title="Custom Envoy image",
        keys="images.envoy",
        effect="best effort",
        requested=catalog_key("images", "envoy"),
    ),
    Feature(
        key="gateway", title="Gateway", keys="ingress.NAME.gateway", effect="required", requested=ingress_key("gateway")
    ),
)


def lacking(at: Place) -> Iterator[Finding]:
    """The findings about features that the catalog requests and its mesh doesn't support: one notice for each feature,
    or an error at each place."""
    deployment = at.deployment
    strict = deployment.catalog.mesh.strict
    for feature, verdict, places in unsupported_requests(at):
        if feature.effect == "required" or (feature.effect == "best effort" and strict):
            for place in places:
                yield place.error(_error(feature, verdict, deployment))
        elif places:
            yield places[0].notice(_notice(feature, verdict, places, deployment))


def unsupported_requests(at: Place) -> Iterator[tuple[Feature, Verdict, list[Place]]]:
    """The features that the mesh doesn't support, and the places in the catalog that request them."""
    for feature in FEATURES:
        verdict = mesh_of(at.deployment).verdict(feature.key, deployment=at.deployment)
        if not verdict.supported:
            exempt = feature.is_timer and verdict.unlimited
            places = [p for p in feature.requested(at) if not (exempt and getattr(p.service, p.name) == UNLIMITED)]
            yield feature, verdict, places


def alternatives(feature: Feature, deployment: Deployment) -> list[str]:
    """The values of `mesh.kind` that support a feature, without meshes that AWS has ended."""
    running = {kind: mesh for kind, mesh in MESHES.items() if not mesh.ended}
    return [kind for kind, mesh in running.items() if mesh.verdict(feature.key, deployment=deployment).supported]


def _other_mesh(feature: Feature, deployment: Deployment) -> str:
    others = alternatives(feature, deployment)
    return f", or set mesh.kind to {or_list(others)}" if others else ""


def _error(feature: Feature, verdict: Verdict, deployment: Deployment) -> str:
    loosen = ", or remove mesh.strict" if feature.effect == "best effort" else ""
    return f"{_unsupported(deployment)}: {verdict.how}. {verdict.cure}{_other_mesh(feature, deployment)}{loosen}."


def _notice(feature: Feature, verdict: Verdict, places: list[Place], deployment: Deployment) -> str:
    services = [place.service.name for place in places if place.path[0] == "services"]
    if feature.effect == "fallback":
        on = f": {listed(services)}" if services else ""
        return f'with kind = "{deployment.catalog.mesh.kind}", {verdict.how}{on}'
    for_services = f" for {listed(services)}" if services else ""
    fact = f"{_unsupported(deployment)}: {verdict.how}; not honored{for_services}"
    if verdict.instead is not None and services:
        also = f" Do the same in {listed(services[1:])}." if len(services) > 1 else ""
        return f"{fact}. {verdict.instead(places[0].service)}{also}"
    other = _other_mesh(feature, deployment)
    return f"{fact}. {verdict.cure}{other}." if other or verdict.since else fact


def _unsupported(deployment: Deployment) -> str:
    return f'isn\'t supported by kind = "{deployment.catalog.mesh.kind}"'
