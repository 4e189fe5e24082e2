"""An ingress: its load balancer, and a target group and listener rules for each public service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup
from constructs import Construct

from catalog import names
from catalog.analysis import naming
from catalog.analysis.load_balancers import deregistration_delay, priority_of, priority_of_match, requires_login
from catalog.model import Deployment, Service
from stacks.ingress.listener_rules import ExistingListener, client_secret, conditions, forward_to, login_action
from stacks.ingress.load_balancer import LoadBalancer
from stacks.ingress.log_bucket import LogBucket
from stacks.network import Network
from stacks.network.security_groups import SecurityGroups
from stacks.part import OUTLIVES_TASKS, PROTOCOL_VERSIONS, Part, Ref


def target_group(service: Service, *, deployment: Deployment, vpc_id: str, protocol: str) -> dict[str, Any]:
    """The arguments of a service's target group. `protocol` is HTTP or HTTPS, as the service's tasks require."""
    version = PROTOCOL_VERSIONS[service.protocol]
    network = deployment.catalog.network
    return {
        "name": naming.target_group(
            deployment,
            service,
            forces_new=(str(service.port), protocol, version, network.vpc_id or network.cidr),
        ),
        "target_type": "ip",
        "vpc_id": vpc_id,
        "port": service.port,
        "protocol": protocol,
        "protocol_version": version,
        "deregistration_delay": str(deregistration_delay(service)),
        "health_check": {
            "protocol": protocol,
            "interval": int(service.health.interval),
            "timeout": int(service.health.timeout),
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
            **_probe(service),
        },
        "stickiness": _stickiness(service),
        "lifecycle": OUTLIVES_TASKS,
    }


def _stickiness(service: Service) -> dict[str, Any]:
    """The stickiness block. Without stickiness it is set to disabled, because an omitted block keeps the old value."""
    duration = service.public.sticky if service.public else None
    if duration is None:
        return {"type": "lb_cookie", "enabled": False}
    return {"type": "lb_cookie", "enabled": True, "cookie_duration": int(duration)}


def _probe(service: Service) -> dict[str, str]:
    """The path and the success codes of health checks (ELBv2 API reference, CreateTargetGroup and Matcher)."""
    path = service.health.path
    if service.protocol == "grpc":
        # Without a path, any answer passes: gRPC status 12 means that the method doesn't exist.
        return {"path": path, "matcher": "0"} if path else {"path": "/AWS.ALB/healthcheck", "matcher": "12"}
    # Without a path, every status below 500 passes, because many services have no page at /.
    return {"path": path, "matcher": "200-399"} if path else {"path": "/", "matcher": "200-499"}


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """How a load balancer reaches a workload."""

    target_group: Ref | None
    """The target group of its tasks. None if the mesh's gateway routes to them."""
    rule: Ref
    """The listener rule or route that sends it requests. ECS rejects a target group without a load balancer."""
    url: str
    request_label: str = ""
    """The resource label of its request count (Application Auto Scaling API reference, PredefinedMetricSpecification).
    Empty if no load balancer counts its requests."""
    draining: int = 0
    """The deregistration delay: seconds that a stopping task has to finish its responses."""


class Ingress(Part):
    """A created or existing load balancer that routes requests to public services by host and path."""

    url: str
    """The URL of the load balancer."""
    dns_name: str
    """The load balancer's own name."""

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
        self._balancer: LoadBalancer | ExistingListener
        if settings.listener_arn is not None:
            self._balancer = ExistingListener(
                self, deployment=deployment, name=name, settings=settings, listener_arn=settings.listener_arn
            )
        else:
            self._balancer = LoadBalancer(
                self, deployment=deployment, name=name, settings=settings, network=network, logs=logs
            )
        self._client_secret = client_secret(self, self._address, settings.login)
        self._vpc_id = network.vpc_id
        self._security = security
        self.url, self.dns_name = self._balancer.url, self._balancer.dns_name

    def expose(self, service: Service, *, target_protocol: str) -> dict[str, Exposure]:
        """Create the target groups and listener rules of a service and its versions. Returns their exposures, by name.

        `target_protocol` is HTTP or HTTPS, as their tasks require.
        """
        assert service.public is not None and service.port is not None
        workloads = self.deployment.workloads_of(service.name)
        groups = {each.name: self._target_group(each, protocol=target_protocol) for each in workloads}
        # The rule depends on these, so that resources that depend on the rule also wait until health checks can pass.
        edges = self._edges(service)
        rule = self._rule(
            service,
            priority=priority_of(self.deployment, service),
            conditions=conditions(service.public),
            groups=[(groups[each.name], each.weight) for each in workloads],
            after=edges,
        )
        for version in workloads[1:]:
            if version.match is not None:
                self._rule(
                    version,
                    priority=priority_of_match(self.deployment, service, version),
                    conditions=conditions(service.public, version.match),
                    groups=[(groups[version.name], version.weight)],
                    after=edges,
                )
        root = self._balancer.url_under(service.public.host) if service.public.host else self.url
        url = root + service.public.path.rstrip("/")
        return {
            name: Exposure(
                target_group=group,
                rule=rule,
                url=url,
                request_label=f"{self._balancer.arn_suffix}/{group.arn_suffix}",
                draining=deregistration_delay(service),
            )
            for name, group in groups.items()
        }

    def _target_group(self, service: Service, *, protocol: str) -> Ref:
        arguments = target_group(service, deployment=self.deployment, vpc_id=self._vpc_id, protocol=protocol)
        return self.add(LbTargetGroup, service.name, **arguments)

    def _rule(
        self,
        service: Service,
        *,
        priority: int,
        conditions: list[LbListenerRuleCondition],
        groups: list[tuple[Ref, int]],
        after: list[Ref],
    ) -> Ref:
        return self.add(
            LbListenerRule,
            service.name,
            listener_arn=self._balancer.listener_arn,
            priority=priority,
            condition=conditions,
            action=self._actions(service, groups),
            depends_on=after,
        )

    def _actions(self, service: Service, groups: list[tuple[Ref, int]]) -> list[LbListenerRuleAction]:
        """The actions of a rule: the login, if the service requires one, then the forward action."""
        login = requires_login(self.deployment, service)
        if login is None:
            return [forward_to(service, groups)]
        return [
            login_action(login, client_secret=self._client_secret, order=1),
            forward_to(service, groups, order=2),
        ]

    def _edges(self, service: Service) -> list[Ref]:
        """The security group rules from the load balancer to a service, on both sides."""
        assert service.port is not None
        ingress = self._security.allow_ingress_from(
            service,
            port=service.port,
            name=self._address,
            referenced_security_group_id=self._balancer.security_group_id,
        )
        return [*self._balancer.allow_egress(service, group=self._security.of(service.name).id), ingress]
