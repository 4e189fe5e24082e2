"""`{var.x}`, `{environment}`, `{region}`, `{account}` in any string, `{callee.url}` and its like in an environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_INNER = r"var\.[^{}\s]*|environment|region|account"
_CALLEE = r"[a-z][a-z0-9-]*\.(?:url|host|port)"


def _pattern(inner: str) -> re.Pattern[str]:
    # `${…}` and `%{…}` belong to shells and templates: whatever follows their braces is not ours.
    return re.compile(rf"(?P<foreign>[$%]\{{+)|\{{(?P<escaped>\{{(?:{inner})\}})|\{{(?P<name>{inner})\}}")


_GENERAL = _pattern(_INNER)
_IN_ENVIRONMENT = _pattern(f"{_INNER}|{_CALLEE}")
_ADDRESS = _pattern(_CALLEE)


class Unknown(Exception):
    """A placeholder that stands for nothing; the text says why and what to do."""


def fill(text: str, values: Mapping[str, str], *, address: Callable[[str], str] | None = None) -> str:
    """`text` with its placeholders replaced; with `address`, those of callees too.

    A doubled opening brace makes a placeholder literal. Raises Unknown for the first that has no value.
    """

    def replace(match: re.Match[str]) -> str:
        if match["foreign"]:
            return match["foreign"]
        if match["escaped"]:
            return match["escaped"]
        name = match["name"]
        if name in values:
            return values[name]
        if address is not None and not name.startswith("var.") and "." in name:
            return address(name)
        raise Unknown(_reason(name, values))

    return (_GENERAL if address is None else _IN_ENVIRONMENT).sub(replace, text)


def any_in(text: str) -> bool:
    """Whether a text holds a general placeholder: what it will say is not known before it is filled."""
    return any(match["name"] for match in _GENERAL.finditer(text))


def addresses_in(text: str) -> list[str]:
    """The callee placeholders that a text holds, as names: for telling a user that they are plain text there."""
    return [match["name"] for match in _ADDRESS.finditer(text) if match["name"]]


def _reason(name: str, values: Mapping[str, str]) -> str:
    literal = f"write {{{{{name}}} for literal text"
    if name.startswith("var."):
        known = ", ".join(sorted(key[4:] for key in values if key.startswith("var.")))
        return (
            f"{{{name}}} has no value; add {name[4:] or 'it'} to [vars]"
            + (f" (there: {known})" if known else "")
            + f", or {literal}"
        )
    if name == "environment":
        return f"{{environment}} has no value, as the catalog has no [environments]; add them, or {literal}"
    return f"{{{name}}} cannot be used here; write it out, or {literal}"
