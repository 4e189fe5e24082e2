"""What of a service waits for the others: texts with their addresses, images that other registries stand in for, and
what it may touch, by ARNs of its account and region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from catalog import marks, names
from catalog.access import Where, granted
from catalog.addresses import address
from catalog.model import Deployment, Workload
from catalog.model.sidecar import Sidecar
from catalog.model.types import Table
from catalog.problems import Finding, Path, did_you_mean, spelled
from catalog.reading import placeholders
from catalog.registries import mirrored


def completed(draft: Deployment, *, values: Mapping[str, str], findings: list[Finding]) -> list[Workload]:
    """Everything that runs, complete, in its order. What is wrong with it is added to `findings`, once: what a version
    takes from its service is said there."""
    complete = []
    for workload in draft.running:
        found: list[Finding] = []
        complete.append(workload.model_copy(update=_completed(draft, workload, values, found)))
        said = _table_of(draft, workload)
        findings += [finding for finding in found if _says(said, finding.place[len(workload.place) :])]
    return complete


def _table_of(draft: Deployment, workload: Workload) -> Table:
    """The table of the catalog that says what is a workload's own."""
    if workload.version is None:
        return workload
    return draft.services[workload.key].versions[int(workload.place[-1])]


def _says(table: Any, path: Path) -> bool:
    """Whether a table says itself what stands at a path below it."""
    for key in path:
        if isinstance(table, BaseModel):
            if key not in table.model_fields_set:
                return False
            table = getattr(table, str(key))
        elif key not in table:
            return False
        else:
            table = table[key]
    return True


def _completed(
    draft: Deployment, workload: Workload, values: Mapping[str, str], findings: list[Finding]
) -> dict[str, Any]:
    registry = draft.catalog.images.registry

    def completed(name: str, sidecar: Sidecar) -> Sidecar:
        texts = _filled(
            draft, workload, sidecar.environment, (*workload.place, "sidecars", name, "environment"), values, findings
        )
        image = mirrored(sidecar.image, registry=registry)
        return sidecar.model_copy(update={"environment": dict(sorted(texts.items())), "image": image})

    texts = _filled(draft, workload, workload.environment, (*workload.place, "environment"), values, findings)
    logs, router = workload.logs, workload.logs.router
    if router is not None:
        options = _filled(
            draft, workload, router.options, (*workload.place, "logs", "router", "options"), values, findings
        )
        logs = logs.model_copy(update={"router": router.model_copy(update={"options": options})})
    account = values.get("account", marks.ACCOUNT)
    where = Where(partition=draft.partition, region=draft.region, account=account, cluster=draft.cluster_name)
    return {
        "environment": dict(sorted({**_urls(draft, workload), **texts}.items())),
        "image": mirrored(workload.image, registry=registry),
        "logs": logs,
        "sidecars": {name: completed(name, sidecar) for name, sidecar in sorted(workload.sidecars.items())},
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
    draft: Deployment,
    workload: Workload,
    texts: Mapping[str, str],
    place: Path,
    values: Mapping[str, str],
    findings: list[Finding],
) -> dict[str, str]:
    """The texts of a table, with the placeholders of the service's callees filled in too."""
    reachable = _reachable(draft, workload)

    def filled(placeholder: str) -> str:
        name, _, what = placeholder.partition(".")
        if name in reachable:
            return str(getattr(address(draft, name), what))
        raise placeholders.UnknownCallee(_why_unreachable(draft, workload, name, placeholder), callee=name)

    complete: dict[str, str] = {}
    for key, text in texts.items():
        try:
            complete[key] = placeholders.fill(text, values, address=filled)
        except placeholders.Unknown as reason:
            rests_on: tuple[Path, ...] = ()
            if isinstance(reason, placeholders.UnknownCallee):
                callee: Path = ("services", reason.callee)
                rests_on = ((*workload.table, "calls"), (*callee, "port"), ("external", reason.callee))
            findings.append(Finding(place=(*place, key), message=str(reason), about=rests_on))
    return complete


def _has_address(draft: Deployment, name: str) -> bool:
    service = draft.services.get(name)
    return name in draft.catalog.external or (service is not None and service.port is not None)


def _why_unreachable(draft: Deployment, workload: Workload, name: str, placeholder: str) -> str:
    literal = f"write {{{{{placeholder}}} for literal text"
    if name in workload.calls:
        return f'{{{placeholder}}} has no value: "{name}" has no port; give services.{name} a port, or {literal}'
    if name in draft.services or name in draft.catalog.external:
        return f'{{{placeholder}}} needs the call; add "{name}" to {spelled(workload.table)}.calls, or {literal}'
    what = placeholder.partition(".")[2]
    for new in (new for new, old in draft.renamed.items() if old == name):
        return f"{{{placeholder}}} has no value: it is renamed; write {{{new}.{what}}}, or {literal}"
    known = sorted({*draft.services, *draft.catalog.external})
    close = did_you_mean(name, known)
    guess = f"did you mean {{{close}.{what}}}? Or" if close else "name a service that it calls, or"
    return f'{{{placeholder}}} has no value: there is no "{name}"; {guess} {literal}'
