"""Autoscaling: valid settings, and messages about invalid ones."""

from __future__ import annotations

import pytest

from catalog.model.scaling import cron
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


QUEUE = "arn:aws:sqs:us-west-2:{account}:jobs"
WRONG = {
    "both counts in one table": """
        [services.a]
        image = "r.io/a:1"
        replicas = 2
        scale = { max = 3, cpu_percent = 50 }
        #^ services.a.scale: conflicts with replicas (services.toml:3). Remove one of them.
    """,
    "no policy and no schedule": """
        [services.a]
        image = "r.io/a:1"
        scale = { max = 3 }
        #^ services.a.scale: has no effect without a policy or a schedule. Add one of cpu_percent, memory_percent,
        #| requests_per_minute, backlog, metric or schedule, or use replicas instead.
    """,
    "a minimum above the maximum": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        min = 4
        #^ services.a.scale.min: min = 4 exceeds max = 3. Use at most 3.
        max = 3
        cpu_percent = 50
    """,
    "no max": """
        [services.a]
        image = "r.io/a:1"
        scale = { cpu_percent = 50 }
        #^ services.a.scale: required key "max" is missing. Add it.
    """,
    "a schedule against its bounds": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        min = 2
        max = 3
        cpu_percent = 50
        [[services.a.scale.schedule]]
        name = "day"
        cron = "0 7 * * ? *"
        min = 4
        #^ services.a.scale.schedule[0].min: min = 4 exceeds max = 3 once "day" has run. Use at most 3.
        [[services.a.scale.schedule]]
        name = "night"
        cron = "0 19 * * ? *"
        max = 1
        #^ services.a.scale.schedule[1].max: min = 2 exceeds max = 1 once "night" has run. Use at least 2.
        [[services.a.scale.schedule]]
        #^ services.a.scale.schedule[2]: has no effect without min and max. Add one or both.
        name = "never"
        cron = "0 19 * * ? *"
        [[services.a.scale.schedule]]
        name = "day"
        #^ services.a.scale.schedule[3].name: "day" is also the name of another entry (services.toml:8). Use another
        #| name.
        cron = "0 19 * * ? *"
        min = 3
    """,
    "scaling to zero without a policy that starts a task": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        min = 0
        #^ services.a.scale.min: must be at least 1, because no policy here starts a task when there are none. Use 1, or
        #| add backlog, metric, or a schedule with a min above 0.
        max = 3
        cpu_percent = 50
    """,
    "scaling to zero at night without a policy that starts a task": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        cpu_percent = 50
        [[services.a.scale.schedule]]
        name = "night"
        cron = "0 19 * * ? *"
        min = 0
        #^ services.a.scale.schedule[0].min: must be at least 1, because no policy here starts a task when there are
        #| none. Use 1, or add backlog, metric, or a schedule with a min above 0.
    """,
    "a schedule that only lowers the minimum": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [[services.a.scale.schedule]]
        name = "day"
        cron = "0 7 * * ? *"
        min = 3
        [[services.a.scale.schedule]]
        #^ services.a.scale.schedule[1]: a lower min alone doesn't stop tasks. Add max = 1, or a policy such as
        #| cpu_percent.
        name = "night"
        cron = "0 19 * * ? *"
        min = 1
    """,
    "requests without a load balancer": """
        [services.a]
        image = "r.io/a:1"
        port = 80
        [services.a.scale]
        max = 3
        requests_per_minute = 50
        #^ services.a.scale.requests_per_minute: requires a load balancer to count the requests, and a isn't public. Add
        #| public, or use cpu_percent or metric.
    """,
    "queues in another region or account": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.backlog]
        queue = "arn:aws:sqs:eu-west-1:123456789012:jobs"
        #^ services.a.scale.backlog.queue: must be in the region of the service, not in "eu-west-1". Use a queue whose
        #| ARN begins with "arn:aws:sqs:us-west-2:".
        seconds_per_message = 30
        latency = "10m"
        [services.b]
        image = "r.io/b:1"
        [services.b.scale]
        max = 3
        [services.b.scale.backlog]
        queue = "arn:aws:sqs:us-west-2:999999999999:jobs"
        #^ services.b.scale.backlog.queue: must be in account 123456789012 (services.toml:22), not in 999999999999. Use
        #| a queue of the same account.
        seconds_per_message = 0.5
        latency = "10m"
        [aws]
        accounts = ["123456789012"]
    """,
    "an invalid queue and a short latency": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.backlog]
        queue = "arn:aws:sqs:us-west-2:123456789012:jobs.fifos"
        #^ services.a.scale.backlog.queue: must end with an account and the name of a queue. Write one like
        #| "arn:aws:sqs:us-west-2:{account}:jobs".
        seconds_per_message = 30
        latency = "20s"
        #^ services.a.scale.backlog.latency: "20s" must be at least seconds_per_message, 30 s. Use a longer latency.
    """,
    "a queue by its URL": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.backlog]
        queue = "https://sqs.us-west-2.amazonaws.com/123456789012/jobs"
        #^ services.a.scale.backlog.queue: "https://sqs.us-west-2.amazonaws.com/123456789012/jobs" is the URL of a
        #| queue. Write "arn:aws:sqs:us-west-2:123456789012:jobs".
        seconds_per_message = 2
        latency = "1m"
    """,
    "a backlog without Container Insights": """
        [cluster]
        insights = "disabled"
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.backlog]
        #^ services.a.scale.backlog: requires Container Insights, which counts the tasks. Use cluster.insights =
        #| "enabled" or "enhanced" (services.toml:2).
        queue = "arn:aws:sqs:us-west-2:{account}:jobs"
        seconds_per_message = 30
        latency = "10m"
    """,
    "an invalid namespace": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.metric]
        namespace = "My*App"
        #^ services.a.scale.metric.namespace: "My*App" is not a namespace of CloudWatch. Write 1 to 255 of letters,
        #| digits, spaces and . - _ / # :.
        name = "Waiting"
        target = 3
    """,
    "invalid numbers": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.metric]
        namespace = "MyApp"
        name = "Waiting"
        target = 0
        #^ services.a.scale.metric.target: 0 is not a number above 0. Write a number such as 30 or 0.5, without
        #| quotes.
        [services.a.scale.backlog]
        queue = "arn:aws:sqs:us-west-2:{account}:jobs"
        latency = "10m"
        seconds_per_message = inf
        #^ services.a.scale.backlog.seconds_per_message: inf is not a number above 0. Write a number such as 30 or
        #| 0.5, without quotes.
    """,
    "invalid dimensions": """
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [services.a.scale.metric]
        namespace = "MyApp"
        name = "Waiting"
        target = 3
        [services.a.scale.metric.dimensions]
        ":Model" = "m"
        #^ services.a.scale.metric.dimensions.":Model": isn't a valid name of a dimension. Use 1 to 255 characters of
        #| ASCII, not beginning with a colon.
        Stage = ""
        #^ services.a.scale.metric.dimensions.Stage: isn't a valid value of a dimension. Use 1 to 1024 characters of
        #| ASCII.
    """,
    "a rollout that the fewest tasks don't allow": """
        [services.a]
        image = "r.io/a:1"
        scale = { min = 2, max = 8, cpu_percent = 50 }
        [services.a.deploy]
        #^ services.a.deploy: a has at least 2 tasks, and a rollout can neither stop one (min = 100) nor add one (max =
        #| 125). Use max = 150 or more, or a lower min.
        max = 125
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_invalid_scaling_is_an_error_with_its_line(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_all_policies_load_without_a_notice() -> None:
    snippet = f"""
        [services.a]
        image = "r.io/a:1"
        access.sqs_consume = ["{QUEUE}.fifo"]
        [services.a.scale]
        min = 0
        max = 9
        cpu_percent = 50
        memory_percent = 60
        backlog = {{ queue = "{QUEUE}.fifo", seconds_per_message = 0.5, latency = "20m" }}
        metric = {{ namespace = "My App", name = "waiting", dimensions = {{ Model = "m" }}, target = 0.5 }}
        schedule = [{{ name = "day", cron = "0/15 7 ? * MON-FRI *", min = 2, timezone = "Europe/Berlin" }}]
        scale_in_after = "10m"
        scale_out_after = "0s"
        [services.b]
        image = "r.io/b:1"
        port = 80
        public = true
        scale = {{ max = 2, requests_per_minute = 100 }}
        [ingress.public]
        allow = ["10.0.0.0/8"]
    """
    assert notices_of(snippet) == []


@pytest.mark.parametrize(
    ("bounds", "latency", "is_late"),
    [
        ("min = 0", "19m", True),
        ("min = 0", "20m", False),
        ("min = 1", "1m", False),
        ("min = 1\nschedule = [{ name = 'night', cron = '0 0 * * ? *', min = 0 }]", "10m", True),
    ],
)
def test_a_latency_that_scaling_from_zero_exceeds_is_a_notice(bounds: str, latency: str, is_late: bool) -> None:
    snippet = f"""
