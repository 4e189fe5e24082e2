"""The keys and values that each table allows, keys in the wrong table, and tables in the form of a list."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from catalog.diagnostics import Finding, Path, spelled, toml_key, toml_value
from catalog.model import Catalog, External, Ingress
from catalog.model.platform import FARGATE, Capacity
from catalog.model.service import ServiceKeys
from catalog.reading import suggestions
from catalog.reading.layers import Report, Tree, tables_in, value_at
from catalog.reading.source import Document

_NAMED: Mapping[str, tuple[frozenset[str], str]] = {
    "services": (frozenset(ServiceKeys.model_fields), "web"),
    "ingress": (frozenset(Ingress.model_fields), "public"),
    "external": (frozenset(External.model_fields), "database"),
    "capacity": (frozenset(Capacity.model_fields), "gpu"),
}
"""The tables whose entries have names: the keys of an entry, and a usual name."""
_SHARED_MEMORY = ("shm_size", "shared_memory_mib", "shared_memory", "sharedMemorySize")
_LAYERS = ("defaults", "environments", "profiles")
"""Tables at the top of a file that are merged before the model sees it."""
_FREE = ("environment", "tags", "secrets")
"""Tables whose keys are names that users choose."""
_ORDINARY_WORDS = frozenset({"user", "profile", "stack", "scheme", "model", "aws_name", "renamed_from"})
"""Keys that are usual names of tags and variables too."""
_OF_PUBLIC: Mapping[str | int, str] = {"host": "host", "domain": "host", "path": "path"}
_REPLACED: Mapping[tuple[str | int, str], str] = {("scale", "replicas"): "min"}
"""Keys of a service that one of its tables excludes, and the keys of that table instead."""
Origin = Callable[[Path], tuple[Document | None, Path]]
"""Tells where a value is written: the file, and the path in it."""


def known_keys(path: Path) -> list[str]:
    """The keys that the table at a path allows."""
    model = _type_at(path)
    own = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else ()
    return sorted({*own, *(() if path else _LAYERS)})


def literals(path: Path, *, is_key: bool) -> list[str]:
    """The words that a value, or a key of its table, may be."""
    table = _unwrapped(annotation_at(path[:-1])) if is_key else _unwrapped(annotation_at(path))
    if is_key:
        table = _unwrapped(typing.get_args(table)[0])
    return [str(word) for word in typing.get_args(table)]


def _type_at(path: Path) -> Any:
    return _unwrapped(annotation_at(path))


def annotation_at(path: Path) -> Any:
    """The type of the value at a path; None if there is no such key."""
    annotation: Any = Catalog
    for part in path:
        table = _unwrapped(annotation)
        if isinstance(table, type) and issubclass(table, BaseModel):
            field = table.model_fields.get(str(part))
            annotation = typing.Annotated[(field.annotation, None, *field.metadata)] if field else None
        else:
            arguments = typing.get_args(table)
            annotation = arguments[1 if typing.get_origin(table) is dict else 0] if arguments else None
    return annotation


def _unwrapped(annotation: Any) -> Any:
    """Behind Annotated and `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _unwrapped(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _unwrapped(next(arm for arm in typing.get_args(annotation) if arm is not type(None)))
    return annotation


def is_valid(path: Path, value: object) -> bool:
    """Whether the value has the form that the key at a path requires."""
    annotation = annotation_at(path)
    if annotation is None or annotation is Any:
        return False
    try:
        TypeAdapter(annotation).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


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


def of_public(path: Path, value: object, beside: Mapping[str, Any]) -> str | None:
    """The message for a service's host name or path beside its `public`; None for any other key."""
    key = _OF_PUBLIC.get(path[-1]) if len(path) == 3 and path[0] == "services" else None
    public = beside.get("public")
    if key is None or not is_valid((*path[:2], "public", key), value) or (path[-1] == "domain" and public is None):
        return None
    fact = f"unknown key; public has the {'host name' if key == 'host' else 'path'}"
    if isinstance(public, Mapping):
        return f"{fact}. {'Remove it' if key in public else f'Move it into public, as {key} = {toml_value(value)}'}."
    instead = " in place of public = true" if public is True else ""
    return f"{fact}. Write public = {toml_value({key: value})}{instead}."


def of_table_above(path: Path, *, tree: Mapping[str, Any], origin: Origin, is_unknown: bool = False) -> Finding | None:
    """The finding for a wrong value below the header of a table, if its key belongs to a table above that header.
    `is_unknown` says that the table doesn't have the key."""
    at = next((index for index in range(2, len(path) - 1) if path[index] in _FREE), None)
    if at is not None and (at == 2 or path[at - 2] == "sidecars"):
        path = path[: at + 2]
    elif not is_unknown or suggestions.unsupported(path) or suggestions.renamed(path):
        return None
    key, value = str(path[-1]), value_at(tree, *path)
    if any(known.startswith(f"{key}_") for known in known_keys(path[:-1])):  # such as cpu, for scale.cpu_percent
        return None
    table = _above(path, value, origin=origin)
    if table is None:
        return None
    if (path[-2], key) in _REPLACED and table[0] == path[:-2]:
        beside, instead = value_at(tree, *path[:-1]), _REPLACED[path[-2], key]
        fix = "Remove it." if instead in beside else f"Write {instead} = {toml_value(value)}."
        return Finding(place=path, message=f"is a key of services without {path[-2]}. {fix}")
    return Finding(place=path, message=f"is a key of {table[1]}. Move it to {table[2]}.")


def below_wrong_header(report: Report) -> Iterator[Finding]:
    """A notice for each tag and variable that is a key, with a valid value, of the table above its own header."""
    tree, origin = report.layers.tree, report.layers.origin
    for name, service in tables_in(tree.get("services")):
        tables: list[tuple[Path, Tree]] = [(("services", name), service)]
        tables += [(("services", name, "sidecars", each), table) for each, table in tables_in(service.get("sidecars"))]
        for place, table in tables:
            for free in ("environment", "tags"):
                for key, value in table[free].items() if isinstance(table.get(free), dict) else ():
                    path = (*place, free, key)
                    if not key.islower() or key in _ORDINARY_WORDS or not isinstance(value, str):
                        continue
                    if above := _above(path, value, origin=origin):
                        what = "an environment variable" if free == "environment" else "a tag"
                        message = f"is {what}, and also a key of {above[1]}. Move it to {above[2]} if you mean the key."
                        yield Finding(place=path, message=message, level="notice")


def _above(path: Path, value: object, *, origin: Origin) -> tuple[Path, str, str] | None:
    """The nearest table above the header over a key that allows the key and its value, and doesn't set it: its path,
    its name, and its header with the line."""
    tables = [path[:size] for size in range(len(path) - 2, 1, -1) if path[-1] in known_keys(path[:size])]
    table = next((each for each in tables if value is not None and is_valid((*each, path[-1]), value)), None)
    source, place = origin(path)
    # Lines are read last: they require a second parse of the file.
    if table is None or source is None or source.at(place) == source.at(place[:-1]):
        return None  # in braces, or a dotted key
    header = place[: len(table) - len(path)]
    its_own = (*header, path[-1])
    if origin((*table, path[-1])) == (source, its_own) and source.at(its_own) != source.at(header):
        return None
    line, below = source.at(header), source.at(place[:-1])
    where = f" ({line[0]}:{line[1]})" if line < below else ""
    return table, spelled(header), f"[{spelled(header)}]{where}"
