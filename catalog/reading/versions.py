"""Other versions of a service, each made complete from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from catalog import names
from catalog.model import Deployment, Service, ServiceKeys, Version
from catalog.model.workload import WorkloadKeys
from catalog.reading.layers import EXCLUSIVE

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


def in_place_of_service(deployment: Deployment, *, name: str, index: int) -> Deployment:
    """The deployment as rules about workloads see it, with a version in the place of its service, and no other service:
    these rules ask about one, and would else be asked about all for every version."""
    service, version = deployment.services[name], deployment.versions[name][index]
    keys = deployment.catalog.services[name]
    # Under the service's own name: rules tell apart what differs, not what it is called.
    identity = {"name": name, "aws_name": service.aws_name, "place": service.place, "version": None}
    written_as = keys.model_copy(update=_changed(keys, keys.versions[index]))
    catalog = deployment.catalog.model_copy(update={"services": {name: written_as}})
    return replace(deployment, catalog=catalog, running=(version.model_copy(update=identity),))
