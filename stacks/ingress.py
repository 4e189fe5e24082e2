"""A way in from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionPathPattern,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from catalog import names
from catalog.login import login_before
from catalog.model import Deployment, Service
from catalog.model.service import Public
from catalog.priorities import priority_of
from stacks.load_balancer import LoadBalancer
from stacks.log_bucket import LogBucket
from stacks.login import client_secret, login_action
from stacks.network import Network
from stacks.part import Part, Ref
from stacks.security import SecurityGroups
from stacks.target_group import target_group


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A service as it is reached from outside."""

    target_group: Ref | None
    """Where its tasks are registered; None where the mesh's gateway leads to them."""
    rule: Ref
    """What sends requests there; ECS refuses a target group that no load balancer knows."""
    url: str


class Ingress(Part):
    """A load balancer that sends requests to the public services behind it, by host and path."""

    url: str
    """Where it is reached."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        name: str,
        network: Network,
        security: SecurityGroups,
        account: Callable[[], str],
    ) -> None:
        super().__init__(scope, names.shared("ingress", name), deployment=deployment)
        self._address = names.shared("ingress", name)
        settings = deployment.catalog.ingress[name]
        logs = LogBucket(self, deployment=deployment, name=name, settings=settings.logs, account=account)
        self._balancer = LoadBalancer(
            self, deployment=deployment, name=name, settings=settings, network=network, logs=logs
        )
        self._client_secret = client_secret(self, self._address, settings.login)
        self._vpc_id = network.vpc_id
        self._security = security
        self.url = self._balancer.url

    def expose(self, service: Service, *, target_protocol: str) -> Exposure:
        """Send a service the requests that are meant for it. `target_protocol` is what its tasks accept."""
        assert service.public is not None and service.port is not None
        group = self.add(
            LbTargetGroup,
            service.name,
            **target_group(service, deployment=self.deployment, vpc_id=self._vpc_id, protocol=target_protocol),
        )
        rule = self.add(
            LbListenerRule,
            service.name,
            listener_arn=self._balancer.listener.arn,
            priority=priority_of(service),
            condition=_conditions(service.public),
            action=self._actions(service, group),
            # Whoever waits for the rule waits for probes to come through as well.
            depends_on=[edge.element for edge in self._edges(service, port=service.port)],
        )
        root = self._balancer.url_under(service.public.host) if service.public.host else self.url
        return Exposure(target_group=group, rule=rule, url=root + service.public.path.rstrip("/"))

    def _actions(self, service: Service, group: Ref) -> list[LbListenerRuleAction]:
        """What becomes of a request: who sends it may have to log in first."""
        login = login_before(self.deployment, service)
        if login is None:
            return [LbListenerRuleAction(type="forward", target_group_arn=group.arn)]
        return [
            login_action(login, client_secret=self._client_secret, order=1),
            LbListenerRuleAction(type="forward", target_group_arn=group.arn, order=2),
        ]

    def _edges(self, service: Service, *, port: int) -> list[Ref]:
        """What lets the load balancer out to a service, and into it."""
        group = self._balancer.security_group
        way_out = self.add(
            VpcSecurityGroupEgressRule,
            names.let_out(self._address, service.name),
            security_group_id=group.id,
            description=f"To {service.name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=self._security.of(service.name).id,
        )
        return [way_out, self._security.let_in(service, group, port=port, name=self._address)]


def _conditions(public: Public) -> list[LbListenerRuleCondition]:
    # A prefix ends where a segment does: /api takes /api and /api/x, not /apiary.
    paths = ["/*"] if public.path == "/" else [public.path, f"{public.path}/*"]
    conditions = [LbListenerRuleCondition(path_pattern=LbListenerRuleConditionPathPattern(values=paths))]
    if public.host:
        host = LbListenerRuleConditionHostHeader(values=[public.host])
        conditions.append(LbListenerRuleCondition(host_header=host))
    return conditions
