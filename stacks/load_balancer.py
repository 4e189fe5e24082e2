"""A load balancer: who may connect to it, and what it says to requests that are meant for nobody."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from constructs import Construct

from catalog import names
from catalog.balancer import balancer_idle
from catalog.model import Deployment, Ingress, Service
from stacks.egress import tcp
from stacks.entry import entry_group, entry_record
from stacks.log_bucket import LogBucket
from stacks.network import Network
from stacks.part import Part, Ref
from stacks.protection import protected
from stacks.subnets import ANYWHERE

SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


class LoadBalancer(Part):
    """The Application Load Balancer of an ingress. With a certificate it speaks HTTPS and redirects plain HTTP."""

    listener_arn: str
    """Of the listener that takes rules."""
    security_group_id: str
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
        entry_record(self, name=name, settings=settings, balancer=self._balancer)
        self.url = self.url_under(settings.domain or self._balancer.dns_name)

    def url_under(self, host: str) -> str:
        """The URL of a host whose name leads here."""
        return f"{'https' if self._settings.certificate else 'http'}://{host}"

    def let_out(self, service: Service, *, group: str) -> list[Ref]:
        """Let it connect to a service's tasks, the members of `group`."""
        rule = self.add(
            VpcSecurityGroupEgressRule,
            names.let_out(self._address, service.name),
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
        group = entry_group(self, name=self._name, settings=self._settings, vpc_id=network.vpc_id, ports=ports)
        if self._settings.login:
            # The load balancer itself turns codes into tokens and asks who somebody is.
            self.add(
                VpcSecurityGroupEgressRule,
                names.let_out(self._address, "anywhere_443"),
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
            idle_timeout=balancer_idle(self.deployment, name),
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
