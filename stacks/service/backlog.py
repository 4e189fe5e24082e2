"""The messages of a queue for each task: counted by CloudWatch's metric math, with no function of ours in between.

Of what a queue holds, messages that are being worked on count like those that wait: a task that is busy with the last
message, or has fetched ten at once, is not taken away for want of messages.

Down to no task, the policy finds its way by itself: no message is no backlog, and it rounds so that it never takes away
too much, so that one message keeps one task (Application Auto Scaling user guide, "Target tracking scaling policies").
Up from no task it does not: Container Insights counts no tasks of a service that has none (CloudWatch user guide,
"Amazon ECS Container Insights metrics"), and without data a policy does nothing. So an alarm of our own starts the
first one, as AWS has it for endpoints of SageMaker (SageMaker guide, "Autoscale an asynchronous endpoint").

Nothing is filled in with FILL: of the latest minute the count often is late, and a zero in its place would be taken for
the truth (CloudWatch user guide, "Using metric math", FILL).
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
"""Never divided by zero; and where the count of tasks is late, no value at all."""
_NOBODY_THERE = "IF(visible > 0 AND MAX([visible * 0, running]) < 1, 1, 0)"
"""Whether messages wait and no task is counted, or none was reported."""
_LATE = 300
"""Seconds until a task that runs is surely counted."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Whose tasks are counted."""

    cluster: str
    service: str


Measured = tuple[str, str, str, dict[str, str]]
"""Id in expressions, namespace, metric, dimensions."""


def _measured(backlog: Backlog, counted: Counted) -> dict[str, Measured]:
    queue = {"QueueName": backlog.queue_name}
    tasks = {"ClusterName": counted.cluster, "ServiceName": counted.service}
    return {
        "visible": ("visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue),
        "hidden": ("hidden", "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", queue),
        "running": ("running", "ECS/ContainerInsights", "RunningTaskCount", tasks),
    }


def tracked(backlog: Backlog, counted: Counted) -> dict[str, Any]:
    """The metric that a policy holds at the backlog's target."""
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
    """An alarm for messages that nobody works on, and the policy by which it adds a task.

    It adds one, and not again before that one can be counted; it never sets a count, which could take tasks away.
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
        id="unattended", label="Nobody there", expression=_NOBODY_THERE, return_data=True
    )
    part.add(
        CloudwatchMetricAlarm,
        name,
        alarm_name=f"{counted.service}-start",
        alarm_description=f"Messages wait in {backlog.queue_name}, and no task of {counted.service} runs.",
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=1,
        # In two minutes running: the count of tasks may be late by one.
        evaluation_periods=2,
        datapoints_to_alarm=2,
        # A queue that nobody has used for hours says nothing (SQS developer guide, "Monitoring with CloudWatch").
        treat_missing_data="notBreaching",
        metric_query=[*queries, starting],
        alarm_actions=[policy.arn],
    )