[services.a]
image = "r.io/a:1"
[services.a.scale]
{bounds}
max = 9
backlog = {{ queue = "{QUEUE}", seconds_per_message = 1, latency = "{latency}" }}
"""
    late = [notice for notice in notices_of(snippet) if ".backlog.latency: notice: " in notice]
    assert len(late) == is_late
    if late:
        assert late[0].endswith(
            f'"{latency}" isn\'t possible while no task runs, because SQS sends the metrics of an idle queue up to 15 '
            'minutes late, and a task starts minutes after that. Use min = 1, or latency = "20m" or longer to confirm.'
        )


def test_replicas_override_scale_of_the_defaults() -> None:
    [deployment] = loaded("""
        [defaults]
        scale = { max = 3, cpu_percent = 50 }
        [services.a]
        image = "r.io/a:1"
        replicas = 2
        [services.b]
        image = "r.io/b:1"
    """).deployments

    fixed, scaled = deployment.services["a"], deployment.services["b"]

    assert (fixed.fewest_tasks, fixed.first_tasks, fixed.most_tasks, fixed.scale) == (2, 2, 2, None)
    assert (scaled.fewest_tasks, scaled.first_tasks, scaled.most_tasks) == (1, 1, 3)


def test_a_schedule_changes_the_fewest_and_the_most_tasks() -> None:
    [deployment] = loaded("""
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        min = 2
        max = 3
        schedule = [
          { name = "day", cron = "0 7 * * ? *", min = 4, max = 8 },
          { name = "night", cron = "0 19 * * ? *", min = 1, max = 1 },
        ]
    """).deployments

    service = deployment.services["a"]

    assert (service.fewest_tasks, service.first_tasks, service.most_tasks) == (1, 2, 8)


@pytest.mark.parametrize(
    "expression",
    [
        "0 10 * * ? *",
        "30 6 ? * 2 *",
        "0/5 8-17 ? * MON-FRI *",
        "0 8 1,15 * ? 2027-2030",
        "0 18 L * ? *",
        "0 9 ? * 6#3 *",
    ],
)
def test_cron_expressions_of_aws_are_valid(expression: str) -> None:
    assert cron(expression) == expression


@pytest.mark.parametrize(
    ("expression", "because"),
    {
        "0 7 * * 1-5": "has 5 fields, not six",
        "cron(0 7 * * ? *)": 'leave out "cron("',
        "60 7 * * ? *": '"60" is not possible as minutes; write 0 to 59, or *',
        "0 7 * * 0 *": '"0" is not possible as day of week; write 1 to 7, or SUN to SAT, or *',
        "0 7 * FOO ? *": '"FOO" is not possible as month',
        "0 */0 * * ? *": '"*/0" is not possible as hours',
        "0 7 ? * ? *": "says neither a day of the month nor one of the week",
        "0 7 1 * MON *": "says a day of the month and one of the week",
    }.items(),
)
def test_cron_expressions_that_aws_refuses_are_errors_with_advice(expression: str, because: str) -> None:
    [problem] = problems_of(f"""
        [services.a]
        image = "r.io/a:1"
        [services.a.scale]
        max = 3
        [[services.a.scale.schedule]]
        name = "day"
        cron = "{expression}"
        max = 2
    """)

    assert problem.startswith("services.toml:7: services.a.scale.schedule[0].cron: ")
    assert because in problem
