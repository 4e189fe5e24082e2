"""Field types of the catalog, each of one spelling, with errors that state what to write. Spelling of durations."""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from catalog import unknowns
from catalog.diagnostics import toml_value
from catalog.names import REGION_PATTERN

UNLIMITED = math.inf
LAST_PRIORITY = 50_000
"""The highest priority that a rule of a load balancer's listener may have (ELBv2 API reference, CreateRule)."""
SECURITY_GROUP_RULES = 60
"""Inbound, and outbound, rules of a security group; AWS can raise it (VPC guide, "Amazon VPC quotas")."""
NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"

_UNITS = {"s": 1, "m": 60, "h": 3600}


class Table(BaseModel):
    """A TOML table: frozen, no unknown keys, no silent conversion between types."""

    # Deferred: a table is mostly validated as a part of the catalog, and needs no validator of its own.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def wrong(message: str, **context: Any) -> PydanticCustomError:
    """An error whose message is printed unchanged behind file, line and place."""
    return PydanticCustomError("catalog", message, context or None)


def text(title: str, pattern: str) -> Any:
    """A string type for the JSON schema; `title` is its name in the documentation."""
    return Annotated[str, WithJsonSchema({"type": "string", "title": title, "pattern": pattern})]


def _plain(value: object) -> None:
    """Raise for a list or a table where a string belongs; `catalog.reading.validation` words it by its place."""
    if isinstance(value, tuple | list | dict):
        raise PydanticCustomError("string_type", "must be a string")


def _duration(value: object) -> float:
    _plain(value)
    match = re.fullmatch(r"(\d{1,6})([smh])", value) if isinstance(value, str) else None
    if match is None:
        # `catalog.reading.validation` adds the advice.
        raise PydanticCustomError("duration", "{value} is not a duration", {"value": _shown(value)})
    return float(int(match[1]) * _UNITS[match[2]])


def _duration_or_none(value: object) -> float:
    return UNLIMITED if value == "none" else _duration(value)


