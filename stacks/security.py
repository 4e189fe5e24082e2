"""Who may talk to whom: a security group for each service, what it may reach outside, and how calls are let in."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import aws_names, names
from catalog.model import Deployment, Service
from stacks.egress import egress_rules, tcp
from stacks.endpoints import Endpoints
from stacks.network import Network
from stacks.part import OUTLIVES_TASKS, Part, Ref


class SecurityGroups(Part):
    """The services' security groups. What no rule opens is closed."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network, endpoints: Endpoints) -> None:
        super().__init__(scope, "security", deployment=deployment)
        self._groups = {service.name: self._group(service, network) for service in deployment.services.values()}
        self._egress: dict[str, list[Ref]] = {}
        for service in deployment.services.values():
            # One group for all versions of a service: what one of them may reach, the others may.
            rules = {
                name: arguments
                for workload in deployment.workloads_of(service.name)
                for name, arguments in egress_rules(
                    workload, deployment=deployment, network=network, endpoints=endpoints
                ).items()
            }
            group = self.of(service.name)
            self._egress[service.name] = [
                self.add(VpcSecurityGroupEgressRule, name, security_group_id=group.id, **arguments)
                for name, arguments in rules.items()
            ]

    def of(self, service_name: str) -> Ref:
        """The security group of a service's tasks."""
        return self._groups[service_name]

    def egress_of(self, service_name: str) -> list[Ref]:
        """The rules by which a service's tasks reach AWS and what lies outside. They stand before its tasks start:
        Terraform, busy waiting for tasks that cannot be well, might not get to them."""
        return self._egress[service_name]

    def connect(self, caller: Service, callee: Service) -> tuple[Ref, ...]:
        """Let a service's tasks connect to those of its callee: the rules on both sides."""
        assert callee.port is not None
        group = self.of(callee.name).id
        return (
            self.let_in(callee, self.of(caller.name), port=callee.port, name=caller.name, aws_name=caller.aws_name),
            *self.let_out(
                caller,
                port=callee.port,
                name=callee.name,
                aws_name=callee.aws_name,
                referenced_security_group_id=group,
            ),
        )

    def let_in(self, service: Service, source: Ref, *, port: int, name: str, aws_name: str | None = None) -> Ref:
        """Let the members of the group `source` connect to a port of a service's tasks. `name` is theirs, for the
        address; where AWS knows them by another, that is `aws_name`."""
        return self.let_in_from(
            service, port=port, name=name, aws_name=aws_name, referenced_security_group_id=source.id
        )

    def let_in_from(self, service: Service, *, port: int, name: str, aws_name: str | None = None, **source: str) -> Ref:
        """Let somebody connect to a port of a service's tasks: `source` is an argument of the rule."""
        return self.add(
            VpcSecurityGroupIngressRule,
            names.let_in(service.name, name),
            security_group_id=self.of(service.name).id,
            description=f"From {aws_name or name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            lifecycle=OUTLIVES_TASKS,
            **source,
        )

    def let_out(
        self,
        service: Service,
        *,
        port: int,
        name: str,
        aws_name: str | None = None,
        last_port: int | None = None,
        **target: str,
    ) -> tuple[Ref, ...]:
        """Let a service's tasks out to somebody, on a port or on all up to `last_port`: `target` is an argument of the
        rule. Where everything is open, there is no rule to make."""
        if self.deployment.catalog.network.egress == "any":
            return ()
        rule = self.add(
            VpcSecurityGroupEgressRule,
            names.let_out(service.name, name),
            security_group_id=self.of(service.name).id,
            lifecycle=OUTLIVES_TASKS,
            **tcp(port, last_port, to=aws_name or name, **target),
        )
        return (rule,)

    def _group(self, service: Service, network: Network) -> Ref:
        name = aws_names.owned(self.deployment, service)
        return self.add(
            SecurityGroup,
            service.name,
            name=name,
            # Never to be changed: another description is another group (EC2 API reference, CreateSecurityGroup).
            description=f"Tasks of {service.aws_name}",
            vpc_id=network.vpc_id,
            tags={"Name": name},
        )
