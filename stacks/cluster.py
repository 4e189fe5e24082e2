"""The ECS cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
from constructs import Construct

from catalog import names
from catalog.model import Deployment
from catalog.task.shell import audit_log_group, is_open
from stacks.key import key_arn
from stacks.part import Part, Ref
from stacks.protection import protected

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
        if not any(is_open(self.deployment, service) for service in self.deployment.workloads.values()):
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
