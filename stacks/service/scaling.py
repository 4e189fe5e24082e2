"""Autoscaling of a service with Application Auto Scaling."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws import appautoscaling_policy as _aws
from cdktf_cdktf_provider_aws.appautoscaling_scheduled_action import (
    AppautoscalingScheduledAction,
    AppautoscalingScheduledActionScalableTargetAction,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct

from catalog.model import Deployment
from catalog.model.scaling import Metric, Scale
from stacks.cluster import Cluster
from stacks.ingress import Exposure
from stacks.part import Part, Ref
from stacks.service.backlog import Counted, starts_first_task, tracked

_Tracking = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration
_Customized = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification
_Dimension = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationDimensions
_Predefined = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification

COUNT = "desired_count"
"""The argument that Terraform ignores for a service with autoscaling: an apply would reset the task count."""


class Scaling(Part):
    """The scalable target of an ECS service, and a scaling policy for each metric.

    With several policies, the largest task count applies (Application Auto Scaling user guide, "How target tracking
    scaling works"). Application Auto Scaling uses its service-linked role, which it creates if it doesn't exist
    (Application Auto Scaling API reference, RegisterScalableTarget, RoleARN).
    """

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        scale: Scale,
        cluster: Cluster,
        ecs_service: Ref,
        exposure: Exposure | None,
        grace: float,
    ) -> None:
        self._name = ecs_service.address.rpartition(".")[2]
        super().__init__(scope, f"scaling-{self._name}", deployment=deployment)
        self._scale = scale
        self._target = self._bounds(cluster=cluster, ecs_service=ecs_service)
        counted = Counted(cluster=cluster.name, service=ecs_service.name)
        if scale.cpu_percent is not None:
            self._track("cpu", scale.cpu_percent, _predefined("ECSServiceAverageCPUUtilization"))
        if scale.memory_percent is not None:
            self._track("memory", scale.memory_percent, _predefined("ECSServiceAverageMemoryUtilization"))
        if scale.requests_per_minute is not None and exposure is not None:
            requests = _predefined("ALBRequestCountPerTarget", resource_label=exposure.request_label)
            self._track("requests", scale.requests_per_minute, requests)
        if scale.backlog is not None:
            self._track("backlog", scale.backlog.target, tracked(scale.backlog, counted))
            if scale.fewest == 0:
                starts_first_task(
                    self,
                    name=f"{self._name}_start",
                    backlog=scale.backlog,
                    counted=counted,
                    target=self._of_target(),
                    grace=grace,
                )
        if scale.metric is not None:
            self._track("metric", scale.metric.target, _customized(scale.metric))
        self._schedule()

    def _bounds(self, *, cluster: Cluster, ecs_service: Ref) -> Ref:
        """The scalable target. An apply doesn't reset limits that scheduled actions set. Terraform replaces the target
        with the ECS service, because AWS may delete the target of a deleted service."""
        entries = self._scale.schedule
        scheduled = {
            "min_capacity": any(entry.min is not None for entry in entries),
            "max_capacity": any(entry.max is not None for entry in entries),
        }
        ignored = [bound for bound, is_scheduled in scheduled.items() if is_scheduled]
        return self.add(
            AppautoscalingTarget,
            self._name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{cluster.name}/{ecs_service.name}",
            min_capacity=self._scale.min,
            max_capacity=self._scale.max,
            lifecycle={
                "replace_triggered_by": [f"{ecs_service.address}.id"],
                **({"ignore_changes": ignored} if ignored else {}),
            },
        )

    def _of_target(self) -> dict[str, Any]:
        """The arguments that name the target of a policy or scheduled action. AWS deletes these with their target
        (Application Auto Scaling API reference, DeregisterScalableTarget)."""
        return {
            "service_namespace": self._target.service_namespace,
            "scalable_dimension": self._target.scalable_dimension,
            "resource_id": self._target.resource_id,
            "lifecycle": {"replace_triggered_by": [f"{self._target.address}.id"]},
        }

    def _track(self, suffix: str, target: float, metric: dict[str, Any]) -> None:
        """Add a target tracking policy."""
        self.add(
            _aws.AppautoscalingPolicy,
            f"{self._name}_{suffix}",
            name=suffix,
            policy_type="TargetTrackingScaling",
            target_tracking_scaling_policy_configuration=_Tracking(
                target_value=target,
                scale_out_cooldown=int(self._scale.scale_out_after),
                scale_in_cooldown=int(self._scale.scale_in_after),
                **metric,
            ),
            **self._of_target(),
        )

    def _schedule(self) -> None:
        for entry in self._scale.schedule:
            self.add(
                AppautoscalingScheduledAction,
                f"{self._name}_{entry.name}",
                name=entry.name,
                schedule=f"cron({entry.cron})",
                timezone=entry.timezone,
                scalable_target_action=AppautoscalingScheduledActionScalableTargetAction(
                    min_capacity=None if entry.min is None else str(entry.min),
                    max_capacity=None if entry.max is None else str(entry.max),
                ),
                **self._of_target(),
            )


def _predefined(type_: str, *, resource_label: str | None = None) -> dict[str, Any]:
    return {"predefined_metric_specification": _Predefined(predefined_metric_type=type_, resource_label=resource_label)}


def _customized(metric: Metric) -> dict[str, Any]:
    return {
        "customized_metric_specification": _Customized(
            namespace=metric.namespace,
            metric_name=metric.name,
            statistic=metric.statistic,
            dimensions=[_Dimension(name=name, value=value) for name, value in sorted(metric.dimensions.items())]
            or None,
        )
    }
