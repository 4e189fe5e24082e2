"""Services that Application Auto Scaling scales: their output, and how it changes an applied service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.support.synth import catalog_output, resources
from tests.support.trial import Trial

HEAD = """
[catalog]
name = "shop"
region = "us-west-2"
[network]
zones = ["us-west-2a", "us-west-2b"]
flow_logs = false
[mesh]
kind = "{kind}"
"""
WORKER = """
[services.worker]
image = "r.io/worker:1"
{count}
"""
BACKLOG = """
[services.worker.scale]
min = 0
max = 9
backlog = { queue = "arn:aws:sqs:us-west-2:{account}:jobs", seconds_per_message = 30, latency = "10m" }
"""


@pytest.fixture
def shop(tmp_path: Path):
    def build(services: str, kind: str = "none") -> dict[str, Any]:
        return catalog_output(HEAD.format(kind=kind) + services, tmp_path)["shop"]

    return build


def test_a_scaled_service_starts_with_min_tasks_and_terraform_ignores_later_counts(shop) -> None:
    output = shop(WORKER.format(count="scale = { min = 2, max = 5, cpu_percent = 60 }"))

    service = resources(output, "aws_ecs_service")["worker"]
    target = resources(output, "aws_appautoscaling_target")["worker"]

    assert service["desired_count"] == 2
    assert service["lifecycle"]["ignore_changes"] == ["desired_count"]
    assert "postcondition" in service["lifecycle"] and service["wait_for_steady_state"]
    assert (target["min_capacity"], target["max_capacity"]) == (2, 5)
    assert target["resource_id"] == "service/${aws_ecs_cluster.main_cluster.name}/${aws_ecs_service.worker.name}"
    assert "ignore_changes" not in target["lifecycle"]


def test_a_service_with_replicas_keeps_its_count_and_has_no_scaler(shop) -> None:
    output = shop(WORKER.format(count="replicas = 2"))

    assert "ignore_changes" not in resources(output, "aws_ecs_service")["worker"]["lifecycle"]
    assert not any(type_.startswith("aws_appautoscaling") for type_ in output["resource"])


def test_the_count_of_a_scaled_service_is_ignored_without_waiting_too(shop) -> None:
    output = shop(WORKER.format(count="scale = { max = 5, cpu_percent = 60 }\ndeploy = { wait = false }"))

    assert resources(output, "aws_ecs_service")["worker"]["lifecycle"] == {"ignore_changes": ["desired_count"]}


def test_each_scaling_target_has_its_own_policy(shop) -> None:
    output = shop("""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.worker]
        image = "r.io/worker:1"
        port = 80
        public = true
        [services.worker.scale]
        max = 9
        cpu_percent = 60
        memory_percent = 70
        requests_per_minute = 500
        metric = { namespace = "My App", name = "waiting", dimensions = { B = "${x}", A = "1" }, target = 2.5 }
        scale_out_after = "1m"
        scale_in_after = "10m"
    """)

    policies = resources(output, "aws_appautoscaling_policy")
    tracking = {name: policy["target_tracking_scaling_policy_configuration"] for name, policy in policies.items()}

    assert {name: each["target_value"] for name, each in tracking.items()} == {
        "worker_cpu": 60, "worker_memory": 70, "worker_requests": 500, "worker_metric": 2.5,
    }  # fmt: skip
    assert all((each["scale_out_cooldown"], each["scale_in_cooldown"]) == (60, 600) for each in tracking.values())
    assert tracking["worker_cpu"]["predefined_metric_specification"] == {
        "predefined_metric_type": "ECSServiceAverageCPUUtilization"
    }
    assert tracking["worker_requests"]["predefined_metric_specification"] == {
        "predefined_metric_type": "ALBRequestCountPerTarget",
        "resource_label": "${aws_lb.main_ingress_public.arn_suffix}/${aws_lb_target_group.worker.arn_suffix}",
    }
    assert tracking["worker_metric"]["customized_metric_specification"] == {
        "namespace": "My App",
        "metric_name": "waiting",
        "statistic": "Average",
        "dimensions": [{"name": "A", "value": "1"}, {"name": "B", "value": "$${x}"}],
    }


def test_a_backlog_counts_waiting_and_in_flight_messages_per_task(shop) -> None:
    output = shop(WORKER.format(count="") + BACKLOG)

    policy = resources(output, "aws_appautoscaling_policy")["worker_backlog"]
    tracking = policy["target_tracking_scaling_policy_configuration"]
    queries = {each["id"]: each for each in tracking["customized_metric_specification"]["metrics"]}
    measured = {name: each["metric_stat"]["metric"] for name, each in queries.items() if "metric_stat" in each}

    assert tracking["target_value"] == 20  # ten minutes, at thirty seconds each
    assert {name: each["metric_name"] for name, each in measured.items()} == {
        "visible": "ApproximateNumberOfMessagesVisible",
        "hidden": "ApproximateNumberOfMessagesNotVisible",
        "running": "RunningTaskCount",
    }
    assert measured["visible"]["dimensions"] == [{"name": "QueueName", "value": "jobs"}]
    assert measured["running"]["dimensions"] == [
        {"name": "ClusterName", "value": "${aws_ecs_cluster.main_cluster.name}"},
        {"name": "ServiceName", "value": "${aws_ecs_service.worker.name}"},
    ]
    assert [name for name, each in queries.items() if each["return_data"]] == ["backlog"]
    assert queries["backlog"]["expression"].startswith("(visible + hidden) / ")


def test_an_alarm_starts_the_first_task_from_zero_and_never_removes_one(shop) -> None:
    output = shop(WORKER.format(count='health = { grace = "5m" }') + BACKLOG)

    alarm = resources(output, "aws_cloudwatch_metric_alarm")["worker_start"]
    steps = resources(output, "aws_appautoscaling_policy")["worker_start"]["step_scaling_policy_configuration"]

    assert resources(output, "aws_ecs_service")["worker"]["desired_count"] == 0
    assert alarm["alarm_actions"] == ["${aws_appautoscaling_policy.worker_start.arn}"]
    assert alarm["treat_missing_data"] == "notBreaching"
    assert {each["metric"]["period"] for each in alarm["metric_query"] if "metric" in each} == {60}
    assert (steps["adjustment_type"], steps["cooldown"]) == ("ChangeInCapacity", 600)
    assert [each["scaling_adjustment"] for each in steps["step_adjustment"]] == [1]


def test_a_service_with_at_least_one_task_has_no_alarm_to_start_one(shop) -> None:
    output = shop(WORKER.format(count="") + BACKLOG.replace("min = 0", "min = 1"))

    assert set(resources(output, "aws_appautoscaling_policy")) == {"worker_backlog"}
    assert not resources(output, "aws_cloudwatch_metric_alarm")


def test_terraform_does_not_undo_what_a_schedule_set(shop) -> None:
    output = shop("""
        [services.worker]
        image = "r.io/worker:1"
        [services.worker.scale]
        max = 9
        cpu_percent = 60
        schedule = [
          { name = "mornings", cron = "0 7 ? * MON-FRI *", min = 3, timezone = "Europe/Berlin" },
          { name = "evenings", cron = "0 19 ? * MON-FRI *", min = 1, timezone = "Europe/Berlin" },
        ]
    """)

    actions = resources(output, "aws_appautoscaling_scheduled_action")
    target = resources(output, "aws_appautoscaling_target")["worker"]

    assert set(actions) == {"worker_mornings", "worker_evenings"}
    assert actions["worker_mornings"]["schedule"] == "cron(0 7 ? * MON-FRI *)"
    assert actions["worker_mornings"]["timezone"] == "Europe/Berlin"
    assert actions["worker_mornings"]["scalable_target_action"] == {"min_capacity": "3"}
    assert target["lifecycle"]["ignore_changes"] == ["min_capacity"]


def test_the_scaler_and_its_alarm_have_the_tags_of_the_service(shop) -> None:
    output = shop(WORKER.format(count='tags = { team = "docs" }') + BACKLOG)

    assert resources(output, "aws_appautoscaling_target")["worker"]["tags"] == {"team": "docs"}
    assert resources(output, "aws_cloudwatch_metric_alarm")["worker_start"]["tags"] == {"team": "docs"}


SMALL = """
[catalog]
name = "trial"
region = "us-west-2"
[network]
zones = ["us-west-2a", "us-west-2b"]
nat = "none"
flow_logs = false
[mesh]
kind = "{kind}"
[ingress.public]
allow = ["10.0.0.0/8"]
[services.worker]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
port = 80
public = true
{count}
"""
EVERYTHING = """
[services.worker.scale]
min = 0
max = 9
cpu_percent = 60
memory_percent = 70
requests_per_minute = 500
backlog = { queue = "arn:aws:sqs:us-west-2:{account}:jobs", seconds_per_message = 30, latency = "10m" }
metric = { namespace = "My App", name = "waiting", dimensions = { Model = "m" }, target = 2.5 }
schedule = [{ name = "mornings", cron = "0 7 ? * MON-FRI *", min = 3, timezone = "Europe/Berlin" }]
"""


@pytest.mark.slow
def test_a_running_service_is_scaled_and_fixed_again_without_being_replaced(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    ecs, scaler = (emulator.client(name, region="us-west-2") for name in ("ecs", "application-autoscaling"))
    trial.write(SMALL.format(kind="none", count="replicas = 2"))
    trial.workspace.apply()

    trial.write(SMALL.format(kind="none", count=EVERYTHING))
    planned = trial.planned()
    trial.apply_planned()

    assert all(actions == ["create"] for address, actions in planned.items()), planned
    assert trial.planned() == {}
    policies = scaler.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert {each["PolicyName"] for each in policies} == {"cpu", "memory", "requests", "backlog", "metric", "start"}
    assert {each["ResourceId"] for each in policies} == {"service/trial/trial-worker"}
    assert _tasks(ecs) == 2

    # A plan must not undo changes of the scaler and the schedule.
    ecs.update_service(cluster="trial", service="trial-worker", desiredCount=7)
    bounds = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    scaler.register_scalable_target(**bounds, ResourceId="service/trial/trial-worker", MinCapacity=3)
    assert trial.planned() == {}

    trial.write(SMALL.format(kind="none", count="replicas = 2"))
    planned = trial.planned()
    trial.apply_planned()

    kept = {address: actions for address, actions in planned.items() if actions != ["delete"]}
    assert kept == {"aws_ecs_service.worker": ["update"]}
    assert trial.planned() == {}
    assert _tasks(ecs) == 2
    trial.workspace.destroy()
    assert emulator.leftovers() == {}


@pytest.mark.slow
def test_a_replaced_ecs_service_gets_a_new_scaler(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    trial.write(SMALL.format(kind="none", count=EVERYTHING))
    trial.workspace.apply()

    trial.workspace.run("apply", "-auto-approve", "-replace=aws_ecs_service.worker")

    assert trial.planned() == {}
    scaler = emulator.client("application-autoscaling", region="us-west-2")
    assert len(scaler.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]) == 6
    assert len(scaler.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]) == 1


def _tasks(ecs: Any) -> int:
    [service] = ecs.describe_services(cluster="trial", services=["trial-worker"])["services"]
    return service["runningCount"]


def test_a_queue_is_its_name_or_its_arn(shop) -> None:
    by_arn = shop(WORKER.format(count="") + BACKLOG)
    by_name = shop(WORKER.format(count="") + BACKLOG.replace("arn:aws:sqs:us-west-2:{account}:jobs", "jobs"))

    assert "data" in by_arn and "data" not in by_name  # only the ARN has an account to look up
    assert by_name["resource"] == by_arn["resource"]
