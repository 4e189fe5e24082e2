"""Makes a deployment of a catalog: completes versions, timers and environments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from catalog import names, unknowns
from catalog.analysis.images import mirrored
from catalog.analysis.packing import chosen_deploys
from catalog.analysis.policies import ArnContext, granted
from catalog.analysis.timeouts import stop_timeout
from catalog.meshes.hops import address
from catalog.model import Catalog, Deployment, Service, ServiceKeys, Version, Workload
from catalog.model.container import Sidecar
from catalog.model.workload import WorkloadKeys
from catalog.reading import interpolation
from catalog.reading.layers import EXCLUSIVE

_OF_THE_VERSION = ("name", "weight", "match")
DEFAULT_TIMEOUT = 15.0
"""Seconds; the default of the meshes' proxies."""
TCP_IDLE = 3600.0
"""Seconds. A pooled database connection is idle between queries."""


def completed_versions(service: Service) -> Iterator[Service]:
    """Each version as a complete service: its own keys over those of the service."""
    for index, version in enumerate(service.versions):
        identity = {
            "name": names.version(service.name, version.name),
            "aws_name": names.version(service.aws_name, version.name),
            "place": (*service.place, "versions", index),
            "version": version.name,
            "weight": version.weight,
            "match": version.match,
            "versions": (),
        }
        yield service.model_copy(update={**_changed(service, version), **identity})


def _changed(service: ServiceKeys, version: Version) -> dict[str, Any]:
    """The values that a version changes. Its key removes a key of the service that excludes it."""
    said = {key: getattr(version, key) for key in version.model_fields_set if key not in _OF_THE_VERSION}
    changed = {key: _laid_over(getattr(service, key), value) for key, value in said.items()}
    for one, other in EXCLUSIVE:
        for nearer, farther in ((one, other), (other, one)):
            if nearer in said and farther not in said:
                changed[farther] = WorkloadKeys.model_fields[farther].get_default()
    return changed


def _laid_over(base: Any, over: Any) -> Any:
    """Tables merge, lists and values replace, as between layers."""
    if isinstance(base, BaseModel) and isinstance(over, BaseModel) and type(base) is type(over):
        said = {key: _laid_over(getattr(base, key), getattr(over, key)) for key in over.model_fields_set}
        return base.model_copy(update=said)
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{key: _laid_over(base.get(key), value) for key, value in over.items()}}
    return over


def in_place_of_service(deployment: Deployment, *, name: str, index: int) -> Deployment:
    """The deployment with a version instead of its service, and without other services, for rules about workloads:
    with them, each rule would check all services again for every version."""
    service, version = deployment.services[name], deployment.versions[name][index]
    keys = deployment.catalog.services[name]
    # Under the service's name: rules compare values, and findings name the service.
    identity = {"name": name, "aws_name": service.aws_name, "place": service.place, "version": None}
    written_as = keys.model_copy(update=_changed(keys, keys.versions[index]))
    catalog = deployment.catalog.model_copy(update={"services": {name: written_as}})
    alone = replace(deployment, catalog=catalog, running=(version.model_copy(update=identity),))
    alone.__dict__["_callers"] = {name: deployment.callers_of(name)}  # as cached_property keeps it
    return alone


def completed(draft: Deployment, *, values: Mapping[str, str]) -> list[Workload]:
    """All workloads, complete, in the same order."""
    return [workload.model_copy(update=_completed(draft, workload, values)) for workload in draft.running]


def _completed(draft: Deployment, workload: Workload, values: Mapping[str, str]) -> dict[str, Any]:
    registry = draft.catalog.images.registry

    def completed(sidecar: Sidecar) -> Sidecar:
        texts = _filled(draft, workload, sidecar.environment, values)
        image = mirrored(sidecar.image, registry=registry)
        return sidecar.model_copy(update={"environment": dict(sorted(texts.items())), "image": image})

    texts = _filled(draft, workload, workload.environment, values)
    logs, router = workload.logs, workload.logs.router
    if router is not None:
        options = _filled(draft, workload, router.options, values)
        logs = logs.model_copy(update={"router": router.model_copy(update={"options": options})})
    account = values.get("account", unknowns.ACCOUNT)
    context = ArnContext(partition=draft.partition, region=draft.region, account=account, cluster=draft.cluster_name)
    return {
        "environment": dict(sorted({**_addresses(draft, workload), **texts}.items())),
        "image": mirrored(workload.image, registry=registry),
        "logs": logs,
        "sidecars": {name: completed(sidecar) for name, sidecar in sorted(workload.sidecars.items())},
        "granted": granted(workload.access, context=context),
    }


