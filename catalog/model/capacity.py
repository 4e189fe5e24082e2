"""EC2 instances for tasks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from catalog.model.types import Table

FARGATE = ("fargate", "fargate-spot")
"""The capacity that is always there."""
SMALLEST_DISK = 30
"""GiB of the snapshot that every ECS-optimized image starts from (aws/amazon-ecs-ami, variables.pkr.hcl)."""


class Capacity(Table):
    """EC2 instances for the tasks of the services that name it, as many as these tasks need: an Auto Scaling group
    behind a capacity provider."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1)]
    """Instance types, as in ["g5.xlarge"], the preferred one first. Of several, whichever AWS has is started, so every
    one must hold every task."""
    min: Annotated[int, Field(ge=0, le=1000)] = 0
    """Instances that run even without tasks."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Instances that run at most. A rollout takes room for new tasks beside the old, or stops old ones first."""
    spot: bool = False
    """Spot instances, which AWS takes back with two minutes' notice."""
    disk_gib: Annotated[int, Field(ge=SMALLEST_DISK, le=16384)] = 100
    """GiB of each instance's encrypted disk, for images, scratch volumes and weights; 30 at least."""
    warm: Annotated[int, Field(ge=0, le=1000)] = 0
    """Stopped instances that stand by, of those up to `max`: they start faster, and cost their disks."""
    zones: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Zones of the network in which AWS has these types, as letters or names; with a number as network.zones, "a" is
    the first. Default: all."""
