"""Load balancers: stickiness, logs, web ACLs and logins."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.analysis.load_balancers import requires_login
from catalog.analysis.resource_policies import log_writer
from catalog.diagnostics import Finding, listed
from catalog.frame import Place
from catalog.model import Ingress, Service
from catalog.model.ingress import Login
from catalog.rules import rule

_LONGEST_STICKY = 604800
"""Seconds (ELBv2 API reference, TargetGroupAttribute stickiness.lb_cookie.duration_seconds)."""
_USER_POOL_KEYS = ("user_pool", "domain")
_PROVIDER_KEYS = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint", "client_secret")
_LONGEST_SESSION = 604800
"""Seconds (ELBv2 API reference, AuthenticateOidcActionConfig.SessionTimeout)."""


@rule(Service)
def stickiness_out_of_range(service: Service, at: Place) -> Iterator[Finding]:
    """A cookie lasts from a second to seven days (ELBv2 API reference, TargetGroupAttribute)."""
    sticky = service.public.sticky if service.public else None
    if sticky is not None and not 1 <= sticky <= _LONGEST_STICKY:
        message = 'a browser stays from "1s" to "168h" (7 days) with a task; write a time in between, or false'
        yield at("public", "sticky").error(message)


@rule(Service)
def stickiness_of_grpc(service: Service, at: Place) -> Iterator[Finding]:
    """Stickiness rests on cookies that clients send back (Application Load Balancer guide, "Sticky sessions"), which
    those of gRPC do not."""
    if service.protocol == "grpc" and service.public and service.public.sticky is not None:
        message = "it rests on cookies, which clients of grpc do not keep; remove it"
        yield at("public", "sticky").error(message)


@rule(Ingress)
def web_acl_of_another_region(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A regional web ACL protects what lies in its own region (WAF API reference, AssociateWebACL)."""
    region = ingress.waf.split(":")[3] if ingress.waf else at.deployment.region
    if region != at.deployment.region:
        yield at("waf").error(
            f'lies in "{region}", a load balancer in {at.deployment.region} cannot use it; write the ARN of '
            f"a regional web ACL in {at.deployment.region}"
        )


