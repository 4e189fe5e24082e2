"""What is inside tables that are passed on as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator

from catalog.frame import Place
from catalog.problems import Finding


def texts_in(value: object, at: Place) -> Iterator[tuple[str, Place]]:
    """Every text within a value, keys aside, with its place."""
    if isinstance(value, str):
        yield value, at
    for key, item in _items(value):
        yield from texts_in(item, at(key))


def not_json(value: object, at: Place) -> Iterator[Finding]:
    """Values that TOML has and JSON doesn't (RFC 8259): dates and infinite numbers."""
    if isinstance(value, dict | tuple):
        for key, item in _items(value):
            yield from not_json(item, at(key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield at.error(f"{value} is not a number that can be passed on; write a finite one")
    elif not isinstance(value, str | int | float):
        yield at.error(f'a date or time cannot be passed on; write "{value}" in quotes')


def _items(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from enumerate(value)
