"""Keys of a table that needs a name, and tables in the form of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.diagnostics import Finding, Path, toml_key
from catalog.model import External, Ingress
from catalog.model.platform import FARGATE, Capacity
from catalog.model.service import ServiceKeys

_NAMED: Mapping[str, tuple[frozenset[str], str]] = {
    "services": (frozenset(ServiceKeys.model_fields), "web"),
    "ingress": (frozenset(Ingress.model_fields), "public"),
    "external": (frozenset(External.model_fields), "database"),
    "capacity": (frozenset(Capacity.model_fields), "gpu"),
}
"""The tables whose entries have names: the keys of an entry, and a usual name."""
_SHARED_MEMORY = ("shm_size", "shared_memory_mib", "shared_memory", "sharedMemorySize")


def unnamed(tree: Mapping[str, Any]) -> dict[str, Finding]:
    """A finding for each table that has the keys of one entry, by its key: `[ingress]` for `[ingress.public]`."""
    found = {}
    for table, (keys, example) in _NAMED.items():
        entries = tree.get(table)
        if not isinstance(entries, Mapping):
            continue
        wrong = next((key for key, value in entries.items() if key in keys and not isinstance(value, Mapping)), None)
        if wrong is not None:
            names = (name for name, entry in entries.items() if name not in keys and isinstance(entry, Mapping))
            name = toml_key(next(names, example))
            message = f"belongs in a table with a name. Write [{table}.{name}] instead of [{table}]."
            found[table] = Finding(place=(table, wrong), message=message)
    return found


def listed_table(path: Path, value: object) -> str | None:
    """The message for `[[services.redis]]`; None for any other value."""
    if len(path) != 2 or path[0] not in _NAMED or not isinstance(value, list | tuple):
        return None
    if len(value) != 1 or not isinstance(value[0], Mapping):
        return None
    where = f"{path[0]}.{toml_key(str(path[1]))}"
    return f"must be a table, not a list of tables. Write [{where}] instead of [[{where}]]."


def on_fargate(path: Path, beside: Mapping[str, Any]) -> str | None:
    """The message for a size of shared memory, which only instances support; None for any other key."""
    if path[-1] not in _SHARED_MEMORY or len(path) != 3 or beside.get("capacity", FARGATE[0]) not in FARGATE:
        return None
    return "unknown key; Fargate has no setting for shared memory. Remove it."
