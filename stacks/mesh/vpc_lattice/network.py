"""The service network: its association with the VPC, its access logs, and the auth policies of its services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_ec2_managed_prefix_list import DataAwsEc2ManagedPrefixList
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from cdktf_cdktf_provider_aws.vpclattice_access_log_subscription import VpclatticeAccessLogSubscription
from cdktf_cdktf_provider_aws.vpclattice_service_network import VpclatticeServiceNetwork
from cdktf_cdktf_provider_aws.vpclattice_service_network_vpc_association import VpclatticeServiceNetworkVpcAssociation
from constructs import Construct

from catalog import names
from catalog.analysis import naming
from catalog.meshes.vpc_lattice import INVOKE
from catalog.meshes.vpc_lattice.listeners import carried_callees, carried_services
from catalog.model import Deployment, Service
from stacks.kms import key_arn
from stacks.mesh.base import MeshContext
from stacks.part import OUTLIVES_TASKS, Part, Ref


def auth_policy(service: Service, *, deployment: Deployment, account: Callable[[], str]) -> str:
    """The policy of a service that allows only its callers' task roles (VPC Lattice user guide, "Auth
    policies"). On one line: AWS refuses any other. `account` gives the account's number or a reference, and no
    expression with quotes in it, which JSON would escape."""
    # A principal must exist. Roles of another state may not exist yet, and those of this apply are seconds old: the
    # provider doesn't repeat a PutAuthPolicy that can't find them. The name in a condition needn't exist.
    roles = f"arn:{deployment.partition}:iam::{account()}"
    callers = [
        f"{roles}:role/{naming.role(deployment, workload, names.ROLES[0])}"
        for caller in deployment.callers_of(service.name)
        for workload in deployment.workloads_of(caller.name)
    ]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"{roles}:root"},
        "Action": INVOKE.actions[0],
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": callers}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


def invoke(callees: list[Ref]) -> list[dict[str, Any]]:
    """The statements that a caller's own role needs: any request to its callees."""
    if not callees:
        return []
    return [INVOKE.on(f"{callee.arn}/*" for callee in callees)]


RETENTION_DAYS = 30
_ADDRESS = names.shared("mesh")
_IPV6 = names.shared("mesh", "ipv6")


class ServiceNetwork(Part):
    """The deployment's service network. Its security group allows each caller, on the ports of its callees."""

    def __init__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> None:
        super().__init__(scope, "service_network", deployment=deployment)
        self._security = context.security
        network = self.add(VpclatticeServiceNetwork, _ADDRESS, name=deployment.id, auth_type="NONE")
        self.id, self.name = network.id, network.name
        self._group = self._security_group(context.vpc_id)
        self.association = self.add(
            VpclatticeServiceNetworkVpcAssociation,
            _ADDRESS,
            service_network_identifier=network.id,
            vpc_identifier=context.vpc_id,
            security_group_ids=[self._group.id],
            lifecycle=OUTLIVES_TASKS,
        )
        self._addresses = self.add(
            DataAwsEc2ManagedPrefixList, _ADDRESS, name=f"com.amazonaws.{deployment.region}.vpc-lattice"
        )
        self._ipv6_addresses = self._ipv6_list()
        if deployment.catalog.mesh.access_logs:
            self._log(network)

    def admit(self, service: Service) -> list[Ref]:
        """The security group rules for a service's calls to VPC Lattice and into the service network.

        In, one for each port: AWS refuses a second rule with the same source and port. Out, one that spans them all:
        the prefix list counts as ten of the sixty rules that a group may have (VPC guide, "AWS-managed prefix list
        weight"), and what leads nowhere else is held to the exact ports over there.
        """
        ports = sorted({callee.port for callee in carried_callees(self.deployment, service) if callee.port})
        if not ports:
            return []
        out = self._security.allow_egress(
            service, port=ports[0], last_port=ports[-1], name=_ADDRESS, prefix_list_id=self._addresses.id
        )
        if self._ipv6_addresses is not None:
            out += self._security.allow_egress(
                service, port=ports[0], last_port=ports[-1], name=_IPV6, prefix_list_id=self._ipv6_addresses.id
            )
        return [*out, *(self._allow_ingress(service, port) for port in ports)]

    def _ipv6_list(self) -> Ref | None:
        """VPC Lattice's IPv6 addresses, which tasks try first in a dual-stack VPC (VPC Lattice user guide, "Control
        traffic using security groups", "Managed prefix list"). Only an existing VPC can be one. VPC Lattice itself
        connects to IPv4 targets from its IPv4 addresses."""
        deployment = self.deployment
        if not deployment.uses_existing_network or not any(carried_services(deployment)):
            return None
        return self.add(DataAwsEc2ManagedPrefixList, _IPV6, name=f"com.amazonaws.{deployment.region}.ipv6.vpc-lattice")

    def _allow_ingress(self, service: Service, port: int) -> Ref:
        return self.add(
            VpcSecurityGroupIngressRule,
            f"{names.ingress_rule(_ADDRESS, service.name)}_{port}",
            security_group_id=self._group.id,
            description=f"From {service.aws_name}",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=self._security.of(service.name).id,
            lifecycle=OUTLIVES_TASKS,
        )

    def open(self, service: Service) -> Ref:
        """Allow VPC Lattice to connect to a service's tasks, also for health checks."""
        assert service.port is not None
        return self._security.allow_ingress_from(
            service, port=service.port, name=_ADDRESS, prefix_list_id=self._addresses.id
        )

    def _security_group(self, vpc_id: str) -> Ref:
        # Service keys have no underscore, so the name differs from those of the services' groups.
        name = names.owned(self.deployment.id, "service_network")
        return self.add(
            SecurityGroup,
            _ADDRESS,
            name=name,
            description="Service network",
            vpc_id=vpc_id,
            tags={"Name": name},
        )

    def _log(self, network: Ref) -> None:
        """The prefix for which AWS can write without a further resource policy (CloudWatch Logs
        user guide, "Logs sent to CloudWatch Logs": /aws/vendedlogs/)."""
        group = self.add(
            CloudwatchLogGroup,
            _ADDRESS,
            name=f"/aws/vendedlogs{names.log_group(self.deployment.id, 'service_network')}",
            retention_in_days=RETENTION_DAYS,
            kms_key_id=key_arn(self.deployment),
        )
        self.add(VpclatticeAccessLogSubscription, _ADDRESS, resource_identifier=network.id, destination_arn=group.arn)
