"""Keys and values in the spelling of other tools, and what to write in the catalog instead."""

from __future__ import annotations

import contextlib
import difflib
import functools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from catalog.diagnostics import Path, command_line, did_you_mean
from catalog.model.types import spelled_duration

_OTHER_TOOLS = FilePath(__file__).parent.parent / "data" / "other_tools.json"
"""Keys and values of Compose, Copilot, ECS task definitions, Kubernetes and Terraform modules, by place."""
_YES, _NO = ("yes", "true", "on", "1", "y"), ("no", "false", "off", "0", "n")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:(k|m|g|t)i?b?)?", re.I)
_MIB = {"": 1.0, "k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0 * 1024}
_CPU = re.compile(r"(\d+(?:\.\d+)?)\s*(m|v?cpus?)?", re.I)
_PORT = re.compile(r"(?:[\d.]+:)*(\d{1,5})(?:/tcp)?")
_PARTS = ("url", "host", "port")
_ADDRESS_WORDS = {"hostname": "host", "address": "host", "addr": "host", "endpoint": "url", "uri": "url"}
_GENERAL = {
    **dict.fromkeys(("env", "environments"), "environment"),
    **dict.fromkeys(("aws_region", "aws-region"), "region"),
    **dict.fromkeys(("account_id", "accountid", "aws_account", "aws_account_id"), "account"),
}


@functools.cache
def _other_tools() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(_OTHER_TOOLS.read_text())
    return tables


def _at(table: str, path: Path) -> Mapping[str, str]:
    if path[2:3] == ("versions",):
        path = (*path[:2], *path[4:])
    parts = tuple(str(part) for part in path)
    for pattern, found in _other_tools()[table].items():
        expected = tuple(filter(None, pattern.split(".")))
        if len(expected) == len(parts) and all(want in ("*", part) for want, part in zip(expected, parts, strict=True)):
            return found
    return {}


def renamed(path: Path) -> str | None:
    """The catalog's key for a key of another tool."""
    return _at("renamed", path[:-1]).get(str(path[-1]))


def unsupported(path: Path) -> str | None:
    """The whole message for a key of another tool that has no equivalent."""
    return _at("unsupported", path[:-1]).get(str(path[-1]))


def unsupported_keys() -> list[str]:
    """The keys that aren't supported yet, as the documentation spells them."""
    return [
        ".".join((*filter(None, pattern.replace("*", "NAME").split(".")), key))
        for pattern, found in _other_tools()["unsupported"].items()
        for key, message in sorted(found.items())
        if message.startswith("isn't supported yet")
    ]


def wrong_value(path: Path, value: object) -> str | None:
    """The whole message for a value that another tool allows at this place."""
    return _at("values", path).get(value.lower()) if isinstance(value, str) else None


def candidates(key: str, value: object) -> Iterator[object]:
    """Values that one of the wrong form may mean, the most likely first. Callers use the first valid one."""
    if key in _BY_KEY:
        yield from _BY_KEY[key](value)
    if isinstance(value, str):
        yield from _from_string(value)
    elif isinstance(value, bool | int | float):
        yield json.dumps(value)
        if value in (0, 1):
            yield bool(value)
    elif isinstance(value, list | tuple):
        yield from _variables(value)
        if len(value) == 1:
            yield value[0]
    if (duration := meant_duration(value)) is not None:
        yield duration


def _from_string(value: str) -> Iterator[object]:
    text = value.strip()
    if re.fullmatch(r"-?\d{1,18}", text):
        yield int(text)
    if re.fullmatch(r"-?\d{1,18}\.\d+", text):
        yield float(text)
    if text.lower() in (*_YES, *_NO):
        yield text.lower() in _YES
    if text.startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            yield tuple(json.loads(text))
    if "," in text:
        yield tuple(part.strip() for part in text.split(",") if part.strip())
    yield (value,)


def _variables(value: object) -> Iterator[object]:
    """A table from ["A=b"] (Compose) or [{ name = "A", value = "b" }] (ECS, Kubernetes)."""
    table: dict[str, str] = {}
    for item in value if isinstance(value, list | tuple) else ():
        if isinstance(item, str) and "=" in item:
            name, _, text = item.partition("=")
        elif isinstance(item, dict) and item.keys() in ({"name", "value"}, {"name", "valueFrom"}):
            name, text = str(item["name"]), str(item.get("value", item.get("valueFrom")))
        else:
            return
        table[name.strip()] = text
    if table:
        yield table


def _memory(value: object) -> Iterator[object]:
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        yield round(float(match[1]) * _MIB[(match[2] or "").lower()])
    elif isinstance(value, float) and value > 0:
        yield round(value * 1024) if value <= 64 else round(value)


def _cpu(value: object) -> Iterator[object]:
    if isinstance(value, float) and 0 < value <= 32:
        yield round(value * 1024)
    match = _CPU.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        number, unit = float(match[1]), (match[2] or "").lower()
        yield round(number * (1.024 if unit == "m" else 1024 if unit or number <= 32 else 1))


def _port(value: object) -> Iterator[object]:
    first = value[0] if isinstance(value, list | tuple) and value else value
    if isinstance(first, dict):
        first = next((first[key] for key in ("containerPort", "container_port", "target") if key in first), None)
    match = _PORT.fullmatch(first.strip()) if isinstance(first, str) else None
    if match is not None:
        yield int(match[1])
    elif isinstance(first, int) and not isinstance(first, bool):
        yield first


def _capacity(value: object) -> Iterator[object]:
    first = value[0] if isinstance(value, list | tuple) and value else value
    if isinstance(first, str) and first.lower().startswith("fargate"):
        yield first.lower().replace("_", "-")


def _table(value: object) -> Iterator[object]:
    """A table with a path, or with a host name."""
    first = value[0] if isinstance(value, list | tuple) and value else value
    if isinstance(first, str) and ("." in first or first.startswith("/")):
        yield {"path" if first.startswith("/") else "host": first}


def _volumes(value: object) -> Iterator[object]:
    """A table from ["data:/data"] or { data = "/data" }. Named volumes outlive the task, as in Compose."""
    items = value if isinstance(value, list | tuple) else ()
    pairs = [*value.items()] if isinstance(value, dict) else [str(item).partition(":")[::2] for item in items]
    if pairs and all(str(path).startswith("/") for _, path in pairs):
        yield {name.replace("_", "-"): {"path": path, "kind": "efs"} for name, path in pairs}


def _command(value: object) -> Iterator[object]:
    if isinstance(value, str) and not value.lstrip().startswith("["):
        yield command_line(value)


_BY_KEY: Mapping[str, Any] = {
    **dict.fromkeys(("memory", "shared_memory_mib"), _memory),
    "cpu": _cpu,
    "gpus": lambda value: [int(value)] if isinstance(value, bool) else [1] if value == "all" else [],
    "port": _port,
    "capacity": _capacity,
    "health": _table,
    "public": _table,
    "command": _command,
    "entrypoint": _command,
    "environment": _variables,
    "volumes": _volumes,
}


def meant_duration(value: object) -> str | None:
    """The duration that a number, or the spelling of another tool, most likely means: 30 and "30 sec" are "30s"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        seconds = float(value)
    elif isinstance(value, str) and (parts := re.findall(_OTHER_DURATION, value.lower())) and _is_all_durations(value):
        seconds = sum(float(number) * _OTHER_UNITS[unit[:2].lower()] for number, unit in parts)
    else:
        return None
    return spelled_duration(math.ceil(seconds))[1:-1] if 0 < seconds < 10**6 else None


_OTHER_DURATION = r"(\d+(?:\.\d+)?)\s*(ms|milli[a-z]*|s[a-z]*|min[a-z]*|m|h[a-z]*|d[a-z]*|$)"
_OTHER_UNITS = {"": 1, "ms": 0.001, "s": 1, "se": 1, "mi": 60, "m": 60, "h": 3600, "ho": 3600, "hr": 3600, "d": 86400,
                "da": 86400}  # fmt: skip


def _is_all_durations(value: str) -> bool:
    units = [unit[:2] for _, unit in re.findall(_OTHER_DURATION, value.lower())]
    rest = re.sub(_OTHER_DURATION, "", value.lower()).strip()
    return len(value) < 40 and not rest and all(unit in _OTHER_UNITS for unit in units)


def placeholder(name: str, callees: Sequence[str]) -> str | None:
    """Advice for a word in braces that is nearly a placeholder; None if it is literal text. `callees` are the names
    whose addresses the string allows."""
    first, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    general = {"environment": "environment", **_GENERAL}.get(first.lower()) or (
        did_you_mean(first, ["environment", "account", "region"]) if len(first) > 5 else None
    )
    if not rest:
        if first in callees:
            return " or ".join(f"{{{first}.{part}}}" for part in _PARTS)
        ratio = difflib.SequenceMatcher(None, first.lower(), general or "").ratio()
        return f"{{{general}}}" if general and (ratio >= 0.85 or first.lower() in _GENERAL) else None
    if first in ("var", "vars", "variable", "variables"):
        return f"{{var.{rest.replace('.', '_')}}}"
    if first in ("service", "services", "external", "externals"):
        return f"{{{rest}}}" if rest.partition(".")[0] in callees and last in _PARTS else "{NAME.url}"
    part = last if last in _PARTS else _ADDRESS_WORDS.get(last.lower()) or did_you_mean(last, _PARTS)
    if first in callees:
        return f"{{{first}.{part}}}" if part else " or ".join(f"{{{first}.{each}}}" for each in _PARTS)
    close = did_you_mean(first, callees)
    if close and part:
        return f"{{{close}.{part}}}"
    return f"{{{general}}}" if general and first.lower() in ("environment", "account", "region", *_GENERAL) else None
