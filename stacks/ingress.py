"""A way in from outside."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionPathPattern,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import names
from catalog.model import Deployment, Service
from catalog.model.service import Public
from catalog.priorities import priority_of
from stacks.network import Network
from stacks.part import Part, Ref
from stacks.security import SecurityGroups
from stacks.target_group import target_group

SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
SHORTEST_IDLE, LONGEST_IDLE = 60, 4000
"""Seconds; the default, and the limit (ELBv2 API reference, LoadBalancerAttribute idle_timeout.timeout_seconds)."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A service as it is reached from outside."""

    target_group: Ref
    """Where its tasks are registered."""
    rule: Ref
    """What sends requests there; ECS refuses a target group that no load balancer knows."""
    url: str


class Ingress(Part):
    """An Application Load Balancer that sends requests to the public services behind it, by host and path."""

    url: str
    """Where it is reached."""

    def __init__(
        self, scope: Construct, *, deployment: Deployment, name: str, network: Network, security: SecurityGroups
    ) -> None:
        super().__init__(scope, f"ingress_{name}", deployment=deployment)
        self._address = f"ingress_{name}"
        self._settings = settings = deployment.catalog.ingress[name]
        self._services = deployment.public_services(name)
        self._vpc_id = network.vpc_id
        self._security = security
        self._group = self._security_group()
        self._balancer = self._load_balancer(name, network)
        if settings.certificate:
            self._listener = self._https_listener(settings.certificate)
            self._http_listener(_TO_HTTPS)
        else:
            self._listener = self._http_listener(_NOT_FOUND)
        if settings.zone_id and settings.domain:
            self._record(zone_id=settings.zone_id, domain=settings.domain)
        self.url = self._url_under(settings.domain or self._balancer.dns_name)

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
            listener_arn=self._listener.arn,
            priority=priority_of(service),
            condition=_conditions(service.public),
            action=[LbListenerRuleAction(type="forward", target_group_arn=group.arn)],
            tags=service.tags or None,
        )
        self._security.allow(service, source=self._group, port=service.port, name=self._address)
        self.add(
            VpcSecurityGroupEgressRule,
            f"{self._address}_to_{service.name}",
            security_group_id=self._group.id,
            description=f"To {service.name}",
            ip_protocol="tcp",
            from_port=service.port,
            to_port=service.port,
            referenced_security_group_id=self._security.of(service.name).id,
        )
        root = self._url_under(service.public.host) if service.public.host else self.url
        return Exposure(target_group=group, rule=rule, url=root + service.public.path.rstrip("/"))

    def _security_group(self) -> Ref:
        # The underscore, as in no service's key, keeps the name apart from those of the services' groups.
        name = names.owned(self.deployment.id, self._address)
        group = self.add(
            SecurityGroup,
            self._address,
            name=name,
            description="Load balancer",
            vpc_id=self._vpc_id,
            tags={"Name": name},
        )
        ports = {"https": 443, "http": 80} if self._settings.certificate else {"http": 80}
        for protocol, port in ports.items():
            for cidr in self._settings.allow:
                self.add(
                    VpcSecurityGroupIngressRule,
                    f"{self._address}_{protocol}_from_{names.cidr_word(cidr)}",
                    security_group_id=group.id,
                    description=f"{protocol.upper()} from outside",
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    cidr_ipv4=cidr,
                )
        return group

    def _load_balancer(self, name: str, network: Network) -> Ref:
        internal = self._settings.internal
        silence = max((service.idle_timeout for service in self._services), default=0)
        return self.add(
            Lb,
            self._address,
            name=names.load_balancer(self.deployment.id, name),
            load_balancer_type="application",
            internal=internal,
            subnets=network.private_subnet_ids if internal else network.public_subnet_ids,
            security_groups=[self._group.id],
            drop_invalid_header_fields=True,
            # An answer that is not streamed is silent for as long as it takes.
            idle_timeout=int(min(max(silence, SHORTEST_IDLE), LONGEST_IDLE)),
            depends_on=[] if internal else [route.element for route in network.public_routes],
        )

    def _https_listener(self, certificate: str) -> Ref:
        return self.add(
            LbListener,
            f"{self._address}_https",
            load_balancer_arn=self._balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=SSL_POLICY,
            certificate_arn=certificate,
            default_action=[_NOT_FOUND],
        )

    def _http_listener(self, action: LbListenerDefaultAction) -> Ref:
        return self.add(
            LbListener,
            f"{self._address}_http",
            load_balancer_arn=self._balancer.arn,
            port=80,
            protocol="HTTP",
            default_action=[action],
        )

    def _record(self, *, zone_id: str, domain: str) -> Ref:
        target = Route53RecordAlias(
            name=self._balancer.dns_name, zone_id=self._balancer.zone_id, evaluate_target_health=True
        )
        return self.add(Route53Record, self._address, zone_id=zone_id, name=domain, type="A", alias=target)

    def _url_under(self, host: str) -> str:
        return f"{'https' if self._settings.certificate else 'http'}://{host}"


def _conditions(public: Public) -> list[LbListenerRuleCondition]:
    # A prefix ends where a segment does: /api takes /api and /api/x, not /apiary.
    paths = ["/*"] if public.path == "/" else [public.path, f"{public.path}/*"]
    conditions = [LbListenerRuleCondition(path_pattern=LbListenerRuleConditionPathPattern(values=paths))]
    if public.host:
        host = LbListenerRuleConditionHostHeader(values=[public.host])
        conditions.append(LbListenerRuleCondition(host_header=host))
    return conditions


_NOT_FOUND = LbListenerDefaultAction(
    type="fixed-response",
    fixed_response=LbListenerDefaultActionFixedResponse(
        content_type="text/plain", message_body="Not found", status_code="404"
    ),
)
_TO_HTTPS = LbListenerDefaultAction(
    type="redirect",
    redirect=LbListenerDefaultActionRedirect(protocol="HTTPS", port="443", status_code="HTTP_301"),
)
