"""Application Auto Scaling: what it refuses, and what goes with a target."""

from typing import Any

import pytest

from tests.emulator.checks.stage import Stage, refused

TARGET = {
    "ServiceNamespace": "ecs",
    "ScalableDimension": "ecs:service:DesiredCount",
    "ResourceId": "service/example/chat",
}
CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}, "TargetValue": 50}


@pytest.fixture
def scaler(aws: Any, stage: Stage) -> Any:
    aws("ecs").create_service(**stage.service)
    return aws("application-autoscaling")


def track(scaler: Any, **changes: Any) -> None:
    scaler.put_scaling_policy(
        **TARGET,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=CPU | changes,
    )


def test_a_policy_belongs_to_a_target(scaler: Any) -> None:
    with refused("ValidationException", "No scalable target"):
        track(scaler)


def test_a_policy_is_held_to_its_model(scaler: Any) -> None:
    scaler.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)

    with refused("ValidationException", "PredefinedMetricType"):
        track(scaler, PredefinedMetricSpecification={"PredefinedMetricType": "ECSServiceMood"})


def test_policies_and_scheduled_actions_go_with_their_target(aws: Any, scaler: Any) -> None:
    scaler.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    track(scaler)
    action = {"Schedule": "cron(0 7 * * ? *)", "ScalableTargetAction": {"MinCapacity": 2}}
    scaler.put_scheduled_action(**TARGET, ScheduledActionName="mornings", **action)

    scaler.deregister_scalable_target(**TARGET)

    assert scaler.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert scaler.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"] == []
