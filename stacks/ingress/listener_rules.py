"""Conditions and actions of listener rules, and existing listeners."""

from __future__ import annotations

import json
from typing import Any

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_lb import DataAwsLb
from cdktf_cdktf_provider_aws.data_aws_lb_listener import DataAwsLbListener
from cdktf_cdktf_provider_aws.data_aws_secretsmanager_secret_version import DataAwsSecretsmanagerSecretVersion
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRuleAction,
    LbListenerRuleActionAuthenticateCognito,
    LbListenerRuleActionAuthenticateOidc,
    LbListenerRuleActionForward,
    LbListenerRuleActionForwardTargetGroup,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionHttpHeader,
    LbListenerRuleConditionPathPattern,
)
from constructs import Construct

from catalog import names
from catalog.analysis.load_balancers import load_balancer_idle, requires_login
from catalog.model import Deployment, Ingress, Service
from catalog.model.ingress import Login
from catalog.model.service import Match, Public
from stacks.part import Part, Ref


def conditions(public: Public, match: Match | None = None) -> list[LbListenerRuleCondition]:
    """The conditions under which a request goes to a service, or with `match` to one of its versions."""
    # A prefix matches whole segments: /api matches /api and /api/x, but not /apiary.
    paths = ["/*"] if public.path == "/" else [public.path, f"{public.path}/*"]
    if match is not None and match.path not in ("/", public.path):
        paths = [f"{match.path}*"]
    found = [LbListenerRuleCondition(path_pattern=LbListenerRuleConditionPathPattern(values=paths))]
    if public.host:
        host = LbListenerRuleConditionHostHeader(values=[public.host])
        found.append(LbListenerRuleCondition(host_header=host))
    for name, value in sorted(match.headers.items()) if match is not None else ():
        header = LbListenerRuleConditionHttpHeader(http_header_name=name, values=[_literal(value)])
        found.append(LbListenerRuleCondition(http_header=header))
    return found


def _literal(value: str) -> str:
    """A header's value with the load balancer's wildcards escaped (ELBv2 API reference, HttpHeaderConditionConfig)."""
    return value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def forward_to(service: Service, groups: list[tuple[Ref, int]], order: int | None = None) -> LbListenerRuleAction:
    """Forward to one target group, or to several by weight. With `sticky`, a browser also stays with its version."""
    if len(groups) == 1:
        return LbListenerRuleAction(type="forward", target_group_arn=groups[0][0].arn, order=order)
    targets = [LbListenerRuleActionForwardTargetGroup(arn=group.arn, weight=weight) for group, weight in groups]
    sticky = service.public.sticky if service.public else None
    stickiness = {"enabled": True, "duration": int(sticky)} if sticky else None
    forward = LbListenerRuleActionForward(target_group=targets, stickiness=stickiness)
    return LbListenerRuleAction(type="forward", forward=forward, order=order)


def client_secret(part: Part, address: str, login: Login | None) -> str | None:
    """A reference to the secret of an OpenID Connect client. Terraform reads it and stores it in the state, which the
    catalog must accept explicitly (catalog.rules.load_balancers)."""
    if login is None or login.client_secret is None:
        return None
    version = part.add(DataAwsSecretsmanagerSecretVersion, address, secret_id=login.client_secret.arn)
    if login.client_secret.key is None:
        return version.secret_string
    return f"${{jsondecode({version.expression('secret_string')})[{json.dumps(login.client_secret.key)}]}}"


def login_action(login: Login, *, client_secret: str | None, order: int) -> LbListenerRuleAction:
    """The action that authenticates users with Cognito or an OpenID Connect provider."""
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


class ExistingListener(Part):
    """An existing listener and its load balancer. Postconditions fail the plan if they don't meet the catalog's
    requirements."""

    listener_arn: str
    security_group_id: str
    dns_name: str
    url: str
    arn_suffix: str

    def __init__(
        self, scope: Construct, *, deployment: Deployment, name: str, settings: Ingress, listener_arn: str
    ) -> None:
        super().__init__(scope, "existing_listener", deployment=deployment)
        assert settings.security_group_id is not None
        self._name = name
        self.listener_arn = listener_arn
        self.security_group_id = settings.security_group_id
        arn = listener_arn.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
        self.arn_suffix = arn.partition(":loadbalancer/")[2]
        self._listener = self.add(
            DataAwsLbListener, names.shared("ingress", name), arn=listener_arn, lifecycle=_true(self._speaks_tls())
        )
        balancer = self.add(DataAwsLb, names.shared("ingress", name), arn=arn, lifecycle=_true(self._fits()))
        self.dns_name = balancer.dns_name
        self.url = self.url_under(settings.domain or self.dns_name)

    def url_under(self, host: str) -> str:
        """The URL of a host whose DNS record points to this load balancer."""
        protocol, port = self._listener.expression("protocol"), self._listener.expression("port")
        usual = f'{port} == ({protocol} == "HTTPS" ? 443 : 80)'
        return f'${{lower({protocol})}}://{host}${{{usual} ? "" : ":${{{port}}}"}}'

    def allow_egress(self, service: Service, *, group: str) -> list[Ref]:
        """No rules: the load balancer's owner manages its security group's egress."""
        return []

    def _speaks_tls(self) -> list[Postcondition]:
        """Only HTTPS listeners support login (ELBv2 API reference, Action.Type), HTTP/2 and gRPC targets (ALB guide,
        "Protocol version")."""
        requiring = [service for service in self.deployment.public_services(self._name) if self._needs_tls(service)]
        if not requiring:
            return []
        first = requiring[0]
        what = "login" if requires_login(self.deployment, first) else f"protocol of services.{first.name}"
        return [_condition('self.protocol == "HTTPS"', self._says(f"the {what} needs a listener that speaks HTTPS"))]

    def _needs_tls(self, service: Service) -> bool:
        return service.protocol in ("http2", "grpc") or requires_login(self.deployment, service) is not None

    def _fits(self) -> list[Postcondition]:
        """The load balancer is in the tasks' VPC, has the security group that the tasks allow, and has an idle timeout
        that is long enough for the services behind it."""
        vpc_id, idle = self.deployment.catalog.network.vpc_id, load_balancer_idle(self.deployment, self._name)
        return [
            _condition(f'self.vpc_id == "{vpc_id}"', self._says(f"its load balancer does not lie in {vpc_id}")),
            _condition(
                f'contains(self.security_groups, "{self.security_group_id}")',
                self._says(f"its load balancer is not a member of {self.security_group_id}"),
            ),
            _condition(
                f"self.idle_timeout >= {idle}",
                self._says(
                    f"its load balancer's idle timeout is shorter than {idle} seconds, which its services require. Ask "
                    "its owner to raise it, or set a shorter idle_timeout"
                ),
            ),
        ]

    def _says(self, problem: str) -> str:
        return f"ingress.{self._name}.listener_arn: {problem}."


def _condition(expression: str, message: str) -> Postcondition:
    return Postcondition(condition=f"${{{expression}}}", error_message=message)


def _true(conditions: list[Postcondition]) -> TerraformResourceLifecycle | None:
    return TerraformResourceLifecycle(postcondition=conditions) if conditions else None
