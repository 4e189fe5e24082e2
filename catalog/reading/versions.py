"""Other versions of a service: each made complete from it, and checked by the rules in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from catalog import names
from catalog.model import Deployment, Service, ServiceKeys, Version
from catalog.model.workload import WorkloadKeys
from catalog.problems import Finding, Path
from catalog.reading.layers import EXCLUSIVE
from catalog.written import Written

_OF_THE_VERSION = ("name", "weight", "match")


def completed(service: Service) -> Iterator[Service]:
    """The service as it is in each of its versions: what that says, and else what the service says."""
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
    """What differs in a version, whole: of two keys that exclude each other, its own drops the service's."""
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


def checked(
    deployment: Deployment,
    written: Written,
    rules: Iterable[Callable[[Deployment, Written], Iterable[Finding]]],
    *,
    known: Iterable[Finding],
) -> Iterator[Finding]:
    """What the rules find where a version stands in the place of its service, without what is known of the service."""
    said = {(finding.place, finding.message) for finding in known}
    every = tuple(rules)
    for name, versions in deployment.versions.items():
        for index, version in enumerate(versions):
            inside = _Inside(written, name=name, index=index)
            # Under the service's own name: rules tell apart what differs, not what it is called.
            service = deployment.services[name]
            identity = {"name": name, "aws_name": service.aws_name, "place": service.place, "version": None}
            stand_in = version.model_copy(update=identity)
            keys = deployment.catalog.services
            written_as = keys[name].model_copy(update=_changed(keys[name], keys[name].versions[index]))
            # Alone: these rules ask about one service, and would else be asked about all for every version.
            catalog = deployment.catalog.model_copy(update={"services": {name: written_as}})
            seen = replace(deployment, catalog=catalog, running=(stand_in,))
            for rule in every:
                for finding in rule(seen, inside):
                    if (finding.place, finding.message) not in said:
                        about = tuple(map(inside.placed, finding.about))
                        yield replace(finding, place=inside.placed(finding.place), about=about)


class _Inside:
    """The file as it reads for one version of a service: what that says stands there, the rest in the service."""

    def __init__(self, written: Written, *, name: str, index: int) -> None:
        self._written = written
        self._service: Path = ("services", name)
        self._version: Path = ("services", name, "versions", index)

    def written(self, *path: str | int) -> bool:
        return self._written.written(*self._meant(path))

    def own(self, *path: str | int) -> bool:
        return self._written.own(*self._meant(path))

    def where(self, *path: str | int) -> str:
        return self._written.where(*self._meant(path))

    def placed(self, path: Path) -> Path:
        """Where a finding belongs: to what the version says, or to the version."""
        if path[:2] != self._service:
            return path
        below = path[2:]
        while below and not self._written.written(*self._version, *below):
            below = below[:-1]
        return (*self._version, *below)

    def _meant(self, path: Path) -> Path:
        inside = (*self._version, *path[2:])
        return inside if path[:2] == self._service and len(path) > 2 and self._written.written(*inside) else path
