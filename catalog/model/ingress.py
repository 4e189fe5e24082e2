"""[ingress.NAME]: load balancers for requests from outside, with login, access logs and sticky sessions."""

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
    """Reject a value that isn't an ARN, without printing it: it may be the secret itself."""
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
    """Secrets Manager secret with the OIDC client's secret."""

    arn: SecretsManagerArn
    """ARN of a Secrets Manager secret."""
    key: str | None = None
    """Key in a secret whose value is JSON."""


HttpsUrl = Annotated[
    str,
    matching(
        r"https://[A-Za-z0-9.-]+(:443)?(/[!-~]*)?",
        "an https URL",
        'write the whole of it, on port 443, as in "https://login.example.com/authorize"',
    ),
]


class Login(Table):
    """Login with a Cognito user pool or an OpenID Connect provider. Register the callback
    `https://HOST/oauth2/idpresponse` there. Services receive the user's identity in the headers `x-amzn-oidc-*`."""

    user_pool: UserPoolArn | None = None
    """ARN of a Cognito user pool, which can itself federate with any OIDC or SAML provider. It doesn't need
    `client_secret`."""
    domain: Host | None = None
    """Domain of the user pool: its prefix, or the full name of a custom domain."""
    issuer: HttpsUrl | None = None
    """Issuer URL of an OpenID Connect provider. The provider lists it and its endpoints at
    ISSUER`/.well-known/openid-configuration`."""
    authorization_endpoint: HttpsUrl | None = None
    """URL of the provider's login page."""
    token_endpoint: HttpsUrl | None = None
    """URL at which the load balancer exchanges an authorization code for tokens."""
    user_info_endpoint: HttpsUrl | None = None
    """URL at which the load balancer gets the user's claims."""
    client_id: str
    """Id of the load balancer's client at the provider. The client must have a secret."""
    client_secret: Annotated[
        ClientSecret | None,
        BeforeValidator(
            _client_secret, json_schema_input_type=text("ARN", "^arn:aws[a-z-]*:secretsmanager:") | ClientSecret
        ),
    ] = None
    """Client secret, with `issuer` only: ARN of a Secrets Manager secret, or { arn, key }."""
    secret_in_state: bool = False
    """Accept, with `issuer`, that Terraform's state contains the client secret: Terraform can't pass it to AWS
    otherwise. Restrict access to the state accordingly."""
    scope: str = "openid"
    """OAuth scopes to request from the provider, separated by spaces."""
    session_timeout: Duration = 604800.0
    """Duration of a login session, 1s to 7 days (168h)."""
    on_unauthenticated: Literal["authenticate", "deny", "allow"] = "authenticate"
    """Action for requests without a login: authenticate = redirect to the provider's page; deny = respond with 401 (for
    API clients); allow = forward to the service, which decides."""


class AccessLogs(Table):
    """Storage of an ingress's access and connection logs."""

    bucket: (
        Annotated[str, matching(_BUCKET, "a bucket name", "write 3 to 63 of lower-case letters, digits, . and -")]
        | None
    ) = None
    """Name of an existing bucket. Default: Terraform creates one, and `terraform destroy` deletes it with its
    contents."""
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
    """Prefix of the log objects' names."""
    days: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Days until logs are deleted, in the bucket that Terraform creates. Default: 90."""


LOG_DAYS = 90


def _sticky(value: Any) -> Any:
    return None if value is False else value


Sticky = Annotated[Duration | None, BeforeValidator(_sticky, json_schema_input_type=Duration | Literal[False])]
"""A duration, or false to turn sticky sessions off."""


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
    """Ingress from outside: an Application Load Balancer for the public services that use it."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [key]} for key in ("allow", "listener_arn")]},
    )

    allow: tuple[Cidr, ...] = ()
    """Address ranges that can connect. Required, unless the load balancer is an existing one (`listener_arn`)."""
    certificate: CertificateArn | None = None
    """ARN of the ACM certificate. If set, the load balancer serves HTTPS and redirects HTTP to it."""
    insecure: bool = False
    """Allow plain HTTP from any address."""
    domain: Host | None = None
    """Host name of the ingress."""
    listener_arn: ListenerArn | None = None
    """ARN of an existing Application Load Balancer's listener (docs/joining.md). Terraform creates only target groups
    and rules."""
    security_group_id: SecurityGroupId | None = None
    """Security group of the existing load balancer. Tasks accept connections from it."""
    priorities: Annotated[tuple[int, int] | None, BeforeValidator(_priorities), WithJsonSchema(_PRIORITIES)] = None
    """Lowest and highest priority that the catalog's rules can have on the existing listener, 1 to 50000, as in [1000,
    1999]."""
    zone_id: (
        Annotated[str, matching(r"Z[A-Z0-9]{3,31}", "a Route 53 zone id", 'write one like "Z0123456789ABC"')] | None
    ) = None
    """Id of the Route 53 zone in which Terraform creates an alias record for `domain`."""
    internal: bool = False
    """Make the load balancer reachable only from inside the network."""
    waf: WebAclArn | None = None
    """ARN of the regional AWS WAF web ACL that filters requests."""
    login: Login | None = None
    """Login settings, for every service behind the ingress that doesn't set `public.login = false`."""
    logs: Annotated[AccessLogs | None, BeforeValidator(table_or_true, json_schema_input_type=bool | AccessLogs)] = None
    """Access and connection logs: true creates a bucket for them, or { bucket, prefix, days }."""
    gateway: bool = False
    """Use App Mesh's virtual gateway: proxies of the mesh receive the requests, behind a Network Load Balancer."""
