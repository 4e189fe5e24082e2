"""[ingress.NAME]: how requests come in, with login, access logs and stickiness."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from catalog.model.types import (
    LAST_PRIORITY,
    CertificateArn,
    Cidr,
    Duration,
    Host,
    ListenerArn,
    SecretsManagerArn,
    SecurityGroupId,
    Table,
    UserPoolArn,
    WebAclArn,
    matching,
    table_or_true,
    text,
    wrong,
)

_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"


def _client_secret(value: object) -> object:
    """An error of ours must not print what may be the secret itself."""
    if isinstance(value, str):
        value = {"arn": value}
    arn = value.get("arn") if isinstance(value, dict) else None
    if isinstance(arn, str) and not re.match(r"arn:aws[a-z-]*:secretsmanager:", arn):
        raise wrong(
            "is not the ARN of a Secrets Manager secret; put the client secret into one, and write its ARN here, "
            "never the secret itself"
        )
    return value


class ClientSecret(Table):
    """Where the secret of an OIDC client is kept."""

    arn: SecretsManagerArn
    """ARN of a Secrets Manager secret."""
    key: str | None = None
    """Key within a secret that holds JSON."""


HttpsUrl = Annotated[
    str,
    matching(
        r"https://[A-Za-z0-9.-]+(:443)?(/[!-~]*)?",
        "an https URL",
        'write the whole of it, on port 443, as in "https://login.example.com/authorize"',
    ),
]


class Login(Table):
    """Who may pass: users of a Cognito user pool, or of an OpenID Connect provider. The callback to register there is
    `https://HOST/oauth2/idpresponse`. Services get who it is in the headers `x-amzn-oidc-*`."""

    user_pool: UserPoolArn | None = None
    """ARN of a Cognito user pool, which can itself pass on to any OIDC or SAML provider. No secret is needed here."""
    domain: Host | None = None
    """Domain of the user pool: its prefix, or the whole name of a custom domain."""
    issuer: HttpsUrl | None = None
    """Issuer of an OpenID Connect provider. It and the endpoints stand in `/.well-known/openid-configuration` below
    it."""
    authorization_endpoint: HttpsUrl | None = None
    """Where browsers are sent to log in."""
    token_endpoint: HttpsUrl | None = None
    """Where the load balancer turns a code into tokens."""
    user_info_endpoint: HttpsUrl | None = None
    """Where it asks who somebody is."""
    client_id: str
    """Id of the load balancer's client, which has to have a secret."""
    client_secret: Annotated[
        ClientSecret | None,
        BeforeValidator(
            _client_secret, json_schema_input_type=text("ARN", "^arn:aws[a-z-]*:secretsmanager:") | ClientSecret
        ),
    ] = None
    """With `issuer`: ARN of the Secrets Manager secret that holds the client's, or { arn, key }."""
    secret_in_state: bool = False
    """With `issuer`: Terraform has no way to hand the client's secret to AWS without keeping it in its state. true =
    you accept that, and guard the state accordingly."""
    scope: str = "openid"
    """What is asked of the provider, separated by spaces."""
    session_timeout: Duration = 604800.0
    """How long a login lasts, 1s to 7 days (168h)."""
    on_unauthenticated: Literal["authenticate", "deny", "allow"] = "authenticate"
    """Requests without a login: authenticate = to the provider's page, deny = 401 (for callers of an API), allow =
    let pass, for the service to decide."""


class AccessLogs(Table):
    """What becomes of an ingress's access and connection logs."""

    bucket: (
        Annotated[str, matching(_BUCKET, "a bucket name", "write 3 to 63 of lower-case letters, digits, . and -")]
        | None
    ) = None
    """A bucket that exists. Left out, one is made, which `terraform destroy` deletes with all that is in it."""
    prefix: (
        Annotated[
            str,
            matching(
                r"(?!.*AWSLogs)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*",
                "a prefix",
                'write one like "web/public", without / at its ends and without "AWSLogs"',
            ),
        ]
        | None
    ) = None
    """What the names of the logs begin with."""
    days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Days until logs are deleted, in a bucket that is made. Default: 90."""


LOG_DAYS = 90


def _sticky(value: Any) -> Any:
    return None if value is False else value


Sticky = Annotated[Duration | None, BeforeValidator(_sticky, json_schema_input_type=Duration | Literal[False])]
"""A duration, or false for none."""


_PRIORITIES = {
    "type": "array",
    "items": {"type": "integer", "minimum": 1, "maximum": LAST_PRIORITY},
    "minItems": 2,
    "maxItems": 2,
}


def _priorities(value: object) -> object:
    if value is None:
        return value
    if not isinstance(value, tuple) or len(value) != 2 or any(type(each) is not int for each in value):
        raise wrong("expected the first and the last priority; write two numbers, as in [1000, 1999]")
    first, last = value
    if not 1 <= first <= last <= LAST_PRIORITY:
        raise wrong(
            "[{first}, {last}] is no range of priorities; write two numbers from 1 to {highest}, the lower one first",
            first=first,
            last=last,
            highest=LAST_PRIORITY,
        )
    return value


class Ingress(Table):
    """A way in from outside: an Application Load Balancer for the public services that name it."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [key]} for key in ("allow", "listener_arn")]},
    )

    allow: tuple[Cidr, ...] = ()
    """Who may connect: address ranges. Required, unless the load balancer is somebody else's (`listener_arn`)."""
    certificate: CertificateArn | None = None
    """ARN of the ACM certificate. With it: HTTPS, and a redirect from HTTP."""
    insecure: bool = False
    """Needed to open plain HTTP to the world."""
    domain: Host | None = None
    """The host name under which it is reached."""
    listener_arn: ListenerArn | None = None
    """ARN of a listener that exists, of an Application Load Balancer (docs/joining.md): only target groups and rules
    are made."""
    security_group_id: SecurityGroupId | None = None
    """A security group of that load balancer: tasks let its members in."""
    priorities: Annotated[tuple[int, int] | None, BeforeValidator(_priorities), WithJsonSchema(_PRIORITIES)] = None
    """The first and the last priority that rules of ours may have there."""
    zone_id: (
        Annotated[str, matching(r"Z[A-Z0-9]{3,31}", "a Route 53 zone id", 'write one like "Z0123456789ABC"')] | None
    ) = None
    """Route 53 zone for an alias record of `domain`."""
    internal: bool = False
    """Reachable from inside the network only."""
    waf: WebAclArn | None = None
    """ARN of the web ACL (AWS WAF, regional) that requests have to pass."""
    login: Login | None = None
    """Who may pass. Holds for every service behind it that does not say `public.login = false`."""
    logs: Annotated[AccessLogs | None, BeforeValidator(table_or_true, json_schema_input_type=bool | AccessLogs)] = None
    """Keep access and connection logs: true makes a bucket, or { bucket, prefix, days }."""
    gateway: bool = False
    """Let proxies of the mesh take requests, behind a Network Load Balancer: App Mesh's virtual gateway."""
