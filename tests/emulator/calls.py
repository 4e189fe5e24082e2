"""Find the service and operation that a request calls, in any protocol, and write errors in that protocol."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ServiceModel

Environ = dict[str, Any]
Application = Callable[[Any, Environ, Any], Iterable[bytes]]

SIGNED_AS = {
    "elasticloadbalancing": "elbv2",
    "elasticfilesystem": "efs",
    "monitoring": "cloudwatch",
    "email": "ses",
}
"""The botocore name of services whose requests are signed with another name."""
TOKENS = ("clientToken", "ClientToken", "CreatorRequestId", "clientRequestToken")
"""Names of the idempotency token in requests (botocore marks it `idempotencyToken`; ECS documents the one of
CreateService without the mark)."""
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request."""

    service: str
    operation: str
    protocol: str
    token: str | None
    body: bytes

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"

    def error(self, code: str, message: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers of an error, as this service's clients read one."""
        return _ERRORS[self.protocol](code, message)


def read(environ: Environ) -> Call | None:
    """The call that a request makes; None for one that is signed for no service, such as moto's own."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    service = SIGNED_AS.get(scope[1], scope[1])
    body = _body(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(
            service=service, operation=target.rsplit(".", 1)[1], protocol="json", token=_json_token(body), body=body
        )
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs(body.decode())
        token = next((form[name][0] for name in TOKENS if name in form), None)
        protocol = "ec2" if service == "ec2" else "query"
        return Call(service=service, operation=form["Action"][0], protocol=protocol, token=token, body=body)
    model = _model(service)
    # As sent: the slashes of an ARN in the path are escaped.
    path = environ["RAW_URI"].partition("?")[0]
    query = {name for name, _, _ in (part.partition("=") for part in environ.get("QUERY_STRING", "").split("&"))}
    for method, pattern, needed, operation in _routes(service):
        if method == environ["REQUEST_METHOD"] and needed <= query and pattern.fullmatch(path):
            return Call(
                service=service,
                operation=operation,
                protocol=model.metadata["protocol"],
                token=_json_token(body),
                body=body,
            )
    return None


def _body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json_token(body: bytes) -> str | None:
    try:
        sent = json.loads(body)
    except ValueError:
        return None
    return next((str(sent[name]) for name in TOKENS if name in sent), None) if isinstance(sent, dict) else None


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], set[str], str]]:
    """Method, path, query names and operation. The longest paths come first because they are the most specific."""
    routes = []
    for name in _model(service).operation_names:
        http = _model(service).operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        parts = re.split(r"(\{[^}]+\})", path)
        pattern = "".join(
            (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part) for part in parts
        )
        needed = {each.partition("=")[0] for each in query.split("&") if each}
        routes.append((http["method"], re.compile(pattern + "/?"), needed, name))
    return sorted(routes, key=lambda route: (len(route[2]), len(route[1].pattern)), reverse=True)


def _as_json(code: str, message: str) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"__type": code, "message": message}).encode()
    return body, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}


def _as_xml(before: str, after: str) -> Callable[[str, str], tuple[bytes, dict[str, str]]]:
    def build(code: str, message: str) -> tuple[bytes, dict[str, str]]:
        error = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return f"{before}{error}{after}".encode(), {"Content-Type": "text/xml"}

    return build


_ERRORS: dict[str, Callable[[str, str], tuple[bytes, dict[str, str]]]] = {
    "json": _as_json,
    "rest-json": _as_json,
    "query": _as_xml("<ErrorResponse>", "<RequestId>fault</RequestId></ErrorResponse>"),
    "ec2": _as_xml("<Response><Errors>", "</Errors><RequestID>fault</RequestID></Response>"),
    "rest-xml": _as_xml("", ""),
}
