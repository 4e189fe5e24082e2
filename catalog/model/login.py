"""Who may pass an ingress, and where it writes down who did."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from catalog.model.types import Duration, Host, SecretsManagerArn, Table, UserPoolArn, matching, text, wrong

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
