"""Make calls to the emulated AWS fail on demand: by the number of a call, or randomly by a seed.

    with faults.during(Plan(calls={("ec2", "CreateVpc", 1): "lost"})) as plan: ...
    with faults.during(Plan(seed=7, chance=0.1, at_most=50)) as plan: ...
    plan.injected  # [("ec2", "CreateVpc", 1, "lost"), …]

The chance of a call depends on the seed, its operation and its number among the calls of that operation alone, not on
the order in which a client's threads happen to call.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from socket import SHUT_RDWR
from threading import Lock
from typing import Any, Literal

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from . import calls, tokens
from .calls import Application, Call, Environ

Kind = Literal["throttled", "failed", "unavailable", "slow", "dropped", "lost"]
KINDS: tuple[Kind, ...] = ("throttled", "failed", "unavailable", "slow", "dropped", "lost")
"""Throttled; 500; a late 503; the connection closed before the call is served; and after."""

THROTTLED = {
    "appmesh": ("429", "TooManyRequestsException"),
    "ec2": ("503", "RequestLimitExceeded"),
    "elbv2": ("400", "Throttling"),
    "iam": ("400", "Throttling"),
    "route53": ("400", "Throttling"),
    "s3": ("503", "SlowDown"),
    "servicediscovery": ("400", "RequestLimitExceeded"),
    "sts": ("400", "Throttling"),
    "vpc-lattice": ("429", "ThrottlingException"),
}
"""The status and code of throttling by service ("Common errors" of its API reference). Others use the one below."""
_THROTTLED = ("400", "ThrottlingException")
_SLOW = 1.0


@dataclass(kw_only=True)
class Plan:
    """The calls that fail, and a record of those that did."""

    calls: Mapping[tuple[str, str, int], Kind] = field(default_factory=dict)
    """Faults by service and operation, as botocore names them, and the call's number from 1."""
    seed: int = 0
    chance: float = 0.0
    at_most: int = 1_000_000
    """The most random faults of a plan."""
    kinds: tuple[Kind, ...] = KINDS
    unharmed: Mapping[str, str] = field(default_factory=dict)
    """Calls, as service:operation, whose responses are never lost at random, each with the reason."""
    injected: list[tuple[str, str, int, Kind]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """The number of calls of each operation."""
    _owed: set[Call] = field(default_factory=set)
    """Calls whose response was lost at random. Their retry gets it, because a client that gives up loses the token."""
    _met: set[Call] = field(default_factory=set)
    """Calls that had a fault. The last of three tries never fails."""
    _lock: Any = field(default_factory=Lock)

    def next(self, call: Call) -> Kind | None:
        """Count a call, and return its fault."""
        with self._lock:
            self.counts[str(call)] += 1
            number = self.counts[str(call)]
            kind = self.calls.get((call.service, call.operation, number)) or self._by_chance(call, number)
            if kind:
                self.injected.append((call.service, call.operation, number, kind))
            return kind

    def _by_chance(self, call: Call, number: int) -> Kind | None:
        random = Random(f"{self.seed} {call} {number}")
        if call in self._owed:
            return None
        if len(self.injected) >= self.at_most or random.random() >= self.chance:
            return None
        kind = random.choice(self.kinds)
        if kind == "lost":
            if str(call) in self.unharmed or call in self._met:
                return None
            self._owed.add(call)
        self._met.add(call)
        return kind


_plan: Plan | None = None


@contextmanager
def during(plan: Plan) -> Iterator[Plan]:
    """Apply a plan to all calls of the emulator."""
    global _plan
    _plan = plan
    try:
        yield plan
    finally:
        _plan = None


def _serve(serve: Application) -> Application:
    def served(server: Any, environ: Environ, start_response: Any) -> Iterable[bytes]:
        call = calls.read(environ)
        kind = _plan.next(call) if _plan and call else None
        if call is None or kind is None:
            return tokens.answer(serve, server, call, environ, start_response)
        if kind == "dropped":
            return _hang_up(environ)
        if kind == "lost":
            tokens.answer(serve, server, call, environ, lambda *_: None, lost=True)
            return _hang_up(environ)
        if kind in ("throttled", "failed", "unavailable"):
            status, code = {
                "throttled": THROTTLED.get(call.service, _THROTTLED),
                "failed": ("500", "InternalFailure"),
                "unavailable": ("503", "ServiceUnavailable"),
            }[kind]
            body, headers = call.error(code, f"{call} was told to fail")
            start_response(f"{status} Told to fail", [*headers.items(), ("Content-Length", str(len(body)))])
            return [body]
        if kind == "slow":
            time.sleep(_SLOW)
        return tokens.answer(serve, server, call, environ, start_response)

    return served


def _hang_up(environ: Environ) -> Iterable[bytes]:
    environ["werkzeug.socket"].shutdown(SHUT_RDWR)
    raise ConnectionResetError("told to hang up")


def install() -> None:
    """Intercept every request to moto."""
    DomainDispatcherApplication.__call__ = _serve(DomainDispatcherApplication.__call__)
