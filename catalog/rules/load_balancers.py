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
    """A stickiness cookie lasts one second to seven days (ELBv2 API reference, TargetGroupAttribute)."""
    sticky = service.public.sticky if service.public else None
    if sticky is not None and not 1 <= sticky <= _LONGEST_STICKY:
        message = 'must be "1s" to "168h" (7 days). Write a duration in this range, or false.'
        yield at("public", "sticky").error(message)


@rule(Service)
def stickiness_of_grpc(service: Service, at: Place) -> Iterator[Finding]:
    """Stickiness requires cookies (Application Load Balancer guide, "Sticky sessions"), which gRPC clients don't
    store."""
    if service.protocol == "grpc" and service.public and service.public.sticky is not None:
        message = 'isn\'t supported for protocol = "grpc", whose clients store no cookies. Remove it.'
        yield at("public", "sticky").error(message)


@rule(Ingress)
def web_acl_of_another_region(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A regional web ACL protects resources in its own region (WAF API reference, AssociateWebACL)."""
    region = ingress.waf.split(":")[3] if ingress.waf else at.deployment.region
    if region != at.deployment.region and at.deployment.is_region_known:
        yield at("waf").error(
            f'is in "{region}", and a load balancer in {at.deployment.region} can\'t use it. Write the ARN of '
            f"a regional web ACL in {at.deployment.region}."
        )


@rule(Ingress)
def invalid_bucket_name(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Names of buckets have rules that the pattern of its type doesn't check (S3 user guide, "General purpose bucket
    naming rules")."""
    bucket = ingress.logs.bucket if ingress.logs else None
    if bucket and (".." in bucket or _is_address(bucket)):
        message = f'"{bucket}" isn\'t a valid bucket name. Write the name of an existing bucket.'
        yield at("logs", "bucket").error(message)


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


@rule(Ingress)
def log_retention_of_existing_bucket(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Terraform doesn't change the lifecycle of an existing bucket."""
    if ingress.logs and ingress.logs.bucket and ingress.logs.days is not None:
        message = "has no effect on an existing bucket. Remove days, or remove bucket so that Terraform creates one."
        yield at("logs", "days").error(message)


@rule(Ingress)
def existing_log_bucket(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Elastic Load Balancing tests whether it can write to the bucket (Application Load Balancer guide, "Enable access
    logs")."""
    logs = ingress.logs
    if logs is None or logs.bucket is None or not at.deployment.public_services(at.name):
        return
    writer = next(iter(log_writer(at.deployment.region).values()))
    under = f"{logs.prefix}/AWSLogs" if logs.prefix else "AWSLogs"
    yield at("logs", "bucket").notice(
        f"before the apply, the bucket must be in {at.deployment.region}, use SSE-S3 and allow {writer} s3:PutObject "
        f'on "{under}/*"'
    )


def _set_keys(login: Login, keys: tuple[str, ...]) -> list[str]:
    return [key for key in keys if getattr(login, key) is not None]


@rule(Login)
def incomplete_login(login: Login, at: Place) -> Iterator[Finding]:
    """A login requires all keys of Cognito or all keys of a provider (ELBv2 API reference,
    AuthenticateCognitoActionConfig and AuthenticateOidcActionConfig)."""
    pool, provider = _set_keys(login, _USER_POOL_KEYS), _set_keys(login, _PROVIDER_KEYS)
    if pool and provider:
        message = f"conflicts with {pool[0]}. Remove the keys of Cognito or those of the OpenID Connect provider."
        yield at(provider[0]).error(message)
        return
    if not pool and not provider:
        message = "requires a provider. Add user_pool and domain (Cognito), or issuer, its endpoints and client_secret."
        yield at.error(message)
        return
    keys, present = (_USER_POOL_KEYS, pool) if pool else (_PROVIDER_KEYS, provider)
    missing = [key for key in keys if key not in present]
    if missing:
        message = f"{listed(present)} requires {listed(missing)}. Add {'it' if len(missing) == 1 else 'them'}."
        yield at.error(message)


@rule(Login)
def client_secret_in_state(login: Login, at: Place) -> Iterator[Finding]:
    """Terraform stores the client secret in the state, as the argument has no write-only variant (Terraform registry,
    aws_lb_listener_rule, `client_secret`). Cognito requires no secret."""
    if login.client_secret is None:
        if login.secret_in_state:
            message = "has no effect without client_secret. Remove it."
            yield at("secret_in_state").error(message)
        return
    if login.secret_in_state:
        yield at("secret_in_state").warning(
            "the Terraform state contains the client secret. Encrypt the state, and limit who can read it."
        )
    else:
        yield at("client_secret").error(
            "Terraform would store its value in the state. Write user_pool instead (a Cognito user pool can use this "
            "provider, and requires no secret here), or accept this with secret_in_state = true."
        )


@rule(Login)
def client_secret_of_another_region(login: Login, at: Place) -> Iterator[Finding]:
    """Terraform reads secrets from the deployment's region (Secrets Manager API reference, GetSecretValue)."""
    parts = login.client_secret.arn.split(":") if login.client_secret else []
    if parts and parts[3] != at.deployment.region and at.deployment.is_region_known:
        message = f'is in "{parts[3]}". Write the ARN of a secret or a replica in {at.deployment.region}.'
        yield at("client_secret").error(message)


@rule(Login)
def login_without_certificate(login: Login, at: Place) -> Iterator[Finding]:
    """Only HTTPS listeners support login (ELBv2 API reference, Action.Type)."""
    ingress = at.deployment.catalog.ingress[at.parent.name]
    # `terraform plan` checks the protocol of an existing listener.
    if ingress.certificate is None and ingress.listener_arn is None:
        message = "requires HTTPS. Add a certificate to the ingress."
        yield at.error(message)


@rule(Login)
def session_timeout_out_of_range(login: Login, at: Place) -> Iterator[Finding]:
    """A session lasts one second to seven days (ELBv2 API reference, AuthenticateOidcActionConfig.SessionTimeout)."""
    if not 1 <= login.session_timeout <= _LONGEST_SESSION:
        message = 'must be "1s" to "168h" (7 days). Write a duration in this range.'
        yield at("session_timeout").error(message)


@rule(Login)
def scope_without_openid(login: Login, at: Place) -> Iterator[Finding]:
    """OpenID Connect requires the scope `openid` (OpenID Connect Core 1.0, section 3.1.2.1)."""
    if "openid" not in login.scope.split():
        message = f'must contain "openid". Write "{f"openid {login.scope}".strip()}".'
        yield at("scope").error(message)


@rule(Login)
def provider_unreachable(login: Login, at: Place) -> Iterator[Finding]:
    """The load balancer sends requests to the provider, and an internal one requires a NAT gateway for them
    (Application Load Balancer guide, "Authenticate users", "Prepare to use")."""
    network = at.deployment.catalog.network
    internal = at.deployment.catalog.ingress[at.parent.name].internal
    if internal and network.nat == "none" and not at.deployment.uses_existing_network:
        yield at.error('requires internet access from an internal load balancer. Write network.nat = "single".')


@rule(Service)
def login_of_another_protocol(service: Service, at: Place) -> Iterator[Finding]:
    """Rules for target groups of HTTP/2 and gRPC support only forwarding (Application Load Balancer guide, "Action
    types for listener rules")."""
    if service.protocol in ("http2", "grpc") and requires_login(at.deployment, service) is not None:
        yield at("protocol").error(
            'the login of a load balancer requires protocol = "http". Write protocol = "http", or public.login = false '
            "if the service itself authenticates users."
        )


@rule(Service)
def login_without_ingress_login(service: Service, at: Place) -> Iterator[Finding]:
    """`public.login` uses the login of the ingress."""
    place = at("public", "login")
    ingress = at.deployment.ingress_of(service)
    requested = service.public is not None and service.public.login and place.is_set
    if requested and ingress in at.deployment.catalog.ingress and requires_login(at.deployment, service) is None:
        message = f"requires [ingress.{ingress}.login]. Add it, or remove login."
        yield place.error(message)