@rule(Ingress)
def invalid_bucket_name(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A bucket's name has rules that the pattern of its type doesn't check (S3 user guide, "General purpose bucket
    naming rules")."""
    bucket = ingress.logs.bucket if ingress.logs else None
    if bucket and (".." in bucket or _is_address(bucket)):
        message = f'"{bucket}" cannot be the name of a bucket; write that of one that exists'
        yield at("logs", "bucket").error(message)


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


@rule(Ingress)
def log_retention_of_existing_bucket(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """How long a bucket keeps what it holds is its owner's to say."""
    if ingress.logs and ingress.logs.bucket and ingress.logs.days is not None:
        message = "a bucket that exists has a lifecycle of its own; remove days, or remove bucket to have one made"
        yield at("logs", "days").error(message)


@rule(Ingress)
def existing_log_bucket(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer tries to write before it takes the attribute (Application Load Balancer guide, "Enable access
    logs")."""
    logs = ingress.logs
    if logs is None or logs.bucket is None or not at.deployment.public_services(at.name):
        return
    writer = next(iter(log_writer(at.deployment.region).values()))
    under = f"{logs.prefix}/AWSLogs" if logs.prefix else "AWSLogs"
    yield at("logs", "bucket").notice(
        f"it has to lie in {at.deployment.region}, be encrypted with SSE-S3 and let {writer} do s3:PutObject "
        f'on "{under}/*", before this is applied'
    )


def _said(login: Login, keys: tuple[str, ...]) -> list[str]:
    return [key for key in keys if getattr(login, key) is not None]


@rule(Login)
def incomplete_login(login: Login, at: Place) -> Iterator[Finding]:
    """A login is all of Cognito's keys or all of a provider's (ELBv2 API reference, AuthenticateCognitoActionConfig and
    AuthenticateOidcActionConfig)."""
    pool, provider = _said(login, _USER_POOL_KEYS), _said(login, _PROVIDER_KEYS)
    if pool and provider:
        message = f"{provider[0]} belongs to an OpenID Connect provider, {pool[0]} to a user pool; remove one kind"
        yield at(provider[0]).error(message)
        return
    if not pool and not provider:
        message = "nobody can log in; add user_pool and domain (Cognito), or issuer, its endpoints and client_secret"
        yield at.error(message)
        return
    keys, said = (_USER_POOL_KEYS, pool) if pool else (_PROVIDER_KEYS, provider)
    missing = [key for key in keys if key not in said]
    if missing:
        message = f"beside {listed(said)} there is no {listed(missing)}; add {'it' if len(missing) == 1 else 'them'}"
        yield at.error(message)


@rule(Login)
def client_secret_in_state(login: Login, at: Place) -> Iterator[Finding]:
    """The provider sends the client's secret from its state; an attribute that Terraform would not keep (write-only)
    there is none (Terraform registry, aws_lb_listener_rule, `client_secret`). Cognito needs no secret."""
    if login.client_secret is None:
        if login.secret_in_state:
            message = "there is no client_secret to keep; remove it"
            yield at("secret_in_state").error(message)
        return
    if login.secret_in_state:
        yield at("secret_in_state").warning(
            "whoever reads the Terraform state reads the client's secret; encrypt it, and let few read it"
        )
    else:
        yield at("client_secret").error(
            "Terraform would keep its value in the state; write user_pool instead (a Cognito user pool can "
            "pass on to this provider, and needs no secret here), or accept that with secret_in_state = true"
        )


@rule(Login)
def client_secret_of_another_region(login: Login, at: Place) -> Iterator[Finding]:
    """Secrets are read from the deployment's own region (Secrets Manager API reference, GetSecretValue)."""
    parts = login.client_secret.arn.split(":") if login.client_secret else []
    if parts and parts[3] != at.deployment.region:
        message = f'lies in "{parts[3]}"; write the ARN of a secret in {at.deployment.region}, or of a replica there'
        yield at("client_secret").error(message)


@rule(Login)
def login_without_certificate(login: Login, at: Place) -> Iterator[Finding]:
    """Only HTTPS listeners authenticate (ELBv2 API reference, Action.Type)."""
    ingress = at.deployment.catalog.ingress[at.parent.name]
    # Of a listener that exists, terraform plan asks AWS what it speaks.
    if ingress.certificate is None and ingress.listener_arn is None:
        message = "a load balancer lets users log in over HTTPS only; give the ingress a certificate"
        yield at.error(message)


@rule(Login)
def session_timeout_out_of_range(login: Login, at: Place) -> Iterator[Finding]:
    """A session lasts up to seven days (ELBv2 API reference, AuthenticateOidcActionConfig.SessionTimeout)."""
    if not 1 <= login.session_timeout <= _LONGEST_SESSION:
        message = 'a login lasts from "1s" to "168h" (7 days); write a time in between'
        yield at("session_timeout").error(message)


@rule(Login)
def scope_without_openid(login: Login, at: Place) -> Iterator[Finding]:
    """The scope `openid` makes a request one of OpenID Connect (OpenID Connect Core 1.0, section 3.1.2.1)."""
    if "openid" not in login.scope.split():
        message = f'without "openid" nobody says who logged in; write "{f"openid {login.scope}".strip()}"'
        yield at("scope").error(message)


@rule(Login)
def provider_unreachable(login: Login, at: Place) -> Iterator[Finding]:
    """The load balancer itself asks the provider, an internal one through a NAT gateway (Application Load Balancer
    guide, "Authenticate users", "Prepare to use")."""
    network = at.deployment.catalog.network
    internal = at.deployment.catalog.ingress[at.parent.name].internal
    if internal and network.nat == "none" and not at.deployment.uses_existing_network:
        yield at.error(
            'an internal load balancer reaches the provider through a NAT gateway; write nat = "single" in [network]'
        )


@rule(Service)
def login_of_another_protocol(service: Service, at: Place) -> Iterator[Finding]:
    """Before target groups of HTTP/2 and gRPC there is nothing but forwarding (Application Load Balancer guide, "Action
    types for listener rules")."""
    if service.protocol in ("http2", "grpc") and requires_login(at.deployment, service) is not None:
        yield at("protocol").error(
            "a load balancer lets users log in before http only; write login = false in public, and let "
            'the service see to it, or write protocol = "http"'
        )


@rule(Service)
def login_without_ingress_login(service: Service, at: Place) -> Iterator[Finding]:
    """A login that is asked for must be there."""
    place = at("public", "login")
    ingress = at.deployment.ingress_of(service)
    asked = service.public is not None and service.public.login and place.is_set
    if asked and ingress in at.deployment.catalog.ingress and requires_login(at.deployment, service) is None:
        message = f"[ingress.{ingress}] has no login; add one there, or remove this"
        yield place.error(message)
