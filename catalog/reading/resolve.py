"""From what is written to what holds: every timer known, every environment complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import names
from catalog.addresses import address
from catalog.capacity import chosen_deploys
from catalog.model import Catalog, Deployment, Service
from catalog.problems import Finding, Path, did_you_mean
from catalog.reading import placeholders

DEFAULT_TIMEOUT = 15.0
"""Seconds; what App Mesh and Service Connect use where nothing is said (App Mesh API reference, HttpTimeout)."""
TCP_IDLE = 3600.0
"""Seconds; Service Connect's own default for TCP. A pooled database connection is silent between questions."""


def deployment(
    catalog: Catalog, *, environment: str | None, values: Mapping[str, str]
) -> tuple[Deployment, list[Finding]]:
    """The deployment that a catalog describes. `values` are those of the general placeholders."""
    id_ = catalog.catalog.name + (f"-{environment}" if environment else "")
    timeouts, deploys = _timeouts(catalog), chosen_deploys(catalog)
    services = {
        name: Service.model_construct(
            _fields_set=keys.model_fields_set,
            **{
                **dict(keys),
                "name": name,
                "timeout": timeouts[name],
                "idle_timeout": _idle(keys, timeouts[name]),
                "deploy": deploys.get(name, keys.deploy),
            },
        )
        for name, keys in sorted(catalog.services.items())
    }
    draft = Deployment(id=id_, environment=environment, catalog=catalog, services=services)
    findings: list[Finding] = []
    complete = {
        name: service.model_copy(update={"environment": _environment(draft, service, values, findings)})
        for name, service in services.items()
    }
    return Deployment(id=id_, environment=environment, catalog=catalog, services=complete), findings


def _idle(keys: Any, timeout: float) -> float:
    if keys.idle_timeout is not None:
        return float(keys.idle_timeout)
    return TCP_IDLE if keys.protocol == "tcp" else timeout


def _timeouts(catalog: Catalog) -> dict[str, float]:
    """Every service's timeout in seconds: what it says, else at least the largest of its callees, however far away."""
    services = catalog.services
    timeouts = {name: keys.timeout if keys.timeout is not None else DEFAULT_TIMEOUT for name, keys in services.items()}
    callers: dict[str, list[str]] = {}
    for name, keys in services.items():
        for callee in keys.calls:
            if callee in services and services[callee].protocol != "tcp":
                callers.setdefault(callee, []).append(name)
    waiting = list(timeouts)
    while waiting:
        callee = waiting.pop()
        for caller in callers.get(callee, ()):
            if services[caller].timeout is None and timeouts[caller] < timeouts[callee]:
                timeouts[caller] = timeouts[callee]
                waiting.append(caller)
    return timeouts


def _environment(
    draft: Deployment, service: Service, values: Mapping[str, str], findings: list[Finding]
) -> dict[str, str]:
    """The callees' URLs, under what the service says itself, with its placeholders filled in."""
    reachable = [name for name in sorted(service.calls) if _has_address(draft, name)]
    environment = {
        names.variable(name): address(draft, name).url
        for name in reachable
        if names.variable(name) not in service.secrets
    }

    def filled(placeholder: str) -> str:
        name, _, what = placeholder.partition(".")
        if name in reachable:
            return str(getattr(address(draft, name), what))
        raise placeholders.UnknownCallee(_why_unreachable(draft, service, name, placeholder), callee=name)

    for key, text in service.environment.items():
        try:
            environment[key] = placeholders.fill(text, values, address=filled)
        except placeholders.Unknown as reason:
            rests_on: tuple[Path, ...] = ()
            if isinstance(reason, placeholders.UnknownCallee):
                callee: Path = ("services", reason.callee)
                rests_on = (("services", service.name, "calls"), (*callee, "port"), ("external", reason.callee))
            findings.append(
                Finding(
                    place=("services", service.name, "environment", key),
                    message=str(reason),
                    about=rests_on,
                )
            )
    return dict(sorted(environment.items()))


def _has_address(draft: Deployment, name: str) -> bool:
    service = draft.services.get(name)
    return name in draft.catalog.external or (service is not None and service.port is not None)


def _why_unreachable(draft: Deployment, service: Service, name: str, placeholder: str) -> str:
    literal = f"write {{{{{placeholder}}} for literal text"
    if name in service.calls:
        return f'{{{placeholder}}} has no value: "{name}" has no port; give services.{name} a port, or {literal}'
    if name in draft.services or name in draft.catalog.external:
        return f'{{{placeholder}}} needs the call; add "{name}" to services.{service.name}.calls, or {literal}'
    known = sorted({*draft.services, *draft.catalog.external})
    close = did_you_mean(name, known)
    guess = (
        f"did you mean {{{close}.{placeholder.partition('.')[2]}}}? Or" if close else "name a service that it calls, or"
    )
    return f'{{{placeholder}}} has no value: there is no "{name}"; {guess} {literal}'
