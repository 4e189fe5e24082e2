"""What a renamed service had before: for each address of its own, and of others that name it, the old one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog import names
from catalog.analysis.resource_types import COMMON

_RULES = {type_: row.between for type_, row in COMMON.items() if row.between}
"""What is named after two, and the word between them."""
_SHARED = names.shared("")


def moves(addresses: Iterable[str], *, renamed: Mapping[str, str]) -> list[tuple[str, str]]:
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
