"""Answer a request that repeats a client token with the first response, without doing it again.

Clients send one with a request that must not be done twice, and send it again if they got no response
(Amazon EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"; ECS API reference, CreateService). moto
ignores tokens and would create a second NAT gateway.

Requests for load balancers have no token, but AWS completes them "at most one time" with the same settings.

One call is served at a time, because moto isn't thread-safe: reading a table while another request adds to it ends a
call with 500. If that call had already created its resource, the client's retry is refused as a duplicate.

Responses are lost only if a plan of faults says so. On a busy machine a loopback connection breaks now and then (seen
in CI: CreateRoute was served, repeated and refused with RouteAlreadyExists). An SDK's retry has the invocation id of
the first attempt, and gets the same response.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from .calls import Application, Call, Environ

ONCE = {f"elbv2:{name}" for name in ("CreateLoadBalancer", "CreateTargetGroup", "CreateListener")}
"""Operations that AWS answers with the existing resource if the settings are the same (their API reference)."""
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
    """Serve a call alone, or repeat the response to its token or to its first attempt.

    `lost`: the client doesn't get this response, and AWS serves its next attempt as a new request.
    """
    with _serving:
        if call is None:
            return [b"".join(serve(server, environ, start_response))]
        attempt = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if attempt in _attempts:
            print(f"emulator: repeated the response to {call}, whose connection broke", file=sys.stderr)
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
