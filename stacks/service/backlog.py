"""Scaling by a queue's backlog: messages for each task, computed with CloudWatch metric math instead of a function.

The backlog includes messages in flight. So a task isn't stopped while it works on the last message or has received ten
messages in one call.

The target tracking policy scales in to 0 tasks: without messages the backlog is 0. It rounds up when it scales in, so
one message keeps one task (Application Auto Scaling user guide, "Target tracking scaling policies"). It can't scale out
from 0 tasks: Container Insights reports no task count then (CloudWatch user guide, "Amazon ECS Container Insights
metrics"), and a policy without data does nothing. So a separate alarm starts the first task, as AWS documents it for
SageMaker endpoints (SageMaker guide, "Autoscale an asynchronous endpoint").

The expressions don't use FILL: the task count of the latest minute is often late, and a 0 in its place would count as a
real value (CloudWatch user guide, "Using metric math", FILL).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws import appautoscaling_policy as _aws
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)

from catalog.model.scaling import Backlog
from stacks.part import Part

_Steps = _aws.AppautoscalingPolicyStepScalingPolicyConfiguration
_Step = _aws.AppautoscalingPolicyStepScalingPolicyConfigurationStepAdjustment
_Customized = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification
_Query = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetrics
_Stat = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStat
_StatMetric = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStatMetric  # noqa: E501  # fmt: skip
_Dimension = _aws.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStatMetricDimensions  # noqa: E501  # fmt: skip

_MINUTE = 60
_STATISTIC = "Maximum"
_PER_TASK = "(visible + hidden) / MAX([running, running * 0 + 1])"
"""Never divides by zero. Has no value while the task count is late."""
_UNATTENDED = "IF(visible > 0 AND MAX([visible * 0, running]) < 1, 1, 0)"
"""1 if messages wait and the task count is 0 or missing, else 0."""
_LATE = 300
"""Seconds until the metrics certainly include a running task."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The cluster and the ECS service whose tasks are counted."""

    cluster: str
    service: str


Measured = tuple[str, str, str, dict[str, str]]
"""A metric: its id in expressions, namespace, name and dimensions."""


def _measured(backlog: Backlog, counted: Counted) -> dict[str, Measured]:
    queue = {"QueueName": backlog.queue_name}
    tasks = {"ClusterName": counted.cluster, "ServiceName": counted.service}
    return {
        "visible": ("visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue),
        "hidden": ("hidden", "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", queue),
        "running": ("running", "ECS/ContainerInsights", "RunningTaskCount", tasks),
    }


def tracked(backlog: Backlog, counted: Counted) -> dict[str, Any]:
    """The metric that a target tracking policy keeps at the backlog's target."""
    queries = [_query(*measured) for measured in _measured(backlog, counted).values()]
    per_task = _Query(id="backlog", label="Messages per task", expression=_PER_TASK, return_data=True)
    return {"customized_metric_specification": _Customized(metrics=[*queries, per_task])}


def _query(id_: str, namespace: str, metric: str, dimensions: dict[str, str]) -> _Query:
    named = [_Dimension(name=name, value=value) for name, value in sorted(dimensions.items())]
    stat_metric = _StatMetric(namespace=namespace, metric_name=metric, dimensions=named)
    return _Query(id=id_, metric_stat=_Stat(stat=_STATISTIC, metric=stat_metric), return_data=False)


def starts_first_task(
    part: Part, *, name: str, backlog: Backlog, counted: Counted, target: dict[str, Any], grace: float
) -> None:
    """Create an alarm for waiting messages without a running task, and the step scaling policy that adds a task.

    The policy adds one task, then waits until the metrics include it. It never sets an absolute count, which could stop
    tasks.
    """
    policy = part.add(
        _aws.AppautoscalingPolicy,
        name,
        name=name.rpartition("_")[2],
        policy_type="StepScaling",
        step_scaling_policy_configuration=_Steps(
            adjustment_type="ChangeInCapacity",
            cooldown=_LATE + int(grace),
            step_adjustment=[_Step(scaling_adjustment=1, metric_interval_lower_bound="0")],
        ),
        **target,
    )
    measured = _measured(backlog, counted)
    queries = [
        CloudwatchMetricAlarmMetricQuery(
            id=id_,
            metric=CloudwatchMetricAlarmMetricQueryMetric(
                namespace=namespace, metric_name=metric, dimensions=dimensions, period=_MINUTE, stat=_STATISTIC
            ),
            return_data=False,
        )
        for id_, namespace, metric, dimensions in (measured["visible"], measured["running"])
    ]
    starting = CloudwatchMetricAlarmMetricQuery(
        id="unattended", label="Nobody there", expression=_UNATTENDED, return_data=True
    )
    part.add(
        CloudwatchMetricAlarm,
        name,
        alarm_name=f"{counted.service}-start",
        alarm_description=f"Messages wait in {backlog.queue_name}, and no task of {counted.service} runs.",
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=1,
        # Two consecutive minutes, because the task count may be one minute late.
        evaluation_periods=2,
        datapoints_to_alarm=2,
        # A queue without activity for hours reports no metrics (SQS developer guide, "Monitoring with CloudWatch").
        treat_missing_data="notBreaching",
        metric_query=[*queries, starting],
        alarm_actions=[policy.arn],
    )
