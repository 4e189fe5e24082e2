"""A load balancer with its security group, listeners and DNS record."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from constructs import Construct

from catalog import names
from catalog.analysis.load_balancers import load_balancer_idle
from catalog.model import Deployment, Ingress, Service
from stacks.ingress.log_bucket import LogBucket
from stacks.network import ANYWHERE, Network
from stacks.network.security_groups import tcp
from stacks.part import Part, Ref, protected


def ingress_security_group(part: Part, *, name: str, settings: Ingress, vpc_id: str, ports: Mapping[str, int]) -> Ref:
    """The security group of an ingress's load balancer. It allows the ranges in `allow` to connect to `ports`, which
    has the port of each protocol. `name` distinguishes it from those of other load balancers."""
    address = names.shared("ingress", name)
    # Service keys have no underscore, so this name can't collide with those of the services' groups.
    full_name = names.owned(part.deployment.id, f"ingress_{name}")
    group = part.add(
        SecurityGroup,
        address,
        name=full_name,
        description="Load balancer",
        vpc_id=vpc_id,
        tags={"Name": full_name},
    )
    for protocol, port in ports.items():
        for cidr in settings.allow:
            part.add(
                VpcSecurityGroupIngressRule,
                f"{address}_{protocol}_from_{names.cidr_word(cidr)}",
                security_group_id=group.id,
                description=f"{protocol.upper()} from outside",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=cidr,
            )
    return group


def ingress_record(part: Part, *, name: str, settings: Ingress, balancer: Ref) -> None:
    """The DNS record of an ingress's domain, if it has a zone_id."""
    if settings.zone_id and settings.domain:
        target = Route53RecordAlias(name=balancer.dns_name, zone_id=balancer.zone_id, evaluate_target_health=True)
        address = names.shared("ingress", name)
        part.add(Route53Record, address, zone_id=settings.zone_id, name=settings.domain, type="A", alias=target)


def url_under(host: str, *, settings: Ingress) -> str:
    """The URL of a host whose DNS record points to an ingress's load balancer."""
    return f"{'https' if settings.certificate else 'http'}://{host}"


SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


class LoadBalancer(Part):
    """The Application Load Balancer of an ingress. With a certificate it serves HTTPS and redirects HTTP to it."""

    listener_arn: str
    """The ARN of the listener that has the services' rules."""
    security_group_id: str
    dns_name: str
    url: str
    arn_suffix: str

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        name: str,
        settings: Ingress,
        network: Network,
        logs: LogBucket,
    ) -> None:
        super().__init__(scope, "load_balancer", deployment=deployment)
        self._address = names.shared("ingress", name)
        self._name = name
        self._settings = settings
        self._group = self._security_group(network)
        self.security_group_id = self._group.id
        self._balancer = self._load_balancer(name, network, logs)
        if settings.waf:
            self.add(Wafv2WebAclAssociation, self._address, resource_arn=self._balancer.arn, web_acl_arn=settings.waf)
        if settings.certificate:
            listener = self._listener(
                _NOT_FOUND, protocol="HTTPS", port=443, certificate_arn=settings.certificate, ssl_policy=SSL_POLICY
            )
            self._listener(_TO_HTTPS, protocol="HTTP", port=80)
        else:
            listener = self._listener(_NOT_FOUND, protocol="HTTP", port=80)
        self.listener_arn = listener.arn
        self.arn_suffix = self._balancer.arn_suffix
        ingress_record(self, name=name, settings=settings, balancer=self._balancer)
        self.dns_name = self._balancer.dns_name
        self.url = self.url_under(settings.domain or self.dns_name)

    def url_under(self, host: str) -> str:
        """The URL of a host whose DNS record points to this load balancer."""
        return url_under(host, settings=self._settings)

    def allow_egress(self, service: Service, *, group: str) -> list[Ref]:
        """Allow the load balancer to connect to a service's tasks, which are in the security group `group`."""
        rule = self.add(
            VpcSecurityGroupEgressRule,
            names.egress_rule(self._address, service.name),
            security_group_id=self._group.id,
            description=f"To {service.aws_name}",
            ip_protocol="tcp",
            from_port=service.port,
            to_port=service.port,
            referenced_security_group_id=group,
        )
        return [rule]

    def _security_group(self, network: Network) -> Ref:
        ports = {"https": 443, "http": 80} if self._settings.certificate else {"http": 80}
        group = ingress_security_group(
            self, name=self._name, settings=self._settings, vpc_id=network.vpc_id, ports=ports
        )
        if self._settings.login:
            # The load balancer itself calls the token endpoint and the user info endpoint.
            self.add(
                VpcSecurityGroupEgressRule,
                names.egress_rule(self._address, "anywhere_443"),
                security_group_id=group.id,
                **tcp(443, to="the identity provider", cidr_ipv4=ANYWHERE),
            )
        return group

    def _load_balancer(self, name: str, network: Network, logs: LogBucket) -> Ref:
        internal = self._settings.internal
        waits_for = [*(() if internal else network.public_routes), *logs.refs]
        return self.add(
            Lb,
            self._address,
            name=names.load_balancer(self.deployment.id, name),
            enable_deletion_protection=self.deployment.catalog.security.deletion_protection or None,
            lifecycle=protected(self.deployment),
            load_balancer_type="application",
            internal=internal,
            subnets=network.private_subnet_ids if internal else network.public_subnet_ids,
            security_groups=[self._group.id],
            drop_invalid_header_fields=True,
            idle_timeout=load_balancer_idle(self.deployment, name),
            access_logs=logs.attribute,
            connection_logs=logs.attribute,
            depends_on=waits_for,
        )

    def _listener(self, action: LbListenerDefaultAction, *, protocol: str, port: int, **tls: str) -> Ref:
        return self.add(
            LbListener,
            f"{self._address}_{protocol.lower()}",
            load_balancer_arn=self._balancer.arn,
            port=port,
            protocol=protocol,
            default_action=[action],
            **tls,
        )


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
