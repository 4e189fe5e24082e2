"""Advice for keys and values as other tools write them: Compose, Copilot, ECS, Kubernetes, Terraform modules."""

from __future__ import annotations

import functools
import json
import re
import shlex
from pathlib import Path as FilePath
from typing import Any

from catalog.diagnostics import Path

_DATA = FilePath(__file__).parents[1] / "data" / "other_tools.json"
"""keys: words of other tools under the key of the catalog that means the same, by table. advice: words for which there
is no key, under what to do. values: words for a value, with what to do."""
_DURATIONS = {
    "s": r"s|sec|secs|second|seconds", "m": r"m|min|mins|minute|minutes", "h": r"h|hr|hrs|hour|hours",
}  # fmt: skip
_SHELL = re.compile(r"[|&;<>$`*?\n]|\s~")
"""Characters that only a shell understands."""
_MIB = {"": 1, "m": 1, "mb": 1, "mi": 1, "mib": 1, "g": 1024, "gb": 1024, "gi": 1024, "gib": 1024}


@functools.cache
def _other_tools() -> Any:
    return json.loads(_DATA.read_text("utf-8"))


def toml(value: object) -> str:
    """A value as TOML, in one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{toml_key(str(key))} = {toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    # JSON's escapes are TOML's, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_type(value: object) -> str:
    """What TOML calls a value."""
    if isinstance(value, bool):
        return "true or false"
    names: dict[type, str] = {
        str: "a string",
        int: "a number",
        float: "a number",
        dict: "a table",
        list: "a list",
        tuple: "a list",
    }
    return names.get(type(value), "a date or time")


def toml_key(key: str) -> str:
    """A key as TOML, in quotes if it needs them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml(key)


def of_key(path: Path, value: object) -> str | None:
    """Advice for a key of another tool; None for one that no table lists."""
    key, table = str(path[-1]), _pattern(path[:-1])
    for said, words in _other_tools()["advice"].get(table, {}).items():
        if key in words:
            called = [str(each) for each in value] if isinstance(value, list | tuple | dict) else [str(value)]
            return str(said).replace("CALLS", f"calls = {toml(called)}")
    for ours, words in _other_tools()["keys"].get(table, {}).items():
        if key in words:
            return f"Write {assignment((*path[:-1], ours), value) or ours}."
    return None


def of_value(path: Path, value: object) -> str | None:
    """Advice for a value that another tool would understand; None if there is no obvious one."""
    words = _other_tools()["values"].get(str(path[-1]), {})
    if isinstance(value, str) and value.lower() in words:
        return str(words[value.lower()])
    fixed = assignment(path, value)
    return f"Write {fixed}." if fixed else None


def single(path: Path, value: object) -> str | None:
    """The message for a list where a public service has one value; None for anything else."""
    if not isinstance(value, list | tuple) or path[-2:-1] != ("public",) or path[-1] not in ("host", "ingress"):
        return None
    fix = f" Write {path[-1]} = {toml(value[0])}." if value and isinstance(value[0], str) else ""
    return f"a service has one {path[-1]}, and this is a list.{fix}"


def assignment(path: Path, value: object) -> str | None:
    """`port = 3000`: the key at a path with a value that the catalog takes, made of one that it doesn't."""
    table, key = _pattern(path[:-1]), str(path[-1])
    convert = _CONVERSIONS.get(key)
    fixed: Any = None
    # The same word may mean another thing in another table.
    if convert is not None and (table.startswith("services.") or convert is duration):
        fixed = convert(value)
    if key == "instance_types" and isinstance(value, str):
        fixed = _names(value)
    return None if fixed is None else f"{toml_key(key)} = {toml(fixed)}"


def duration(value: object) -> str | None:
    """`"30s"` for 30, "30", "30 seconds" or "0.5m"; None for what is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(value))
    if not found:
        return None
    unit = next(
        (u for u, words in _DURATIONS.items() if re.fullmatch(words, found[2].lower())), None if found[2] else "s"
    )
    if unit is None:
        return None
    number = float(found[1])
    if not number.is_integer() and unit != "s":
        number, unit = number * {"m": 60, "h": 3600}[unit], "s"
    return f"{int(number)}{unit}" if number.is_integer() else None


def argument_list(value: object) -> list[str] | None:
    """A command line as the arguments that a shell makes of it, or as a call of a shell if it uses one."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        words = shlex.split(value)
    except ValueError:
        return ["sh", "-c", value]
    inside = shlex.split(value, posix=False)
    if any(_SHELL.search(word) for word in inside if word[0] not in "'\"") or "=" in words[0]:
        return ["sh", "-c", value]
    return words


