"""A request that repeats a client token is answered as it was the first time, and does nothing more.

Clients send one with what must not happen twice, and repeat it when they repeat a request whose answer they did not get
(Amazon EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"; ECS API reference, CreateService). moto
reads no token: there a second NAT gateway would be made.

Load balancers know no token, but complete "at most one time" what is asked of them with the same settings again.

One call is served at a time. moto's tables are no tables for threads: one that is read while another request adds to it
ends a call with 500, and a call that has done its work by then is refused as a duplicate when the client repeats it.

An answer is lost only where a plan of faults says so. On a busy machine the loopback connection that carries one breaks
now and then (a CI run: CreateRoute, served, was repeated and refused with RouteAlreadyExists). What an SDK then sends
again bears the invocation id of the first attempt, and is answered as that was.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from .calls import Application, Call, Environ

ONCE = {f"elbv2:{name}" for name in ("CreateLoadBalancer", "CreateTargetGroup", "CreateListener")}
"""Where AWS answers the same settings again alike, as long as what they made is there (their API reference)."""
_KEPT = 10_000
_ATTEMPTS_KEPT = 500  # terraform makes ten calls at a time
_serving = Lock()
_Answer = tuple[str, list[tuple[str, str]], bytes]
_answers: OrderedDict[tuple[str, str | bytes], _Answer] = OrderedDict()
_attempts: OrderedDict[str, _Answer] = OrderedDict()


def answer(
    serve: Application,
    server: Any,
    call: Call | None,
    environ: Environ,
    start_response: Any,
    *,
    lost: bool = False,
) -> Iterable[bytes]:
    """Serve a call when no other is served, or repeat what was answered to its token or to its first attempt.

    `lost`: the client is not to get this answer, so that its next attempt meets with what AWS would do.
    """
    with _serving:
        if call is None:
            return [b"".join(serve(server, environ, start_response))]
        attempt = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if attempt in _attempts:
            print(f"emulator: {call} was answered, and is sent again", file=sys.stderr)
            answered = _attempts[attempt]
        else:
            answered = _once(serve, server, call, environ)
        if attempt and not lost and answered[0].startswith("2"):
            _keep(_attempts, attempt, answered, at_most=_ATTEMPTS_KEPT)
        status, headers, body = answered
        start_response(status, headers)
        return [body]


def _once(serve: Application, server: Any, call: Call, environ: Environ) -> _Answer:
    key = (str(call), call.token or call.body)
    if call.token and key in _answers:
        return _answers[key]
    said: list[Any] = []
    body = b"".join(serve(server, environ, lambda *answered: said.extend(answered)))
    if str(call) in ONCE and "Duplicate" in body.decode() and key in _answers:
        return _answers[key]
    answered = (said[0], said[1], body)
    if said[0].startswith("2") and (call.token or str(call) in ONCE):
        _keep(_answers, key, answered, at_most=_KEPT)
    return answered


def _keep(kept: OrderedDict[Any, _Answer], key: Any, answered: _Answer, *, at_most: int) -> None:
    kept[key] = answered
    while len(kept) > at_most:
        kept.popitem(last=False)
