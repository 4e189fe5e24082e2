"""Who may pass an ingress."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.login import login_before
from catalog.model import Deployment
from catalog.model.login import Login
from catalog.problems import Finding, Path, listed
from catalog.provenance import Provenance

_POOL = ("user_pool", "domain")
_PROVIDER = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint", "client_secret")
_LONGEST_SESSION = 604800
"""Seconds (ELBv2 API reference, AuthenticateOidcActionConfig.SessionTimeout)."""


def _logins(deployment: Deployment) -> Iterator[tuple[str, Login, Path]]:
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.login is not None:
            yield name, ingress.login, ("ingress", name, "login")


def _said(login: Login, keys: tuple[str, ...]) -> list[str]:
    return [key for key in keys if getattr(login, key) is not None]


def incomplete(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A login is all of Cognito's keys or all of a provider's (ELBv2 API reference, AuthenticateCognitoActionConfig and
    AuthenticateOidcActionConfig)."""
    for _, login, place in _logins(deployment):
        pool, provider = _said(login, _POOL), _said(login, _PROVIDER)
        if pool and provider:
            message = f"{provider[0]} belongs to an OpenID Connect provider, {pool[0]} to a user pool; remove one kind"
            yield Finding(place=(*place, provider[0]), message=message)
            continue
        if not pool and not provider:
            message = (
                "nobody can log in; add user_pool and domain (Cognito), or issuer, its endpoints and client_secret"
            )
            yield Finding(place=place, message=message)
            continue
        keys, said = (_POOL, pool) if pool else (_PROVIDER, provider)
        missing = [key for key in keys if key not in said]
        if missing:
            message = (
                f"beside {listed(said)} there is no {listed(missing)}; add {'it' if len(missing) == 1 else 'them'}"
            )
            yield Finding(place=place, message=message)


def secret_in_state(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The provider sends the client's secret from its state; an attribute that Terraform would not keep (write-only)
    there is none (Terraform registry, aws_lb_listener_rule, `client_secret`). Cognito needs no secret."""
    for _, login, place in _logins(deployment):
        if login.client_secret is None:
            if login.secret_in_state:
                message = "there is no client_secret to keep; remove it"
                yield Finding(place=(*place, "secret_in_state"), message=message)
            continue
        if login.secret_in_state:
            yield Finding(
                place=(*place, "secret_in_state"),
                message="whoever reads the Terraform state reads the client's secret; encrypt it, and let few read it",
                level="warning",
            )
        else:
            yield Finding(
                place=(*place, "client_secret"),
                message="Terraform would keep its value in the state; write user_pool instead (a Cognito user pool can "
                "pass on to this provider, and needs no secret here), or accept that with secret_in_state = true",
            )


def secret_elsewhere(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Secrets are read from the deployment's own region (Secrets Manager API reference, GetSecretValue)."""
    for _, login, place in _logins(deployment):
        parts = login.client_secret.arn.split(":") if login.client_secret else []
        if parts and parts[3] != deployment.region:
            message = f'lies in "{parts[3]}"; write the ARN of a secret in {deployment.region}, or of a replica there'
            yield Finding(place=(*place, "client_secret"), message=message)


def without_certificate(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Only HTTPS listeners authenticate (ELBv2 API reference, Action.Type)."""
    for name, _, place in _logins(deployment):
        ingress = deployment.catalog.ingress[name]
        # Of a listener that exists, terraform plan asks AWS what it speaks.
        if ingress.certificate is None and ingress.listener_arn is None:
            message = "a load balancer lets users log in over HTTPS only; give the ingress a certificate"
            yield Finding(place=place, message=message)


def session_out_of_bounds(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A session lasts up to seven days (ELBv2 API reference, AuthenticateOidcActionConfig.SessionTimeout)."""
    for _, login, place in _logins(deployment):
        if not 1 <= login.session_timeout <= _LONGEST_SESSION:
            message = 'a login lasts from "1s" to "168h" (7 days); write a time in between'
            yield Finding(place=(*place, "session_timeout"), message=message)


def without_openid(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The scope `openid` makes a request one of OpenID Connect (OpenID Connect Core 1.0, section 3.1.2.1)."""
    for _, login, place in _logins(deployment):
        if "openid" not in login.scope.split():
            message = f'without "openid" nobody says who logged in; write "{f"openid {login.scope}".strip()}"'
            yield Finding(place=(*place, "scope"), message=message)


def no_way_to_the_provider(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The load balancer itself asks the provider, an internal one through a NAT gateway (Application Load Balancer
    guide, "Authenticate users", "Prepare to use")."""
    network = deployment.catalog.network
    for name, _, place in _logins(deployment):
        internal = deployment.catalog.ingress[name].internal
        if internal and network.nat == "none" and not deployment.uses_existing_network:
            yield Finding(
                place=place,
                message='an internal load balancer reaches the provider through a NAT gateway; write nat = "single" '
                "in [network]",
            )


def another_protocol(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Before target groups of HTTP/2 and gRPC there is nothing but forwarding (Application Load Balancer guide, "Action
    types for listener rules")."""
    for service in deployment.services.values():
        if service.protocol in ("http2", "grpc") and login_before(deployment, service) is not None:
            ingress = deployment.ingress_of(service)
            yield Finding(
                place=("services", service.name, "protocol"),
                message="a load balancer lets users log in before http only; write login = false in public, and let "
                'the service see to it, or write protocol = "http"',
            )


def no_login(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A login that is asked for must be there."""
    for service in deployment.services.values():
        place = ("services", service.name, "public", "login")
        ingress = deployment.ingress_of(service)
        asked = service.public is not None and service.public.login and written.is_set(*place)
        if asked and ingress in deployment.catalog.ingress and login_before(deployment, service) is None:
            message = f"[ingress.{ingress}] has no login; add one there, or remove this"
            yield Finding(place=place, message=message)
