"""Who may talk to whom: a security group for each service, and a rule for each edge of the call graph."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import names
from catalog.model import Deployment, Service
from stacks.egress import egress_rules
from stacks.endpoints import Endpoints
from stacks.network import Network
from stacks.part import Part, Ref


class SecurityGroups(Part):
    """The services' security groups. What no rule opens is closed."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network, endpoints: Endpoints) -> None:
        super().__init__(scope, "security", deployment=deployment)
        self._groups = {service.name: self._group(service, network) for service in deployment.services.values()}
        self._egress: dict[str, list[Ref]] = {}
        for service in deployment.services.values():
            rules = egress_rules(service, deployment=deployment, group_of=self.of, network=network, endpoints=endpoints)
            group = self.of(service.name)
            self._egress[service.name] = [
                *(self._call(service, callee) for callee in deployment.callees_of(service)),
                *(
                    self.add(VpcSecurityGroupEgressRule, name, security_group_id=group.id, **arguments)
                    for name, arguments in rules.items()
                ),
            ]

    def of(self, service_name: str) -> Ref:
        """The security group of a service's tasks."""
        return self._groups[service_name]

    def egress_of(self, service_name: str) -> list[Ref]:
        """What a service's tasks must wait for: the rules on their side and on their callees', without which they reach
        nothing and may never be well. Terraform, busy waiting for them, might not get to these rules."""
        return self._egress[service_name]

    def allow(self, service: Service, *, source: Ref, port: int, name: str) -> Ref:
        """Let the members of `source` connect to a port of a service's tasks. `name` is theirs, for the address."""
        return self.add(
            VpcSecurityGroupIngressRule,
            names.let_in(service.name, name),
            security_group_id=self.of(service.name).id,
            description=f"From {name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=source.id,
        )

    def _call(self, caller: Service, callee: Service) -> Ref:
        assert callee.port is not None
        return self.allow(callee, source=self.of(caller.name), port=callee.port, name=caller.name)

    def _group(self, service: Service, network: Network) -> Ref:
        name = names.owned(self.deployment.id, service.name)
        return self.add(
            SecurityGroup,
            service.name,
            name=name,
            # Never to be changed: another description is another group (EC2 API reference, CreateSecurityGroup).
            description=f"Tasks of {service.name}",
            vpc_id=network.vpc_id,
            tags={"Name": name},
        )