def _addresses(draft: Deployment, workload: Workload) -> dict[str, str]:
    """The variables with the callees' addresses, without those that are secrets of the workload: NAME_URL; over TCP
    NAME_HOST and NAME_PORT, and NAME_URL if the callee has a `scheme`."""
    variables = {}
    for name in _reachable(draft, workload):
        callee = address(draft, name)
        if callee.has_url:
            variables[names.variable(name)] = callee.url
        if _is_tcp(draft, name):
            variables[names.variable(name, "host")] = callee.host
            variables[names.variable(name, "port")] = str(callee.port)
    return {name: value for name, value in variables.items() if name not in workload.secrets}


def _is_tcp(draft: Deployment, name: str) -> bool:
    external = draft.catalog.external.get(name)
    return (external or draft.services[name]).protocol == "tcp"


def _reachable(draft: Deployment, workload: Workload) -> list[str]:
    return [name for name in sorted(workload.calls) if _has_address(draft, name)]


def _filled(
    draft: Deployment, workload: Workload, texts: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    """The strings of a table, with all placeholders filled in, those of callees included. `catalog.reading` has
    refused those without a value, except for unknown callees in `calls`, which rules refuse."""

    def filled(placeholder: str) -> str:
        name, _, what = placeholder.partition(".")
        return str(getattr(address(draft, name), what)) if _has_address(draft, name) else ""

    callees = [*draft.services, *draft.catalog.external]
    return {key: interpolation.fill(text, values, address=filled, callees=callees) for key, text in texts.items()}


def _has_address(draft: Deployment, name: str) -> bool:
    service = draft.services.get(name)
    return name in draft.catalog.external or (service is not None and service.port is not None)


def deployment(catalog: Catalog, *, environment: str | None, values: Mapping[str, str]) -> Deployment:
    """The deployment that a catalog describes. `values` are the values of the general placeholders."""
    id_ = catalog.catalog.name + (f"-{environment}" if environment else "")
    draft = Deployment(id=id_, environment=environment, catalog=catalog, running=tuple(_workloads(catalog)))
    complete = completed(draft, values=values)
    chosen = chosen_deploys(draft)
    running = tuple(
        each.model_copy(update={"deploy": chosen[each.name]}) if each.name in chosen else each for each in complete
    )
    return Deployment(id=id_, environment=environment, catalog=catalog, running=running)


def _workloads(catalog: Catalog) -> Iterator[Workload]:
    """The services by name, each followed by its versions."""
    timeouts = _timeouts(catalog)
    for name, keys in sorted(catalog.services.items()):
        service = _service(name, keys, timeout=timeouts[name])
        yield service
        yield from completed_versions(service)


def _service(name: str, keys: ServiceKeys, *, timeout: float) -> Service:
    return Service.model_construct(
        _fields_set=keys.model_fields_set,
        **{
            **dict(keys),
            "name": name,
            "aws_name": keys.aws_name or keys.renamed_from or name,
            "place": ("services", name),
            "timeout": timeout,
            "idle_timeout": _idle(keys, timeout),
            "stop_timeout": stop_timeout(keys, timeout=timeout),
            # The versions' weights are subtracted.
            "weight": max(0, 100 - sum(version.weight for version in keys.versions)),
        },
    )


def _idle(keys: ServiceKeys, timeout: float) -> float:
    if keys.idle_timeout is not None:
        return keys.idle_timeout
    return TCP_IDLE if keys.protocol == "tcp" else timeout


def _timeouts(catalog: Catalog) -> dict[str, float]:
    """Every service's timeout in seconds: the one it sets, or the largest of its direct and indirect callees."""
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
