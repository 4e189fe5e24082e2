"""Check a request against botocore's model of its operation, as the service does.

botocore's own validator knows required members, types, unknown members and minimum values.
Enums, patterns and maximum values stand in the model too, but clients never look at them: the
service does, and so does this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator


@cache
def operation(service: str, name: str) -> OperationModel:
    """botocore's model of one operation, e.g. operation("appmesh", "CreateRoute")."""
    return botocore.session.get_session().get_service_model(service).operation_model(name)


def problems(service: str, name: str, params: dict[str, Any]) -> list[str]:
    """Every violation of the model in these parameters; empty if there is none."""
    shape = operation(service, name).input_shape
    if shape is None:
        return []
    report = ParamValidator().validate(params, shape)
    # Limits don't apply to values of a wrong type, so errors of types come first.
    return report.generate_report().splitlines() if report.has_errors() else list(_limits(params, shape, ""))


def _limits(value: Any, shape: Shape, place: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for key, inner in value.items():
            yield from _limits(inner, shape.members[key], f"{place}.{key}" if place else key)
    elif shape.type_name == "list":
        yield from _size(len(value), shape, place, "number of entries")
        for index, inner in enumerate(value):
            yield from _limits(inner, shape.member, f"{place}[{index}]")
    elif shape.type_name == "map":
        yield from _size(len(value), shape, place, "number of entries")
        for key, inner in value.items():
            yield from _limits(key, shape.key, f"{place} key {key!r}")
            yield from _limits(inner, shape.value, f"{place}.{key}")
    elif shape.type_name == "string":
        yield from _size(len(value), shape, place, "length")
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            yield f"{place}: {value!r} is not one of {', '.join(allowed)}"
        pattern = shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            yield f"{place}: {value!r} does not match {pattern}"
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _size(value, shape, place, "value")


def _size(measure: float, shape: Shape, place: str, what: str) -> Iterator[str]:
    smallest, largest = shape.metadata.get("min"), shape.metadata.get("max")
    if smallest is not None and measure < smallest:
        yield f"{place}: {what} {measure} is below {smallest}"
    if largest is not None and measure > largest:
        yield f"{place}: {what} {measure} is above {largest}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:
        # The models use Java's dialect. A pattern that Python can't parse is skipped.
        return True
