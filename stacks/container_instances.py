"""What all EC2 instances of a deployment share: who they are to AWS, what they reach, and how their agent is set."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from catalog import names
from catalog.endpoints import has_way_out
from catalog.model import Deployment
from catalog.model.capacity import Capacity
from catalog.rooms import RESERVED_MEMORY
from stacks.egress import tcp
from stacks.endpoints import Endpoints
from stacks.network import Network
from stacks.part import Part, Ref
from stacks.roles import trust
from stacks.subnets import ANYWHERE

_POLICY = "service-role/AmazonEC2ContainerServiceforEC2Role"


class ContainerInstances(Part):
    """Role, instance profile and security group of the instances. Tasks have their own of each."""

    profile: Ref
    security_group: Ref
    after: list[Ref]
    """What must stand while an instance runs, or its agent can neither join the cluster nor leave it."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network, endpoints: Endpoints) -> None:
        super().__init__(scope, "container_instances", deployment=deployment)
        # The underscore, as in no service's key, keeps the names apart from those of the services' roles and groups.
        self._name = names.role(deployment.id, "container_instances")
        self._address = names.shared("container_instances")
        attachment = self._role()
        self.security_group = self.add(
            SecurityGroup,
            self._address,
            name=self._name,
            description="EC2 instances that run tasks",
            vpc_id=network.vpc_id,
            tags={"Name": self._name},
        )
        rules = [
            self.add(
                VpcSecurityGroupEgressRule,
                f"{self._address}_to_{target}",
                security_group_id=self.security_group.id,
                **arguments,
            )
            for target, arguments in self._targets(network, endpoints).items()
        ]
        # Not the network's routes: with the provider's create_before_destroy on them, a new NAT gateway would want the
        # address that the old one still has.
        self.after = [attachment, *rules, *endpoints.refs]

    def _role(self) -> Ref:
        catalog, region = self.deployment.catalog, self.deployment.region
        role = self.add(
            IamRole,
            self._address,
            name=self._name,
            assume_role_policy=trust(f"ec2.{names.dns_suffix(region)}", accounts=()),
            permissions_boundary=catalog.catalog.permissions_boundary,
        )
        self.profile = self.add(IamInstanceProfile, self._address, name=self._name, role=role.name)
        return self.add(
            IamRolePolicyAttachment,
            self._address,
            role=role.name,
            policy_arn=f"arn:{self.deployment.partition}:iam::aws:policy/{_POLICY}",
        )

    def _targets(self, network: Network, endpoints: Endpoints) -> dict[str, dict[str, Any]]:
        """The agent pulls images and fetches secrets for the tasks, from here and not from their network interfaces."""
        if self.deployment.catalog.network.egress == "any":
            return {"anywhere_all": {"ip_protocol": "-1", "cidr_ipv4": ANYWHERE, "description": "Anywhere"}}
        if has_way_out(self.deployment):
            return {"anywhere_443": tcp(443, to="AWS and registries", cidr_ipv4=ANYWHERE)}
        assert endpoints.security_group is not None
        layers = tcp(443, to="s3 endpoint", prefix_list_id=network.gateways["s3"].prefix_list_id)
        group = endpoints.security_group.id
        return {
            "s3_gateway": layers,
            "vpc_endpoints": tcp(443, to="VPC endpoints", referenced_security_group_id=group),
        }


def user_data(capacity: Capacity, *, cluster: str, gpus: bool) -> str:
    """The agent's settings, written at an instance's first start (ECS developer guide, "Amazon ECS container agent
    configuration"); Terraform encodes them, so that a plan shows them as text."""
    settings = {
        "ECS_CLUSTER": cluster,
        # Tasks have roles of their own, and must not take the instance's.
        "ECS_AWSVPC_BLOCK_IMDS": "true",
        # Logs are written with the task's execution role, as on Fargate.
        "ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE": "true",
        "ECS_RESERVED_MEMORY": str(RESERVED_MEMORY),
        **({"ECS_ENABLE_GPU_SUPPORT": "true"} if gpus else {}),
        # Tasks leave in the two minutes that AWS gives.
        **({"ECS_ENABLE_SPOT_INSTANCE_DRAINING": "true"} if capacity.spot else {}),
        # An instance that is only warmed up must not join: it would be stopped under its tasks.
        **({"ECS_WARM_POOLS_CHECK": "true"} if capacity.warm else {}),
    }
    lines = ["#!/bin/bash", "cat >> /etc/ecs/ecs.config <<'END'", *(f"{k}={v}" for k, v in settings.items()), "END", ""]
    return '${base64encode("' + "\\n".join(lines) + '")}'
