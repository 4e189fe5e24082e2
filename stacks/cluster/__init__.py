"""The ECS cluster, and what all EC2 instances of a deployment share: role, security group, agent settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import (
    EcsCluster,
    EcsClusterConfiguration,
    EcsClusterConfigurationExecuteCommandConfiguration,
    EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration,
    EcsClusterConfigurationManagedStorageConfiguration,
    EcsClusterSetting,
)
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from catalog import names
from catalog.analysis.instance_types import RESERVED_MEMORY
from catalog.analysis.policies import trust
from catalog.endpoints import has_internet_access
from catalog.model import Deployment
from catalog.model.platform import Capacity
from catalog.task.sidecars import audit_log_group, has_exec
from stacks.kms import key_arn
from stacks.network import ANYWHERE, Network
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import tcp
from stacks.part import Part, Ref, protected

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
        if has_internet_access(self.deployment):
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


RETENTION_DAYS = 90
"""For what operators did, which is asked for late."""
_FARGATE = {"fargate": "FARGATE", "fargate-spot": "FARGATE_SPOT"}


class Cluster(Part):
    """Where the tasks of all services run: a cluster of our own, or one that exists, of which nothing is written."""

    name: str
    arn: str
    providers: dict[str, str]
    """The capacity providers, by the name that a service gives as its capacity."""
    ready: list[Ref]
    """What services must wait for: until then the cluster does not know the capacity they ask for."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(scope, "cluster", deployment=deployment)
        self.ready = []
        if deployment.catalog.cluster.arn is not None:
            self.name, self.arn = deployment.cluster_name, deployment.catalog.cluster.arn
            return
        cluster = self.add(
            EcsCluster,
            names.shared("cluster"),
            name=deployment.id,
            configuration=self._configuration(),
            setting=[EcsClusterSetting(name="containerInsights", value=deployment.catalog.cluster.insights)],
            lifecycle=protected(deployment),
        )
        self.name = cluster.name
        self.arn = cluster.arn

    def offer(self, capacities: Mapping[str, Ref], *, after: Iterable[Ref]) -> None:
        """Let services use Fargate, and the capacity providers of instances, which join the cluster themselves, when
        what they reach AWS by stands."""
        self.providers = _FARGATE | {name: provider.name for name, provider in capacities.items()}
        if self.deployment.catalog.cluster.arn is None:
            associated = self.add(
                EcsClusterCapacityProviders,
                names.shared("cluster"),
                cluster_name=self.name,
                capacity_providers=list(self.providers.values()),
                depends_on=after if capacities else (),
            )
            self.ready.append(associated)

    def _configuration(self) -> EcsClusterConfiguration:
        """How sessions are logged, and with a key of one's own, that it encrypts the storage of tasks on Fargate."""
        key = key_arn(self.deployment)
        storage = EcsClusterConfigurationManagedStorageConfiguration(fargate_ephemeral_storage_kms_key_id=key)
        return EcsClusterConfiguration(
            execute_command_configuration=self._sessions(key), managed_storage_configuration=storage if key else None
        )

    def _sessions(self, key: str | None) -> EcsClusterConfigurationExecuteCommandConfiguration:
        """Where sessions of ECS Exec are logged: in a log group of their own, if any service lets operators in.

        Written out where none does, with AWS's own default: the provider cannot take a configuration away again.
        """
        if not any(has_exec(self.deployment, service) for service in self.deployment.workloads.values()):
            return EcsClusterConfigurationExecuteCommandConfiguration(logging="DEFAULT")
        group = self.add(
            CloudwatchLogGroup,
            names.shared("exec"),
            name=audit_log_group(self.deployment),
            retention_in_days=RETENTION_DAYS,
            kms_key_id=key,
        )
        logs = EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration(
            cloud_watch_log_group_name=group.name, cloud_watch_encryption_enabled=True if key else None
        )
        return EcsClusterConfigurationExecuteCommandConfiguration(
            logging="OVERRIDE", log_configuration=logs, kms_key_id=key
        )
