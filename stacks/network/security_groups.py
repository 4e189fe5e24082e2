"""Security groups: one for each workload, with the rules for its calls and its egress."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import names
from catalog.analysis import naming
from catalog.endpoints import gateways_of, has_internet_access
from catalog.model import Deployment, External, Service, Workload
from stacks.network import ANYWHERE, Network
from stacks.network.endpoints import Endpoints
from stacks.part import OUTLIVES_TASKS, Part, Ref


def egress_rules(
    workload: Workload,
    *,
    deployment: Deployment,
    network: Network,
    endpoints: Endpoints,
) -> dict[str, dict[str, Any]]:
    """The arguments of each egress rule of a workload, by its address.

    An address names the target, not the external, because AWS rejects a second rule with the same target and port
    (EC2 API reference, InvalidPermission.Duplicate). Externals with the same target share a rule, which stays when one
    of them is removed.
    """
    if deployment.catalog.network.egress == "any":
        return {
            names.egress_rule(workload.key, "anywhere_all"): {
                "ip_protocol": "-1",
                "cidr_ipv4": ANYWHERE,
                "description": "Anywhere",
            }
        }
    rules: dict[str, dict[str, Any]] = {}
    for (target, port), reasons in _open_to(workload, deployment=deployment).items():
        rules[names.egress_rule(workload.key, _word(target, port))] = tcp(
            port, to=", ".join(reasons), **_argument(target)
        )
    if not has_internet_access(deployment):
        gateways = gateways_of(workload, deployment=deployment)
        rules |= _to_endpoints(
            workload, gateways={name: network.gateways[name] for name in gateways}, endpoints=endpoints
        )
    return rules


def _open_to(workload: Workload, *, deployment: Deployment) -> dict[tuple[str, int], list[str]]:
    """The names of the externals that a workload connects to, by target and port. AWS itself is one."""
    targets: dict[tuple[str, int], list[str]] = {}
    if has_internet_access(deployment):
        targets[ANYWHERE, 443] = ["AWS"]
    for name, external in deployment.externals_of(workload).items():
        for target in _targets(external):
            targets.setdefault((target, external.port), []).append(name)
    return targets


def _targets(external: External) -> tuple[str, ...]:
    known = (*([external.security_group] if external.security_group else []), *external.cidrs)
    return known or (ANYWHERE,)


def _to_endpoints(workload: Workload, *, gateways: dict[str, Ref], endpoints: Endpoints) -> dict[str, dict[str, Any]]:
    rules = {
        names.egress_rule(workload.key, f"{name}_gateway"): tcp(
            443, to=f"{name} endpoint", prefix_list_id=gateway.prefix_list_id
        )
        for name, gateway in gateways.items()
    }
    if endpoints.security_group:
        rules[names.egress_rule(workload.key, "vpc_endpoints")] = tcp(
            443, to="VPC endpoints", referenced_security_group_id=endpoints.security_group.id
        )
    return rules


def _word(target: str, port: int) -> str:
    return f"{'anywhere' if target == ANYWHERE else names.cidr_word(target)}_{port}"


def _argument(target: str) -> dict[str, str]:
    return {"referenced_security_group_id" if target.startswith("sg-") else "cidr_ipv4": target}


def tcp(port: int, last_port: int | None = None, /, *, to: str, **target: str) -> dict[str, Any]:
    """The arguments of an egress rule for TCP to one port, or to all ports from it up to `last_port`."""
    return {
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": last_port or port,
        "description": names.shortened(f"To {to}", 255),
        **target,
    }


class SecurityGroups(Part):
    """The services' security groups. A connection without a rule is denied."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network, endpoints: Endpoints) -> None:
        super().__init__(scope, "security", deployment=deployment)
        # All versions of a service share its group, so they have the same permissions.
        self._groups: dict[str, Ref] = {}
        rules: dict[str, dict[str, dict[str, Any]]] = {}
        for workload in deployment.running:
            if workload.version is None:
                self._groups[workload.key] = self._group(workload, network)
            rules.setdefault(workload.key, {}).update(
                egress_rules(workload, deployment=deployment, network=network, endpoints=endpoints)
            )
        self._egress = {
            key: [
                self.add(VpcSecurityGroupEgressRule, name, security_group_id=self.of(key).id, **arguments)
                for name, arguments in its_rules.items()
            ]
            for key, its_rules in rules.items()
        }

    def of(self, key: str) -> Ref:
        """The security group of a workload's tasks, by its key."""
        return self._groups[key]

    def egress_of(self, key: str) -> list[Ref]:
        """The egress rules of a workload's tasks to AWS and to externals. The ECS service depends on them: otherwise
        Terraform could wait for tasks that can't become healthy before it creates the rules."""
        return self._egress[key]

    def connect(self, caller: Workload, callee: Service) -> tuple[Ref, ...]:
        """Create the rules that allow a workload's tasks to connect to those of its callee, on both sides."""
        assert callee.port is not None
        group = self.of(callee.name).id
        return (
            self.allow_ingress(
                callee, self.of(caller.name), port=callee.port, name=caller.name, aws_name=caller.aws_name
            ),
            *self.allow_egress(
                caller,
                port=callee.port,
                name=callee.name,
                aws_name=callee.aws_name,
                referenced_security_group_id=group,
            ),
        )

    def allow_ingress(self, service: Service, source: Ref, *, port: int, name: str, aws_name: str | None = None) -> Ref:
        """Allow connections from the security group `source` to a port of a service's tasks. `name` is the caller's
        word in the address, and `aws_name` its name in AWS if that differs."""
        return self.allow_ingress_from(
            service, port=port, name=name, aws_name=aws_name, referenced_security_group_id=source.id
        )

    def allow_ingress_from(
        self, service: Service, *, port: int, name: str, aws_name: str | None = None, **source: str
    ) -> Ref:
        """Allow connections from `source`, an argument of the rule, to a port of a service's tasks."""
        return self.add(
            VpcSecurityGroupIngressRule,
            names.ingress_rule(service.name, name),
            security_group_id=self.of(service.name).id,
            description=f"From {aws_name or name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            lifecycle=OUTLIVES_TASKS,
            **source,
        )

    def allow_egress(
        self,
        workload: Workload,
        *,
        port: int,
        name: str,
        aws_name: str | None = None,
        last_port: int | None = None,
        **target: str,
    ) -> tuple[Ref, ...]:
        """Allow connections from a workload's tasks to `target`, an argument of the rule, on one port or on all
        ports up to `last_port`. Creates no rule if the catalog allows all egress."""
        if self.deployment.catalog.network.egress == "any":
            return ()
        rule = self.add(
            VpcSecurityGroupEgressRule,
            names.egress_rule(workload.key, name),
            security_group_id=self.of(workload.key).id,
            lifecycle=OUTLIVES_TASKS,
            **tcp(port, last_port, to=aws_name or name, **target),
        )
        return (rule,)

    def _group(self, workload: Workload, network: Network) -> Ref:
        name = naming.owned(self.deployment, workload)
        return self.add(
            SecurityGroup,
            workload.name,
            name=name,
            # Don't change it: a new description replaces the group (EC2 API reference, CreateSecurityGroup).
            description=f"Tasks of {workload.aws_name}",
            vpc_id=network.vpc_id,
            tags={"Name": name},
        )
