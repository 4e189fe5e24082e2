"""What of a service waits for the others: texts with their addresses, images that other registries stand in for, and
what it may touch, by ARNs of its account and region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from catalog import marks, names
from catalog.access import Where, granted
from catalog.addresses import address
from catalog.model import Deployment, Service
from catalog.model.sidecar import Sidecar
from catalog.problems import Finding, Path, did_you_mean
from catalog.reading import placeholders
from catalog.registries import mirrored


def workloads(draft: Deployment, *, values: Mapping[str, str], findings: list[Finding]) -> dict[str, Service]:
    """Every service and every other version of one, complete, by name. What is wrong with them is added to
    `findings`, once: what a version takes from its service is said there."""
    complete = {}
    for service, place in _places(draft):
        found: list[Finding] = []
        complete[service.name] = service.model_copy(update=_completed(draft, service, values, found, place=place))
        said = draft.services[service.key].versions[int(place[-1])] if service.version else service
        findings += [finding for finding in found if _says(said, finding.place[len(place) :])]
    return complete


def _places(draft: Deployment) -> Iterator[tuple[Service, Path]]:
    """Every service and every other version of one, with its table."""
    for name, service in draft.services.items():
        yield service, ("services", name)
        for index, version in enumerate(draft.versions.get(name, ())):
            yield version, ("services", name, "versions", index)


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
    draft: Deployment, service: Service, values: Mapping[str, str], findings: list[Finding], *, place: Path
) -> dict[str, Any]:
    registry = draft.catalog.images.registry

    def completed(name: str, sidecar: Sidecar) -> Sidecar:
        texts = _filled(
            draft, service, sidecar.environment, (*place, "sidecars", name, "environment"), values, findings
        )
        image = mirrored(sidecar.image, registry=registry)
        return sidecar.model_copy(update={"environment": dict(sorted(texts.items())), "image": image})

    texts = _filled(draft, service, service.environment, (*place, "environment"), values, findings)
    logs, router = service.logs, service.logs.router
    if router is not None:
        options = _filled(draft, service, router.options, (*place, "logs", "router", "options"), values, findings)
        logs = logs.model_copy(update={"router": router.model_copy(update={"options": options})})
    account = values.get("account", marks.ACCOUNT)
    where = Where(partition=draft.partition, region=draft.region, account=account, cluster=draft.cluster_name)
    return {
        "environment": dict(sorted({**_urls(draft, service), **texts}.items())),
        "image": mirrored(service.image, registry=registry),
        "logs": logs,
        "sidecars": {name: completed(name, sidecar) for name, sidecar in sorted(service.sidecars.items())},
        "granted": granted(service.access, where=where),
    }


def _urls(draft: Deployment, service: Service) -> dict[str, str]:
    """The callees' URLs, under the names that the service does not use for a secret."""
    return {
        names.variable(name): address(draft, name).url
        for name in _reachable(draft, service)
        if names.variable(name) not in service.secrets
    }


def _reachable(draft: Deployment, service: Service) -> list[str]:
    return [name for name in sorted(service.calls) if _has_address(draft, name)]


def _filled(
    draft: Deployment,
    service: Service,
    texts: Mapping[str, str],
    place: Path,
    values: Mapping[str, str],
    findings: list[Finding],
) -> dict[str, str]:
    """The texts of a table, with the placeholders of the service's callees filled in too."""
    reachable = _reachable(draft, service)

    def filled(placeholder: str) -> str:
        name, _, what = placeholder.partition(".")
        if name in reachable:
            return str(getattr(address(draft, name), what))
        raise placeholders.UnknownCallee(_why_unreachable(draft, service, name, placeholder), callee=name)

    complete: dict[str, str] = {}
    for key, text in texts.items():
        try:
            complete[key] = placeholders.fill(text, values, address=filled)
        except placeholders.Unknown as reason:
            rests_on: tuple[Path, ...] = ()
            if isinstance(reason, placeholders.UnknownCallee):
                callee: Path = ("services", reason.callee)
                rests_on = (("services", service.key, "calls"), (*callee, "port"), ("external", reason.callee))
            findings.append(Finding(place=(*place, key), message=str(reason), about=rests_on))
    return complete


def _has_address(draft: Deployment, name: str) -> bool:
    service = draft.services.get(name)
    return name in draft.catalog.external or (service is not None and service.port is not None)


def _why_unreachable(draft: Deployment, service: Service, name: str, placeholder: str) -> str:
    literal = f"write {{{{{placeholder}}} for literal text"
    if name in service.calls:
        return f'{{{placeholder}}} has no value: "{name}" has no port; give services.{name} a port, or {literal}'
    if name in draft.services or name in draft.catalog.external:
        return f'{{{placeholder}}} needs the call; add "{name}" to services.{service.key}.calls, or {literal}'
    what = placeholder.partition(".")[2]
    for new in (new for new, old in draft.renamed.items() if old == name):
        return f"{{{placeholder}}} has no value: it is renamed; write {{{new}.{what}}}, or {literal}"
    known = sorted({*draft.services, *draft.catalog.external})
    close = did_you_mean(name, known)
    guess = f"did you mean {{{close}.{what}}}? Or" if close else "name a service that it calls, or"
    return f'{{{placeholder}}} has no value: there is no "{name}"; {guess} {literal}'