def _port(value: object) -> int | None:
    first = value[0] if isinstance(value, list | tuple) and value else value
    found = re.fullmatch(r"(?:.*:)?(\d{1,5})(?:/tcp)?", str(first).strip()) if isinstance(first, int | str) else None
    return int(found[1]) if found and 0 < int(found[1]) < 65536 and not isinstance(first, bool) else None


def _mib(value: object) -> int | None:
    found = (
        re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(value))
        if isinstance(value, int | float | str)
        else None
    )
    factor = _MIB.get(found[2].lower()) if found else None
    return int(float(found[1]) * factor) if found and factor and not isinstance(value, bool) else None


def _cpu_units(value: object) -> int | None:
    """1024 for "1 vCPU" or 1.0; a whole number is units already, as few tasks have 256 vCPU."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(m|vcpus?|cpus?|cores?)?\s*", str(value).lower())
    if not found:
        return None
    number = float(found[1])
    units = number * 1.024 if found[2] == "m" else number * 1024 if found[2] or number < 64 else number
    return next((size for size in (256, 512, 1024, 2048, 4096, 8192, 16384) if size >= units), None)


def _whole(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if isinstance(value, int | str) and not isinstance(value, bool) and text.isdigit() else None


def _true_or_false(value: object) -> bool | None:
    words = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    return words.get(str(value).lower()) if isinstance(value, str | int) else None


def _variables(value: object) -> dict[str, str] | None:
    pairs = [str(each).partition("=") for each in value] if isinstance(value, list | tuple) else []
    if isinstance(value, dict) and value and all(isinstance(item, str | int | float) for item in value.values()):
        return {str(key): _spelled(item) for key, item in value.items()}
    return {name: said for name, _, said in pairs} if pairs and all(equals for _, equals, _ in pairs) else None


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _health(value: object) -> dict[str, str] | None:
    if not isinstance(value, str):
        return None
    if value.startswith("/"):
        return {"path": value}
    path = re.fullmatch(r"https?://[^/]+(/\S*)", value)
    return {"path": path[1]} if path else {"command": value}


def _public(value: object) -> Any:
    if isinstance(value, str) and value.startswith("/"):
        return {"path": value}
    if isinstance(value, str) and "." in value:
        return {"host": value.partition("://")[2] or value}
    return _true_or_false(value)


def _names(value: object) -> list[str] | None:
    return re.split(r"[\s,]+", value.strip()) if isinstance(value, str) and value.strip() else None


def _capacity(value: object) -> str | None:
    word = str(value).lower().replace("_", "-")
    return word if word in ("fargate", "fargate-spot") else None


_CONVERSIONS: dict[str, Any] = {
    "capacity": _capacity,
    "port": _port,
    "memory": _mib,
    "cpu": _cpu_units,
    "replicas": _whole,
    "gpus": _whole,
    "shared_memory_mib": _mib,
    "command": argument_list,
    "entrypoint": argument_list,
    "environment": _variables,
    "health": _health,
    "public": _public,
    "calls": _names,
    "exec": _true_or_false,
    "readonly_root": _true_or_false,
    "timeout": duration,
    "idle_timeout": duration,
    "stop_timeout": duration,
    "grace": duration,
    "interval": duration,
    "per_try": duration,
}


def _pattern(path: Path) -> str:
    """A path with `*` for what users name. Tables of defaults, profiles, versions and sidecars read like services."""
    parts = tuple(str(part) for part in path)
    if parts[:1] == ("environments",):
        parts = parts[2:]
    if parts[:1] == ("defaults",):
        parts = ("services", "*", *parts[1:])
    if parts[:1] == ("profiles",):
        parts = ("services", *parts[1:])
    if parts[:1] == ("services",) and parts[2:3] in (("versions",), ("sidecars",)) and len(parts) > 3:
        parts = ("services", "*", *parts[4:])
    named = parts[:1] in (("services",), ("ingress",), ("capacity",), ("external",))
    return ".".join("*" if named and index in (1, 3) else part for index, part in enumerate(parts))
