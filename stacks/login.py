"""The step before a request is passed on: whoever sends it logs in."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secret_version import DataAwsSecretsmanagerSecretVersion
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRuleAction,
    LbListenerRuleActionAuthenticateCognito,
    LbListenerRuleActionAuthenticateOidc,
)

from catalog.model.login import Login
from stacks.part import Part


def client_secret(part: Part, address: str, login: Login | None) -> str | None:
    """A reference to the secret of an OpenID Connect client, read when terraform runs. It lands in the state: the
    catalog has to say that this is accepted (catalog.rules.load_balancers)."""
    if login is None or login.client_secret is None:
        return None
    version = part.add(DataAwsSecretsmanagerSecretVersion, address, secret_id=login.client_secret.arn)
    if login.client_secret.key is None:
        return version.secret_string
    return f"${{jsondecode({version.expression('secret_string')})[{json.dumps(login.client_secret.key)}]}}"


def login_action(login: Login, *, client_secret: str | None, order: int) -> LbListenerRuleAction:
    """The action that authenticates, by Cognito or by a provider of OpenID Connect."""
    session: dict[str, Any] = {
        "scope": login.scope,
        "session_timeout": int(login.session_timeout),
        "on_unauthenticated_request": login.on_unauthenticated,
    }
    if login.user_pool is not None:
        assert login.domain is not None
        cognito = LbListenerRuleActionAuthenticateCognito(
            user_pool_arn=login.user_pool,
            user_pool_client_id=login.client_id,
            user_pool_domain=login.domain,
            **session,
        )
        return LbListenerRuleAction(type="authenticate-cognito", order=order, authenticate_cognito=cognito)
    assert login.issuer and login.authorization_endpoint and login.token_endpoint and login.user_info_endpoint
    assert client_secret is not None
    oidc = LbListenerRuleActionAuthenticateOidc(
        issuer=login.issuer,
        authorization_endpoint=login.authorization_endpoint,
        token_endpoint=login.token_endpoint,
        user_info_endpoint=login.user_info_endpoint,
        client_id=login.client_id,
        client_secret=client_secret,
        **session,
    )
    return LbListenerRuleAction(type="authenticate-oidc", order=order, authenticate_oidc=oidc)
