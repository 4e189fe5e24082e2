"""Container Insights: the log group that it makes for a cluster, and makes again if it's deleted while data arrives.

Sources: CloudWatch user guide, "Container Insights performance log events for Amazon ECS"; aws/containers-roadmap,
issue 2315; for the group that comes back during a destroy, ministryofjustice/opg-digideps, pull request 1325.
"""

from __future__ import annotations

import re

from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.logs import logs_backends

GROUP = re.compile(r"/aws/ecs/containerinsights/[^/]+/performance")
"""Names of the log groups of clusters. They stay when a cluster is deleted."""


def measure(backend: EC2ContainerServiceBackend, cluster: Cluster, *, tasks: bool) -> None:
    """Write the data of a cluster that has, or has had, tasks: its log group exists afterwards."""
    level = {each["name"]: each["value"] for each in cluster.settings}.get("containerInsights")
    if level not in ("enabled", "enhanced"):
        return
    cluster.__dict__["has_data"] = tasks or cluster.__dict__.get("has_data", False)
    name = f"/aws/ecs/containerinsights/{cluster.name}/performance"
    logs = logs_backends[backend.account_id][backend.region_name]
    if cluster.__dict__["has_data"] and name not in logs.groups:
        logs.create_log_group(name, {})
