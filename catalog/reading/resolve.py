"""From what is written to what holds: every timer known, every environment complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from catalog.capacity import chosen_deploys
from catalog.model import Catalog, Deployment, Service, ServiceKeys, Workload
from catalog.reading import completing, versions
from catalog.stopping import stop_timeout

DEFAULT_TIMEOUT = 15.0
"""Seconds; what proxies of the meshes use by default."""
TCP_IDLE = 3600.0
"""Seconds. A pooled database connection is silent between questions."""


def deployment(catalog: Catalog, *, environment: str | None, values: Mapping[str, str]) -> Deployment:
    """The deployment that a catalog describes. `values` are those of the general placeholders."""
    id_ = catalog.catalog.name + (f"-{environment}" if environment else "")
    draft = Deployment(id=id_, environment=environment, catalog=catalog, running=tuple(_workloads(catalog)))
    complete = completing.completed(draft, values=values)
    chosen = chosen_deploys(draft)
    running = tuple(
        each.model_copy(update={"deploy": chosen[each.name]}) if each.name in chosen else each for each in complete
    )
    return Deployment(id=id_, environment=environment, catalog=catalog, running=running)


def _workloads(catalog: Catalog) -> Iterator[Workload]:
    """Everything that runs, but for what waits for the others: services by name, each with its other versions."""
    timeouts = _timeouts(catalog)
    for name, keys in sorted(catalog.services.items()):
        service = _service(name, keys, timeout=timeouts[name])
        yield service
        yield from versions.completed(service)


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
            # What its versions leave it.
            "weight": max(0, 100 - sum(version.weight for version in keys.versions)),
        },
    )


def _idle(keys: ServiceKeys, timeout: float) -> float:
    if keys.idle_timeout is not None:
        return keys.idle_timeout
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
