"""The ECS cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import (
    EcsCluster,
    EcsClusterConfiguration,
    EcsClusterConfigurationExecuteCommandConfiguration,
    EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration,
    EcsClusterSetting,
)
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from constructs import Construct

from catalog import names
from catalog.model import Deployment
from catalog.task.shell import audit_log_group, is_open
from stacks.part import Part, Ref

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
            configuration=self._sessions(),
            setting=[EcsClusterSetting(name="containerInsights", value=deployment.catalog.cluster.insights)],
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

    def _sessions(self) -> EcsClusterConfiguration:
        """Where sessions of ECS Exec are logged: in a log group of their own, if any service lets operators in.

        Written out where none does, with AWS's own default: the provider cannot take a configuration away again.
        """
        if not any(is_open(self.deployment, service) for service in self.deployment.workloads.values()):
            return _configuration(logging="DEFAULT")
        group = self.add(
            CloudwatchLogGroup,
            names.shared("exec"),
            name=audit_log_group(self.deployment),
            retention_in_days=RETENTION_DAYS,
        )
        logs = EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration(cloud_watch_log_group_name=group.name)
        return _configuration(logging="OVERRIDE", log_configuration=logs)


def _configuration(**arguments: Any) -> EcsClusterConfiguration:
    sessions = EcsClusterConfigurationExecuteCommandConfiguration(**arguments)
    return EcsClusterConfiguration(execute_command_configuration=sessions)
