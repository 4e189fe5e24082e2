"""Makes the bindings' type checks cheaper and keeps every one of them.

Each generated constructor asks for the type hints of a function of its own (`_typecheckingstub__…`) and has typeguard
hold every argument against its hint. Two parts of that are the same work again and again, and with them a third of
Python's time at a hundred services: working the hints out, which never change once the module is there, and walking a
union to find that an argument left out, which is None, may be None. Wrong types raise TypeError as before
(tests/test_bindings.py).
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from types import NoneType
from typing import Any

import typeguard

_STUB = "_typecheckingstub__"


def make_cheaper() -> None:
    """Done to `typing` and `typeguard`, where the generated modules look their functions up at each call."""
    typing.get_type_hints = _remembered(typing.get_type_hints)
    typeguard.check_type = _passing_none(typeguard.check_type)


def _remembered(get_type_hints: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    of_stub = functools.cache(get_type_hints)

    @functools.wraps(get_type_hints)
    def hints(asked: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        if not arguments and not named and getattr(asked, "__name__", "").startswith(_STUB):
            return of_stub(asked)
        return get_type_hints(asked, *arguments, **named)

    return hints


def _passing_none(check_type: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(check_type)
    def checked(argname: str, value: Any, expected_type: Any, *rest: Any, **named: Any) -> None:
        if value is None and NoneType in getattr(expected_type, "__args__", ()) and _is_union(expected_type):
            return
        check_type(argname, value, expected_type, *rest, **named)

    return checked


def _is_union(type_: Any) -> bool:
    return getattr(type_, "__origin__", None) is typing.Union
