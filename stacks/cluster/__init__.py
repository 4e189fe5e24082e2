"""The ECS cluster, and the role and egress of the EC2 instances of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
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
from constructs import Construct

from catalog import names
from catalog.analysis.policies import trust
from catalog.endpoints import has_internet_access
from catalog.model import Deployment
from catalog.task.sidecars import audit_log_group, has_exec
from stacks.kms import key_arn
from stacks.network import ANYWHERE, Network
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import tcp
from stacks.part import Part, Ref, protected

_POLICY = "service-role/AmazonEC2ContainerServiceforEC2Role"


class ContainerInstances(Part):
    """Role and instance profile of the instances, and their egress. Tasks have their own roles and security groups."""

    profile: Ref
    after: list[Ref]
    """Resources that must exist while an instance runs: its agent requires them to register and drain."""
    egress: dict[str, dict[str, Any]]
    """The arguments of the egress rules of every instance, by target."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network, endpoints: Endpoints) -> None:
        super().__init__(scope, "container_instances", deployment=deployment)
        # Service keys have no underscore, so these names can't collide with those of the services' roles and groups.
        self._name = names.role(deployment.id, "container_instances")
        self._address = names.shared("container_instances")
        # Don't add the network's routes: the capacity provider's create_before_destroy would apply to them too, and a
        # new NAT gateway would require the Elastic IP address that the old one still uses.
        self.after = [self._role(), *endpoints.refs]
        self.egress = self._targets(network, endpoints)

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
        """The egress rules, by target. The agent pulls images and reads secrets through the instance's network
        interface, not through those of the tasks."""
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


RETENTION_DAYS = 90
"""For the log of ECS Exec sessions. Audits often read it weeks later."""
_FARGATE = {"fargate": "FARGATE", "fargate-spot": "FARGATE_SPOT"}


class Cluster(Part):
    """The ECS cluster of all services: created, or an existing one, which Terraform doesn't change."""

    name: str
    arn: str
    providers: dict[str, str]
    """The names of the capacity providers, by the value of a service's `capacity`."""
    ready: list[Ref]
    """Dependencies of the services: a service's capacity provider must be associated with the cluster first."""

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

    def associate(self, capacities: Mapping[str, Ref]) -> None:
        """Associate Fargate and the capacity providers of instances with the cluster."""
        self.providers = _FARGATE | {name: provider.name for name, provider in capacities.items()}
        if self.deployment.catalog.cluster.arn is None:
            associated = self.add(
                EcsClusterCapacityProviders,
                names.shared("cluster"),
                cluster_name=self.name,
                capacity_providers=list(self.providers.values()),
            )
            self.ready.append(associated)

    def _configuration(self) -> EcsClusterConfiguration:
        """The logging of ECS Exec sessions, and with a KMS key the encryption of the storage of Fargate tasks."""
        key = key_arn(self.deployment)
        storage = EcsClusterConfigurationManagedStorageConfiguration(fargate_ephemeral_storage_kms_key_id=key)
        return EcsClusterConfiguration(
            execute_command_configuration=self._sessions(key), managed_storage_configuration=storage if key else None
        )

    def _sessions(self, key: str | None) -> EcsClusterConfigurationExecuteCommandConfiguration:
        """The logging of ECS Exec sessions: in a separate log group, if any service has `exec`.

        Otherwise this sets AWS's default explicitly, because the provider can't remove a configuration.
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
