"""Whether a value of Terraform JSON fits the type of an attribute, after the conversions that Terraform makes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from tests.support.terraform_text import expressions, is_expression

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def misfit(value: Any, type_: Any) -> Iterator[str]:
    """Values of a wrong type, each with its path."""
    if value is None or type_ == "dynamic" or (isinstance(value, str) and is_expression(value)):
        return
    if isinstance(type_, str):
        if not _SCALARS[type_](value):
            yield f": {value!r:.60} is no {type_}"
        return
    kind, of = type_
    if kind in ("list", "set"):
        if not isinstance(value, list):
            yield f": {value!r:.60} is no {kind}"
            return
        for index, item in enumerate(value):
            yield from (f"[{index}]{problem}" for problem in misfit(item, of))
    elif not isinstance(value, dict):
        yield f": {value!r:.60} is no {kind}"
    elif kind == "map":
        for key, item in value.items():
            yield from (f".{key}{problem}" for problem in misfit(item, of))
    else:
        # An object wants every attribute, null where there is none.
        yield from (f".{key}: required, and not there" for key in of.keys() - value.keys())
        yield from (f".{key}: no such attribute" for key in value.keys() - of.keys())
        for key in of.keys() & value.keys():
            yield from (f".{key}{problem}" for problem in misfit(value[key], of[key]))


def is_scalar(type_: Any) -> bool:
    return isinstance(type_, str) and type_ != "dynamic"


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value)) or _is_template(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and (value in ("true", "false") or _is_template(value)))


def _is_template(text: str) -> bool:
    return any(True for _ in expressions(text))


_SCALARS = {
    "string": lambda value: isinstance(value, str | int | float),
    "number": _is_number,
    "bool": _is_bool,
}
