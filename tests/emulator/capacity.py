"""Refuse requests about EC2 capacity as AWS does. `terraform plan` accepts them.

Sources: the ECS API reference (CreateCapacityProvider, DeleteCapacityProvider, PutClusterCapacityProviders) and the EC2
Auto Scaling User Guide ("Warm pools", "Limitations").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.autoscaling import autoscaling_backends
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from . import ecs

_create_capacity_provider = EC2ContainerServiceResponse.create_capacity_provider
_delete_capacity_provider = EC2ContainerServiceResponse.delete_capacity_provider
_put_cluster_capacity_providers = EC2ContainerServiceResponse.put_cluster_capacity_providers
_put_warm_pool = AutoScalingBackend.put_warm_pool


def create_capacity_provider(self: EC2ContainerServiceResponse) -> ActionResult:
    request = ecs._check_model(self)
    for fault in _faults(request, self.ecs_backend):
        raise ecs.ClientError(fault)
    return _create_capacity_provider(self)


def _faults(request: dict[str, Any], backend: EC2ContainerServiceBackend) -> Iterator[str]:
    if request["name"].lower().startswith(("aws", "ecs", "fargate")):
        yield 'The specified capacity provider name is invalid. It cannot begin with "aws", "ecs", or "fargate".'
    if request["name"] in backend.capacity_providers:
        yield "A capacity provider with the same name already exists."
    provider = request["autoScalingGroupProvider"]
    arn = provider["autoScalingGroupArn"]
    groups = autoscaling_backends[backend.account_id][backend.region_name].autoscaling_groups
    group = next((each for each in groups.values() if arn in (each.arn, each.name)), None)
    if group is None:
        yield f"The specified Auto Scaling group {arn} does not exist."
        return
    for other in backend.capacity_providers.values():
        if other.auto_scaling_group_provider["autoScalingGroupArn"] == arn:
            yield "The specified Auto Scaling group ARN is already being used by another capacity provider."
    if provider.get("managedTerminationProtection") == "ENABLED":
        if not group.new_instances_protected_from_scale_in:
            yield "The Auto Scaling group must have instance protection from scale in."
        if provider.get("managedScaling", {}).get("status") != "ENABLED":
            yield "Managed scaling must be enabled to use managed termination protection."


def delete_capacity_provider(self: EC2ContainerServiceResponse) -> ActionResult:
    backend = self.ecs_backend
    name = self._get_param("capacityProvider").split("/")[-1]
    for cluster in tuple(backend.clusters.values()):
        if cluster.status == "ACTIVE" and name in (cluster.capacity_providers or []):
            raise ecs.ClientError(f"The capacity provider is associated with the cluster {cluster.name}.")
    return _delete_capacity_provider(self)


def put_cluster_capacity_providers(self: EC2ContainerServiceResponse) -> ActionResult:
    backend = self.ecs_backend
    cluster = ecs._active_cluster(backend, self._get_param("cluster"))
    kept = self._get_param("capacityProviders") or []
    for service in tuple(backend.services.values()):
        if service.cluster_name != cluster.name or service.status != "ACTIVE":
            continue
        for each in service.settings["capacityProviderStrategy"]:
            if each["capacityProvider"].split("/")[-1] not in kept:
                raise ecs.Refusal(
                    "ResourceInUseException", "The specified capacity provider is in use and cannot be removed."
                )
    return _put_cluster_capacity_providers(self)


def put_warm_pool(self: AutoScalingBackend, group_name: str, *arguments: Any, **settings: Any) -> None:
    distribution = (self.autoscaling_groups[group_name].mixed_instances_policy or {}).get("InstancesDistribution", {})
    if int(distribution.get("OnDemandPercentageAboveBaseCapacity", 100)) < 100:
        raise ValidationError("You can't add a warm pool to an Auto Scaling group that requests Spot Instances.")
    _put_warm_pool(self, group_name, *arguments, **settings)


def install() -> None:
    """Replace moto's functions with those above."""
    for function in (create_capacity_provider, delete_capacity_provider, put_cluster_capacity_providers):
        setattr(EC2ContainerServiceResponse, function.__name__, function)
    AutoScalingBackend.put_warm_pool = put_warm_pool
