"""Converts values of a catalog and of Terraform JSON to one form for comparison."""

from __future__ import annotations

import re
from typing import Any

from catalog import unknowns

_REFERENCE = "\N{REPLACEMENT CHARACTER}"
_WRITTEN = re.compile(r"Tf%\{if true\}%\{endif\}Token\[|\$\$\{|%%\{|\$\{[^}]*\}")
"""Escapes and references in a string of Terraform."""
_MARKS = re.compile(f"{unknowns.ACCOUNT}|{unknowns.GENERATED_HOST.pattern}")


def plain(text: Any) -> Any:
    """The value of a string of Terraform, regardless of its references."""
    escapes = {"Tf%{if true}%{endif}Token[": "TfToken[", "$${": "${", "%%{": "%{"}
    return _WRITTEN.sub(lambda m: escapes.get(m[0], _REFERENCE), text) if isinstance(text, str) else text


def _marked(text: str) -> str:
    return _MARKS.sub(_REFERENCE, text)


def all_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {plain(key): all_plain(item) for key, item in value.items()}
    return [all_plain(item) for item in value] if isinstance(value, list) else plain(value)


def said(value: Any) -> Any:
    if isinstance(value, dict):
        return {_marked(key): said(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [said(item) for item in value]
    return _marked(value) if isinstance(value, str) else value


def within(part: Any, whole: Any) -> bool:
    """Whether a value is contained in another, which may have more."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(item, whole[key]) for key, item in part.items())
    if isinstance(part, list) and isinstance(whole, list) and any(isinstance(each, dict) for each in part):
        return all(any(within(item, other) for other in whole) for item in part)
    return bool(part == whole)