def _above_zero(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise wrong(
            "{value} is not a number above 0. Write a number such as 30 or 0.5, without quotes.", value=_shown(value)
        )
    return float(value)


def _cidr(value: object) -> str:
    _plain(value)
    if not isinstance(value, str):
        raise wrong('{value} is not an address range. Write one in quotes, such as "10.0.0.0/16".', value=_shown(value))
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        raise wrong(
            '{value} is not an IPv4 address range. Write one such as "10.0.0.0/16".', value=_shown(value)
        ) from None
    if "/" not in value:
        raise wrong('{value} has no prefix length. Write "{fixed}".', value=_shown(value), fixed=f"{value}/32")
    if str(network) != value:
        raise wrong('{value} has host bits set. Write "{fixed}".', value=_shown(value), fixed=str(network))
    return value


_NAMED = {
    "acm": "an ACM certificate",
    "acm-pca": "a private CA",
    "cognito-idp": "a Cognito user pool",
    "iam": "an IAM role or policy",
    "kms": "a KMS key",
    "secretsmanager": "a Secrets Manager secret",
    "ssm": "an SSM parameter",
    "wafv2": "a WAF web ACL",
}
"""The resource of an ARN, by the service in it."""


def _arn(*services: str) -> BeforeValidator:
    expected = " or ".join(_NAMED[service] for service in services)
    beginnings = " or ".join(f'"arn:aws:{service}:"' for service in services)

    def check(value: object) -> str:
        _plain(value)
        match = (
            re.fullmatch(r"arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:[^:]*:.+", value) if isinstance(value, str) else None
        )
        if match is None or match[1] not in services:
            if "ssm" in services and re.fullmatch(r"(/[a-z0-9_.-]+){2,}", str(value)):
                fix = f'Write "arn:aws:ssm:{{region}}:{{account}}:parameter{value}".'
                raise wrong("must be the ARN of {expected}. {fix}", expected=expected, fix=fix)
            if "secretsmanager" in services and not str(value).startswith("arn:"):
                # The value may be the secret itself, and messages end up in logs.
                fix = "Store the value there, and write an ARN that begins with {beginnings}."
                raise wrong("must be the ARN of {expected}. " + fix, expected=expected, beginnings=beginnings)
            message = "{value} is not the ARN of {expected}. Write one that begins with {beginnings}."
            raise wrong(message, value=_shown(value), expected=expected, beginnings=beginnings)
        return str(value)

    return BeforeValidator(check, json_schema_input_type=text("ARN", f"^arn:aws[a-z-]*:({'|'.join(services)}):"))


def _shown(value: object) -> str:
    """A value as TOML spells it, cut to a length that fits a line."""
    text = toml_value(value).replace(unknowns.ACCOUNT, "{account}")
    return text if len(text) <= 60 else text[:57] + "…" + ('"' if isinstance(value, str) else "")


def advice(fix: str) -> str:
    """Advice as a sentence of its own."""
    return f"{fix[:1].upper()}{fix[1:].rstrip('.')}."


def matching(pattern: str, what: str, fix: str) -> BeforeValidator:
    """A string that matches `pattern`; `what` names it with its article, `fix` is the advice."""
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        _plain(value)
        # An account that only Terraform knows has twelve digits.
        if not isinstance(value, str) or not compiled.fullmatch(value.replace(unknowns.ACCOUNT, "0" * 12)):
            raise wrong("{value} is not " + f"{what}. {advice(fix)}", value=_shown(value))
        return value

    title = what.removeprefix("a ").removeprefix("an ")
    return BeforeValidator(check, json_schema_input_type=text(title, f"^({pattern.strip('^$')})$"))


def arn_or_name(service: str, pattern: str, what: str, fix: str) -> BeforeValidator:
    """A name that matches `pattern`, or an ARN of a service; `what` and `fix` as for `matching`."""
    return matching(rf"(arn:aws[a-z-]*:{service}:[a-z0-9-]*:[^:]*:[^*]+|{pattern})", what, fix)


_DURATION = {"type": "string", "title": "duration", "pattern": r"^\d{1,6}[smh]$"}
Duration = Annotated[float, BeforeValidator(_duration), WithJsonSchema(_DURATION)]
"""Seconds, as an integer; written as "30s", "10m" or "1h"."""
DurationOrNone = Annotated[
    float,
    BeforeValidator(_duration_or_none),
    WithJsonSchema({**_DURATION, "title": 'duration or "none"', "pattern": r"^(\d{1,6}[smh]|none)$"}),
]
"""Seconds, or UNLIMITED, written as "none"."""
AboveZero = Annotated[
    float,
    BeforeValidator(_above_zero),
    WithJsonSchema({"type": "number", "title": "number above 0", "exclusiveMinimum": 0}),
]
Cidr = Annotated[
    str, BeforeValidator(_cidr, json_schema_input_type=text("address range", r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$"))
]
Name = Annotated[
    str,
    matching(NAME_PATTERN, "a name", "use lower-case letters, digits and single hyphens, beginning with a letter"),
]
StackName = Annotated[Name, Field(max_length=24)]
Port = Annotated[int, Field(ge=1, le=65535)]
Scheme = Annotated[str, matching(r"[a-z][a-z0-9+.-]{0,30}", "a URL scheme", 'write one such as "redis", without "://"')]
"""The scheme of a URL (RFC 3986, section 3.1), in lower case."""
RoleArn = Annotated[str, _arn("iam")]
PolicyArn = Annotated[str, _arn("iam")]
CertificateArn = Annotated[str, _arn("acm")]
AuthorityArn = Annotated[str, _arn("acm-pca")]
SecretArn = Annotated[str, _arn("secretsmanager", "ssm")]
SecretsManagerArn = Annotated[str, _arn("secretsmanager")]
KeyArn = Annotated[str, _arn("kms")]
WebAclArn = Annotated[str, _arn("wafv2")]
ClusterArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster/[A-Za-z0-9_-]{1,255}",
        "an ARN of an ECS cluster",
        'write one such as "arn:aws:ecs:us-west-2:{account}:cluster/shared"',
    ),
]
ListenerArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener/app/[A-Za-z0-9-]{1,32}/[0-9a-f]+/[0-9a-f]+",
        "an ARN of an Application Load Balancer's listener",
        'write one with ":listener/app/", the load balancer\'s name and two ids behind the account',
    ),
]
SecurityGroupId = Annotated[str, matching(r"sg-[0-9a-f]+", "a security group id", 'write one such as "sg-0a1b2c3d"')]
UserPoolArn = Annotated[str, _arn("cognito-idp")]
VariableName = Annotated[
    str,
    matching(r"[^=\x00]+", "a variable name", "write one without = in it"),
]
AbsolutePath = Annotated[str, matching(r"/[^\x00:]*", "an absolute path", "begin it with /")]
Region = Annotated[str, matching(REGION_PATTERN, "an AWS region", 'write one such as "us-west-2"')]
Host = Annotated[
    str,
    matching(
        r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
        "a host name",
        'write it without scheme, port and path, such as "api.example.com"',
    ),
]


def table_or_true(value: object) -> object:
    """Replace `true` by a table with all defaults, and `false` by None."""
    return {True: {}, False: None}.get(value, value) if isinstance(value, bool) else value


def spelled_duration(seconds: float) -> str:
    """`"10m"`: in quotes, in the largest unit that divides it."""
    if seconds == UNLIMITED:
        return '"none"'
    whole = int(seconds)
    for unit, length in (("h", 3600), ("m", 60)):
        if whole and whole % length == 0:
            return f'"{whole // length}{unit}"'
    return f'"{whole}s"'


def short_duration(seconds: float) -> str:
    """`10m5s`: for tables, in all necessary units."""
    if seconds == UNLIMITED:
        return "none"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [
        f"{hours}h" if hours else "",
        f"{minutes}m" if minutes else "",
        f"{round(rest, 3):g}s" if rest > 0 else "",
    ]
    return "".join(parts) or "0s"
