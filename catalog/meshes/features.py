"""What a catalog may ask of a mesh, and what is said where its mesh lacks it: one table for rules, notices and docs."""

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
"""What a mesh without the feature means. required: the system would not be what the catalog says, so it is refused.
best effort: it behaves less well: a notice, or an error if `mesh.strict`. fallback: it works another way: a notice."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A row of the table."""

    key: str
    title: str
    keys: str
    """The catalog's keys that ask for it, as documentation spells them."""
    effect: Effect
    requested: Requested
    """Where a catalog asks for it."""
    times: bool = False
    """Whether its key sets a timer, so that "none" asks for nothing where nothing counts."""


def _answers(deployment: Deployment, service: Service) -> bool:
    """Whether somebody waits for a service's answers, inside or outside."""
    return not service.is_tcp and (has_callers(deployment, service) or service.public is not None)


def _called_for_answers(deployment: Deployment, service: Service) -> bool:
    """Whether other services wait for a service's answers, which tcp knows none of."""
    return has_callers(deployment, service) and not service.is_tcp


def _probed(service: Service) -> bool:
    """Whether probes are the mesh's alone to make: a load balancer probes too, on every mesh."""
    return service.public is None and service.port is not None


FEATURES = (
    Feature(key="tls", title="Encryption", keys="mesh.tls", effect="required", requested=catalog_key("mesh", "tls")),
    Feature(
        key="auth",
        title="Callers proven by IAM",
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
        title="Request timeout",
        keys="timeout",
        effect="best effort",
        requested=service_key("timeout", where=_answers),
        times=True,
    ),
    Feature(
        key="idle_timeout",
        title="Idle timeout",
        keys="idle_timeout",
        effect="best effort",
        requested=service_key("idle_timeout", where=_called_for_answers),
        times=True,
    ),
    Feature(
        key="idle_timeout_of_tcp",
        title="Idle timeout of tcp",
        keys="idle_timeout",
        effect="best effort",
        requested=service_key("idle_timeout", where=lambda d, service: has_callers(d, service) and service.is_tcp),
        times=True,
    ),
    Feature(
        key="retries",
        title="Retries",
        keys="retries",
        effect="best effort",
        requested=service_key(
            "retries", where=lambda d, service: _called_for_answers(d, service) and bool(service.retries.attempts)
        ),
    ),
    Feature(
        key="no_retries",
        title="No retries",
        keys="retries.attempts = 0",
        effect="best effort",
        requested=service_key(
            "retries",
            "attempts",
            where=lambda d, service: _called_for_answers(d, service) and service.retries.attempts == 0,
        ),
    ),
    Feature(
        key="versions",
        title="Versions",
        keys="versions",
        effect="required",
        requested=service_key(
            "versions",
            where=lambda d, service: (
                has_callers(d, service) and any(version.weight or version.match for version in service.versions)
            ),
        ),
    ),
    Feature(
        key="pool",
        title="Limits of a service",
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
        title="Probes from outside",
        keys="health.path",
        effect="best effort",
        requested=service_key(
            "health", "path", where=lambda d, service: _probed(service) and service.protocol != "grpc"
        ),
    ),
    Feature(
        key="probes_of_grpc",
        title="Probes of grpc",
        keys="health.path",
        effect="best effort",
        requested=service_key(
            "health", "path", where=lambda d, service: _probed(service) and service.protocol == "grpc"
        ),
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
        title="Traces of what passes it",
        keys="mesh.tracing",
        effect="fallback",
        requested=catalog_key("mesh", "tracing"),
    ),
    Feature(
        key="tcp",
        title="Services that speak tcp",
        keys='protocol = "tcp"',
        effect="fallback",
        requested=service_key("protocol", where=lambda d, service: service.is_tcp and has_callers(d, service)),
    ),
    Feature(
        key="envoy",
        title="An Envoy of your own",
        keys="images.envoy",
        effect="best effort",
        requested=catalog_key("images", "envoy"),
    ),
    Feature(
        key="gateway", title="Gateway", keys="ingress.NAME.gateway", effect="required", requested=ingress_key("gateway")
    ),
)


def lacking(at: Place) -> Iterator[Finding]:
    """What the catalog asks for and its mesh does not have. Of what is tuned, one notice for each key."""
    deployment = at.deployment
    strict = deployment.catalog.mesh.strict
    for feature, verdict, places in unsupported_requests(at):
        if feature.effect == "required" or (feature.effect == "best effort" and strict):
            for place in places:
                yield place.error(_refusal(feature, deployment))
        elif places:
            yield places[0].notice(f"{_instead(deployment, verdict.how)}{_ignored(feature, places)}")


def unsupported_requests(at: Place) -> Iterator[tuple[Feature, Verdict, list[Place]]]:
    """What the mesh does not have, and where the catalog asks for it."""
    for feature in FEATURES:
        verdict = mesh_of(at.deployment).parity[feature.key]
        if not verdict.carried:
            exempt = feature.times and verdict.unlimited
            yield feature, verdict, [place for place in feature.requested(at) if not (exempt and _is_unlimited(place))]


def _is_unlimited(place: Place) -> bool:
    return bool(getattr(place.service, place.name) == UNLIMITED)


def alternatives(feature: Feature) -> list[str]:
    """The kinds that have a feature, for whoever has to choose: none that AWS has ended."""
    return [kind for kind, mesh in MESHES.items() if mesh.parity[feature.key].carried and not mesh.ended]


def _instead(deployment: Deployment, how: str) -> str:
    return f'with kind = "{deployment.catalog.mesh.kind}", {how}'


def _refusal(feature: Feature, deployment: Deployment) -> str:
    others = alternatives(feature)
    other = f", or choose {or_list(others)}" if others else ""
    loosen = ", or leave out mesh.strict" if feature.effect == "best effort" else ""
    return f"{_instead(deployment, mesh_of(deployment).parity[feature.key].how)}; remove it{other}{loosen}"


def _ignored(feature: Feature, places: list[Place]) -> str:
    services = [place.service.name for place in places if place.path[0] == "services"]
    if feature.effect == "fallback":
        return f": {listed(services)}" if services else ""
    return f"; not honoured for {listed(services)}" if services else "; not honoured"
