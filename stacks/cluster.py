"""The ECS cluster."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from constructs import Construct

from catalog import names
from catalog.model import Deployment
from stacks.part import Part, Ref


class Cluster(Part):
    """Where the tasks of all services run."""

    name: str
    arn: str
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
        self.name = cluster.name
        self.arn = cluster.arn
        self.capacity = self.add(
            EcsClusterCapacityProviders,
            names.shared("cluster"),
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
        )
