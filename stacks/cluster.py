"""The ECS cluster."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from constructs import Construct

from catalog import names
from catalog.model import Deployment
from stacks.part import Part, Ref

_FARGATE = {"fargate": "FARGATE", "fargate-spot": "FARGATE_SPOT"}


class Cluster(Part):
    """Where the tasks of all services run."""

    ref: Ref
    name: str
    arn: str
    providers: dict[str, str]
    """The capacity providers, by the name that a service gives as its capacity."""
    capacity: Ref
    """What services must wait for: until then the cluster does not know the capacity they ask for."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(scope, "cluster", deployment=deployment)
        cluster = self.add(
            EcsCluster,
            names.shared("cluster"),
            name=deployment.id,
            setting=[EcsClusterSetting(name="containerInsights", value=deployment.catalog.cluster.insights)],
        )
        self.ref = cluster
        self.name = cluster.name
        self.arn = cluster.arn

    def offer(self, capacities: Mapping[str, Ref]) -> None:
        """Let services use Fargate, and the capacity providers of instances, which join the cluster themselves."""
        self.providers = _FARGATE | {name: provider.name for name, provider in capacities.items()}
        self.capacity = self.add(
            EcsClusterCapacityProviders,
            names.shared("cluster"),
            cluster_name=self.name,
            capacity_providers=list(self.providers.values()),
        )
