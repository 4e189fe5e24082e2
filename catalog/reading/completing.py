"""What of a service waits for the others: texts with their addresses, images that other registries stand in for, and
what it may touch, by ARNs of its account and region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import marks, names
from catalog.access import Where, granted
from catalog.addresses import address
from catalog.model import Deployment, Workload
from catalog.model.sidecar import Sidecar
from catalog.reading import placeholders
from catalog.registries import mirrored


def completed(draft: Deployment, *, values: Mapping[str, str]) -> list[Workload]:
    """Everything that runs, complete, in its order."""
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
    account = values.get("account", marks.ACCOUNT)
    where = Where(partition=draft.partition, region=draft.region, account=account, cluster=draft.cluster_name)
    return {
        "environment": dict(sorted({**_urls(draft, workload), **texts}.items())),
        "image": mirrored(workload.image, registry=registry),
        "logs": logs,
        "sidecars": {name: completed(sidecar) for name, sidecar in sorted(workload.sidecars.items())},
        "granted": granted(workload.access, where=where),
    }


def _urls(draft: Deployment, workload: Workload) -> dict[str, str]:
    """The callees' URLs, under the names that the service does not use for a secret."""
    return {
        names.variable(name): address(draft, name).url
        for name in _reachable(draft, workload)
        if names.variable(name) not in workload.secrets
    }


def _reachable(draft: Deployment, workload: Workload) -> list[str]:
    return [name for name in sorted(workload.calls) if _has_address(draft, name)]


def _filled(
    draft: Deployment, workload: Workload, texts: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    """The texts of a table, with the placeholders of the service's callees filled in too. Each has a value
    (`catalog.reading.callee_placeholders`), but for those of calls that lead nowhere, which rules refuse."""

    def filled(placeholder: str) -> str:
        name, _, what = placeholder.partition(".")
        return str(getattr(address(draft, name), what)) if _has_address(draft, name) else ""

    return {key: placeholders.fill(text, values, address=filled) for key, text in texts.items()}


def _has_address(draft: Deployment, name: str) -> bool:
    service = draft.services.get(name)
    return name in draft.catalog.external or (service is not None and service.port is not None)
