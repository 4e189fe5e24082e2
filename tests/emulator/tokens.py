"""A request that repeats a client token is answered as it was the first time, and does nothing more.

Clients send one with what must not happen twice, and repeat it when they repeat a request whose answer they did not get
(Amazon EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests"; ECS API reference, CreateService). moto
reads no token: there a second NAT gateway would be made.

Load balancers know no token, but complete "at most one time" what is asked of them with the same settings again.

One call is served at a time. moto's tables are no tables for threads: one that is read while another request adds to it
ends a call with 500, and a call that has done its work by then is refused as a duplicate when the client repeats it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from .calls import Application, Call, Environ

ONCE = {f"elbv2:{name}" for name in ("CreateLoadBalancer", "CreateTargetGroup", "CreateListener")}
"""Where AWS answers the same settings again alike, as long as what they made is there (their API reference)."""
_KEPT = 10_000
_serving = Lock()
_answers: OrderedDict[tuple[str, str | bytes], tuple[str, list[tuple[str, str]], bytes]] = OrderedDict()


def answer(
    serve: Application, server: Any, call: Call | None, environ: Environ, start_response: Any
) -> Iterable[bytes]:
    """Serve a call when no other is served, or repeat what was answered to its token."""
    with _serving:
        if call is None:
            return [b"".join(serve(server, environ, start_response))]
        return _once(serve, server, call, environ, start_response)


def _once(serve: Application, server: Any, call: Call, environ: Environ, start_response: Any) -> Iterable[bytes]:
    key = (str(call), call.token or call.body)
    if call.token and key in _answers:
        status, headers, body = _answers[key]
        start_response(status, headers)
        return [body]
    said: list[Any] = []
    body = b"".join(serve(server, environ, lambda *answered: said.extend(answered)))
    if str(call) in ONCE and "Duplicate" in body.decode() and key in _answers:
        said[:2], body = _answers[key][:2], _answers[key][2]
    elif said[0].startswith("2") and (call.token or str(call) in ONCE):
        _answers[key] = (said[0], said[1], body)
        while len(_answers) > _KEPT:
            _answers.popitem(last=False)
    start_response(*said)
    return [body]
