"""From what is written to what holds: every timer known, every environment complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalog.capacity import chosen_deploys
from catalog.model import Catalog, Deployment, Service
from catalog.problems import Finding
from catalog.reading import completing
from catalog.reading.versions import completed
from catalog.stopping import stop_timeout

DEFAULT_TIMEOUT = 15.0
"""Seconds; what proxies of the meshes use by default."""
TCP_IDLE = 3600.0
"""Seconds. A pooled database connection is silent between questions."""


def deployment(
    catalog: Catalog, *, environment: str | None, values: Mapping[str, str]
) -> tuple[Deployment, list[Finding]]:
    """The deployment that a catalog describes. `values` are those of the general placeholders."""
    id_ = catalog.catalog.name + (f"-{environment}" if environment else "")
    timeouts = _timeouts(catalog)
    services = {
        name: Service.model_construct(
            _fields_set=keys.model_fields_set,
            **{
                **dict(keys),
                "name": name,
                "aws_name": keys.aws_name or keys.renamed_from or name,
                "timeout": timeouts[name],
                "idle_timeout": _idle(keys, timeouts[name]),
                "stop_timeout": stop_timeout(keys, timeout=timeouts[name]),
            },
        )
        for name, keys in sorted(catalog.services.items())
    }
    versions = {
        name: tuple(completed(service, version) for version in service.versions)
        for name, service in services.items()
        if service.versions
    }
    draft = Deployment(id=id_, environment=environment, catalog=catalog, services=services, versions=versions)
    findings: list[Finding] = []
    complete = completing.workloads(draft, values=values, findings=findings)
    complete |= {name: complete[name].model_copy(update={"deploy": how}) for name, how in chosen_deploys(draft).items()}
    deployment = replace(
        draft,
        services={name: _with_its_share(complete[name]) for name in services},
        versions={name: tuple(complete[version.name] for version in others) for name, others in versions.items()},
    )
    return deployment, findings


def _with_its_share(service: Service) -> Service:
    """With the weight that its versions leave it."""
    return service.model_copy(update={"weight": max(0, 100 - sum(version.weight for version in service.versions))})


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
