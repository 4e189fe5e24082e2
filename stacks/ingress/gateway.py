"""An ingress whose gateway belongs to the mesh: a Network Load Balancer in front of the mesh's proxies."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import LbListener, LbListenerDefaultAction
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import names
from catalog.analysis.load_balancers import gateway_draining, gateway_idle
from catalog.analysis.timeouts import LONGEST_STOP
from catalog.endpoints import has_internet_access
from catalog.model import Deployment, Service, Workload
from catalog.model.workload import Health
from stacks.ingress import Exposure
from stacks.ingress.load_balancer import SSL_POLICY, ingress_record, ingress_security_group, url_under
from stacks.mesh.base import MakeGateway, Membership
from stacks.network import ANYWHERE, Network
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import SecurityGroups, tcp
from stacks.part import OUTLIVES_TASKS, Part, Ref, protected

_TASKS = 2


class Gateway(Part):
    """The Network Load Balancer, and the workload of the proxies behind it, which ECS runs like any service."""

    workload: Workload
    """The workload of the proxies."""
    membership: Membership
    exposure: Exposure
    security_group: Ref
    """The security group of the proxies."""
    egress: list[Ref]
    """The egress rules from the proxies to AWS."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        name: str,
        network: Network,
        endpoints: Endpoints,
        security: SecurityGroups,
        mesh: str,
        make: MakeGateway,
    ) -> None:
        super().__init__(scope, names.shared("ingress", name), deployment=deployment)
        self._name = name
        self._address = names.shared("ingress", name)
        self._tasks = names.shared("ingress", name, "tasks")
        self._settings = settings = deployment.catalog.ingress[name]
        self._network = network
        self._security = security
        self._gateway = make(self, deployment=deployment, ingress=name, mesh=mesh)
        task = self._gateway.task
        # Other addresses and names than an Application Load Balancer's: if the ingress becomes one, both can exist.
        own = f"{name}_gateway"
        self._front_address = names.shared("ingress", own)
        ports = {"https": 443} if settings.certificate else {"http": 80}
        self._front = ingress_security_group(self, name=own, settings=settings, vpc_id=network.vpc_id, ports=ports)
        self.security_group = self._group(network)
        self.egress = self._egress_rules(endpoints)
        edges = self._from_balancer(task.port)
        self._balancer = self._load_balancer()
        group = self._target_group(task.port)
        listener = self._listener(group)
        ingress_record(self, name=name, settings=settings, balancer=self._balancer)
        self.dns_name = self._balancer.dns_name
        self.url = url_under(settings.domain or self.dns_name, settings=settings)
        draining = gateway_draining(deployment, name)
        self.exposure = Exposure(target_group=group, rule=listener, url=self.url, draining=draining)
        self.membership = Membership(task_statements=task.statements, depends_on=tuple(edges))
        self.workload = Workload(
            name=self._address,
            aws_name=self._address,
            place=("ingress", name),
            image=task.image,
            port=task.port,
            replicas=_TASKS,
            environment=task.environment,
            health=Health(command=task.check),
            stop_timeout=float(LONGEST_STOP),
            container=task.container,
        )

    def expose(self, service: Service, *, target_protocol: str) -> dict[str, Exposure]:
        """Route a service's requests through the mesh, which distributes them among its versions."""
        assert service.public is not None and service.port is not None
        self._security.allow_ingress(service, self.security_group, port=service.port, name=self._tasks)
        self._allow_egress(service.name, port=service.port, to=service.aws_name, group=self._security.of(service.name))
        route = self._gateway.lead_to(service)
        root = url_under(service.public.host, settings=self._settings) if service.public.host else self.url
        url = root + service.public.path.rstrip("/")
        return {service.name: Exposure(target_group=None, rule=route, url=url)}

    def _group(self, network: Network) -> Ref:
        name = names.owned(self.deployment.id, f"ingress_{self._name}_tasks")
        return self.add(
            SecurityGroup,
            self._tasks,
            name=name,
            description=f"Gateway of {self._name}",
            vpc_id=network.vpc_id,
            tags={"Name": name},
        )

    def _allow_egress(self, word: str, *, port: int, to: str, group: Ref | None = None, **target: str) -> Ref:
        if group is not None:
            target = {"referenced_security_group_id": group.id}
        return self.add(
            VpcSecurityGroupEgressRule,
            names.egress_rule(self._tasks, word),
            security_group_id=self.security_group.id,
            **tcp(port, to=to, **target),
        )

    def _egress_rules(self, endpoints: Endpoints) -> list[Ref]:
        """The egress rules to the mesh's configuration, images and logs."""
        if has_internet_access(self.deployment):
            return [self._allow_egress("anywhere_443", port=443, to="AWS", cidr_ipv4=ANYWHERE)]
        endpoint_rule = [
            self._allow_egress("vpc_endpoints", port=443, to="VPC endpoints", group=endpoints.security_group)
        ]
        s3 = self._network.gateways["s3"].prefix_list_id
        return [*endpoint_rule, self._allow_egress("s3_gateway", port=443, to="s3 endpoint", prefix_list_id=s3)]

    def _from_balancer(self, port: int) -> list[Ref]:
        egress = self.add(
            VpcSecurityGroupEgressRule,
            names.egress_rule(self._front_address, "tasks"),
            security_group_id=self._front.id,
            **tcp(port, to="the gateway", referenced_security_group_id=self.security_group.id),
        )
        ingress = self.add(
            VpcSecurityGroupIngressRule,
            names.ingress_rule(self._tasks, "balancer"),
            security_group_id=self.security_group.id,
            description="From the load balancer",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=self._front.id,
        )
        return [egress, ingress]

    def _load_balancer(self) -> Ref:
        internal = self._settings.internal
        network = self._network
        return self.add(
            Lb,
            self._front_address,
            name=names.gateway(self.deployment.id, self._name),
            enable_deletion_protection=self.deployment.catalog.security.deletion_protection or None,
            lifecycle=protected(self.deployment),
            load_balancer_type="network",
            internal=internal,
            subnets=network.private_subnet_ids if internal else network.public_subnet_ids,
            security_groups=[self._front.id],
            # The gateway has only two tasks, so a zone may have none.
            enable_cross_zone_load_balancing=True,
            depends_on=() if internal else network.public_routes,
        )

    def _target_group(self, port: int) -> Ref:
        network = self.deployment.catalog.network
        return self.add(
            LbTargetGroup,
            self._address,
            name=names.target_group(
                self.deployment.id, self._name, forces_new=(str(port), "TCP", network.vpc_id or network.cidr)
            ),
            target_type="ip",
            vpc_id=self._network.vpc_id,
            port=port,
            protocol="TCP",
            deregistration_delay=str(gateway_draining(self.deployment, self._name)),
            health_check={"protocol": "TCP", "interval": 10, "healthy_threshold": 2, "unhealthy_threshold": 3},
            lifecycle=OUTLIVES_TASKS,
        )

    def _listener(self, group: Ref) -> Ref:
        services = self.deployment.public_services(self._name)
        common = {
            "load_balancer_arn": self._balancer.arn,
            "default_action": [LbListenerDefaultAction(type="forward", target_group_arn=group.arn)],
        }
        certificate = self._settings.certificate
        if certificate:
            # Without an ALPN policy, clients don't learn that the service behind the listener uses HTTP/2.
            alpn = "HTTP2Only" if services[0].protocol == "http2" else None
            return self.add(
                LbListener,
                f"{self._front_address}_tls",
                port=443,
                protocol="TLS",
                certificate_arn=certificate,
                ssl_policy=SSL_POLICY,
                alpn_policy=alpn,
                **common,
            )
        return self.add(
            LbListener,
            f"{self._front_address}_tcp",
            port=80,
            protocol="TCP",
            tcp_idle_timeout_seconds=gateway_idle(self.deployment, self._name),
            **common,
        )
