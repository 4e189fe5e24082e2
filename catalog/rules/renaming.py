"""A service under a new key, and the name that it keeps in AWS."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import aws_names, names
from catalog.model import Deployment, Service
from catalog.model.catalog import RESERVED
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_LONGEST = 40
"""As for keys: AWS names hold it beside the deployment's id."""
_SHARED = "main"


def _renamed(deployment: Deployment) -> Iterator[tuple[Service, str, Path]]:
    """Every renamed service, its old key, and where that stands."""
    for name, old in deployment.renamed.items():
        yield deployment.services[name], old, ("services", name, "renamed_from")


def old_key_in_use(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Terraform moves nothing from an address that is there (Terraform, "Refactoring")."""
    for service, old, place in _renamed(deployment):
        if old == service.name:
            yield Finding(place=place, message=f'"{old}" is its key already; remove this')
        elif old in deployment.services:
            other: Path = ("services", old)
            yield Finding(
                place=place,
                message=f"services.{old} is there too ({written.location(*other)}), and would keep what is its own; "
                "remove that table, or this key. Names are swapped by way of a third, with an apply for each step",
            )


def one_into_two(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What is moved has one new address."""
    heirs: dict[str, str] = {}
    for service, old, place in _renamed(deployment):
        heir = heirs.setdefault(old, service.name)
        if heir != service.name:
            other: Path = ("services", heir, "renamed_from")
            message = f'services.{heir} is renamed from "{old}" too ({written.location(*other)}); remove one of them'
            yield Finding(place=place, message=message)


def called_like_shared_parts(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Addresses of shared parts begin with `main_` (docs/decisions/0003), and would be moved like its own."""
    for service, _, place in _renamed(deployment):
        if service.name == _SHARED:
            message = f'nothing can be renamed to "{_SHARED}", with which shared parts begin; choose another key'
            yield Finding(place=place, message=message)


def same_in_aws(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """AWS knows one service of a name."""
    known: dict[str, Service] = {}
    for service in deployment.services.values():
        other = known.setdefault(service.aws_name, service)
        if other is service or _already_said(service, other):
            continue
        # Told where the name was chosen, if it was.
        at, there = (service, other) if service.aws_name != service.name else (other, service)
        place = aws_names.place(deployment, there)
        yield Finding(
            place=aws_names.place(deployment, at),
            message=f'services.{there.name} is called "{there.aws_name}" in AWS too ({written.location(*place)}); '
            f"write another aws_name for the newer of them",
        )


def _already_said(one: Service, other: Service) -> bool:
    """By the rules above, of the old key that made them meet."""
    old = {one.renamed_from, other.renamed_from} - {None}
    return bool(old & {one.name, other.name}) or one.renamed_from == other.renamed_from is not None


def name_for_aws(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What holds of keys because AWS wants it so, holds of this name."""
    for service in deployment.services.values():
        name, place = service.aws_name, aws_names.place(deployment, service)
        if len(place) == 2:
            continue
        if name in RESERVED:
            yield Finding(place=place, message=f'"{name}" is reserved; write another name')
        if len(name) > _LONGEST:
            yield Finding(place=place, message=f"has {len(name)} characters; use at most {_LONGEST}")


def to_be_kept(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A name or a family that changes is another resource (provider documentation: "Forces new resource")."""
    for service, old, place in _renamed(deployment):
        if deployment.catalog.services[service.name].aws_name is None:
            cure = f'write aws_name = "{service.aws_name}" in its place: without either, all of it would be replaced'
        else:
            cure = "remove it"
        also = ""
        if service.port is not None and deployment.callers_of(service.name):
            also = f". Its callers now have its address in {names.variable(service.name)}, not {names.variable(old)}"
        yield Finding(place=place, message=f"once applied everywhere, {cure}{also}", level="notice")
