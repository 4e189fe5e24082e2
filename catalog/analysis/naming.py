"""The names of a service's resources in AWS, all from its `aws_name` and none from its key, and the `moved` blocks of
services that are renamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog import names
from catalog.analysis.resource_types import COMMON
from catalog.diagnostics import Path
from catalog.model import Deployment, Service, Workload


def owned(deployment: Deployment, workload: Workload, *parts: str) -> str:
    """Of its ECS service, task family, security group: names with room."""
    return names.owned(deployment.id, workload.aws_name, *parts)


def role(deployment: Deployment, workload: Workload, kind: str) -> str:
    """Of one of its roles, and of that role's policy."""
    return names.role(deployment.id, workload.aws_name, kind)


def log_group(deployment: Deployment, workload: Workload) -> str:
    return names.log_group(deployment.id, workload.aws_name)


def target_group(deployment: Deployment, service: Service, *, forces_new: tuple[str, ...]) -> str:
    """Of its target group, behind a load balancer or of a mesh."""
    return names.target_group(deployment.id, *service.aws_name.split("_"), forces_new=forces_new)


def place(deployment: Deployment, service: Service) -> Path:
    """Where the catalog says what AWS knows a service by."""
    keys = deployment.catalog.services[service.key]
    said = next((key for key in ("aws_name", "renamed_from") if getattr(keys, key) is not None), None)
    return ("services", service.key, said) if said else ("services", service.key)


_RULES = {type_: row.between for type_, row in COMMON.items() if row.between}
"""What is named after two, and the word between them."""
_SHARED = names.shared("")


def moved_blocks(addresses: Iterable[str], *, renamed: Mapping[str, str]) -> list[tuple[str, str]]:
    """The old and the new address of all that a renaming moves, sorted. `renamed` has the old keys, by the new ones.

    What is read is never moved (Terraform, "Refactoring": resources and modules). Too much does no harm: nothing is
    moved from where nothing was.
    """
    pairs = ((_before(address, renamed), address) for address in addresses if not address.startswith("data."))
    return sorted((old, new) for old, new in pairs if old != new)


def _before(address: str, renamed: Mapping[str, str]) -> str:
    type_, _, name = address.partition(".")
    key, mark, rest = name.partition("_")
    word = _RULES.get(type_)
    if word is None:
        return f"{type_}.{renamed.get(key, key)}{mark}{rest}"
    if rest.startswith(f"{word}_"):
        owner, target = key, rest.removeprefix(f"{word}_")
    else:
        owner, _, target = name.rpartition(f"_{word}_")
    return f"{type_}.{renamed.get(owner, owner)}_{word}_{_target_before(owner, target, renamed)}"


def _target_before(owner: str, target: str, renamed: Mapping[str, str]) -> str:
    """Shared parts tell by the port behind the key for which of its calls they let somebody in."""
    key, mark, port = target.partition("_")
    if mark and not (owner.startswith(_SHARED) and port.isdecimal()):
        return target
    return f"{renamed.get(key, key)}{mark}{port}"
