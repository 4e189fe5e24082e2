"""Autoscaling: bounds, schedules and metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.frame import Place
from catalog.model.scaling import Backlog, Scale
from catalog.model.types import spelled_duration
from catalog.rules import rule

POLICIES = ("cpu_percent", "memory_percent", "requests_per_minute", "backlog", "metric")
_QUEUE_NAME = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")
"""SQS API reference, CreateQueue."""
_DIMENSION = (re.compile(r"[!-9;-~][ -~]{0,254}"), re.compile(r"[ -~]{1,1024}"))
"""Name and value (CloudWatch API reference, Dimension): ASCII, and no colon at the beginning of a name."""
_DIMENSIONS = 30
"""Of one metric (CloudWatch API reference, MetricDatum)."""


@rule(Scale)
def replicas_and_scale(scale: Scale, at: Place) -> Iterator[Finding]:
    """One count cannot be fixed and scaled. A nearer layer's drops a farther one's, so both stand in one table."""
    other = at.parent("replicas")
    if other.is_set:
        message = f"replicas ({other.location}) and scale both say how many tasks run; remove one of them"
        yield at.error(message)


@rule(Scale)
def scale_without_policy(scale: Scale, at: Place) -> Iterator[Finding]:
    """Bounds alone change no count."""
    if not scale.schedule and all(getattr(scale, policy) is None for policy in POLICIES):
        fix = f"add one of {', '.join(POLICIES)} or schedule, or write replicas instead"
        yield at.error(f"nothing asks for more or fewer tasks; {fix}")


@rule(Scale)
def min_above_max(scale: Scale, at: Place) -> Iterator[Finding]:
    """The least is not more than the most (Application Auto Scaling API reference, RegisterScalableTarget), nor is it
    with what a schedule leaves as it was."""
    if scale.min > scale.max:
        message = f"min = {scale.min} is more than max = {scale.max}; write at most {scale.max}"
        yield at("min").error(message)
    for index, entry in enumerate(scale.schedule):
        low = scale.min if entry.min is None else entry.min
        high = scale.max if entry.max is None else entry.max
        if low > high and (entry.min, entry.max) != (None, None):
            key, fix = ("min", f"at most {high}") if entry.min is not None else ("max", f"at least {low}")
            message = f'from "{entry.name}" on, min = {low} is more than max = {high}; write {fix}'
            yield at("schedule", index, key).error(message)


@rule(Scale)
def schedule_without_bounds(scale: Scale, at: Place) -> Iterator[Finding]:
    """A scheduled action sets one bound at least (Application Auto Scaling API reference, PutScheduledAction)."""
    for index, entry in enumerate(scale.schedule):
        if entry.min is None and entry.max is None:
            yield at("schedule", index).error("changes nothing; write min, max or both")


@rule(Scale)
def duplicate_schedule(scale: Scale, at: Place) -> Iterator[Finding]:
    """Scheduled actions of one service differ by name."""
    known: dict[str, int] = {}
    for index, entry in enumerate(scale.schedule):
        if known.setdefault(entry.name, index) != index:
            first = at("schedule", known[entry.name], "name").location
            message = f'"{entry.name}" is there already ({first}); write another name'
            yield at("schedule", index, "name").error(message)


@rule(Scale)
def no_scale_from_zero(scale: Scale, at: Place) -> Iterator[Finding]:
    """A service without tasks has no CPU, memory or requests to measure, so nothing would start the first one."""
    if scale.fewest > 0 or scale.backlog or scale.metric or any(entry.min for entry in scale.schedule):
        return
    to_none = next((index for index, entry in enumerate(scale.schedule) if entry.min == 0), 0)
    yield (at("min") if scale.min == 0 else at("schedule", to_none, "min")).error(
        "nothing starts the first task again once there is none; write at least 1, or add backlog, "
        "metric, or a schedule with a min above 0"
    )


@rule(Scale)
def schedule_never_scales_in(scale: Scale, at: Place) -> Iterator[Finding]:
    """A scheduled action starts tasks up to a min and stops them down to a max; that a min is lower than before stops
    none (Application Auto Scaling user guide, "Scheduled scaling")."""
    if any(getattr(scale, policy) is not None for policy in POLICIES):
        return
    mins = [entry.min for entry in scale.schedule if entry.min is not None]
    for index, entry in enumerate(scale.schedule):
        if entry.min is not None and entry.max is None and entry.min < max(mins):
            yield at("schedule", index).error(
                f"a lower min alone stops no task; write max = {entry.min} as well, or add a policy such as cpu_percent"
            )


@rule(Scale)
def requests_without_load_balancer(scale: Scale, at: Place) -> Iterator[Finding]:
    """A load balancer counts requests (Application Auto Scaling API reference, PredefinedMetricSpecification)."""
    service = at.service
    if scale.requests_per_minute is None:
        return
    ingress = at.deployment.catalog.ingress.get(at.deployment.ingress_of(service) or "")
    if ingress is not None and ingress.gateway:
        yield at("requests_per_minute").error(
            "behind a gateway no load balancer counts requests; scale by cpu_percent or metric, or leave out gateway"
        )
    if service.public is None:
        yield at("requests_per_minute").error(
            f"no load balancer counts the requests of {service.name}, it is not public; "
            "add public, or scale by cpu_percent or metric"
        )


@rule(Backlog)
def queue_of_another_region(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """A scaling policy reads metrics of its own region and account: AWS/SQS has them where the queue is."""
    accounts = at.deployment.catalog.aws.accounts
    _, partition, _, region, account, _ = backlog.queue.split(":", 5)
    if (partition, region) != (at.deployment.partition, at.deployment.region):
        begins = f"arn:{at.deployment.partition}:sqs:{at.deployment.region}:"
        yield at("queue").error(
            f'is in "{region}", tasks are scaled by metrics of their own region; write a queue whose ARN '
            f'begins with "{begins}"'
        )
    elif account.isdecimal() and accounts and account not in accounts:
        yield at("queue").error(
            f"is in account {account}, tasks are scaled by metrics of their own account, "
            f"{' or '.join(accounts)} ({at.catalog('aws', 'accounts').location}); write a queue of it"
        )


@rule(Backlog)
def invalid_queue(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """The name of a queue has 80 characters (SQS API reference, CreateQueue), and an ARN has an account."""
    if not backlog.queue.split(":", 5)[4] or not _QUEUE_NAME.fullmatch(backlog.queue.split(":", 5)[5]):
        yield at("queue").error(
            "does not end as the ARN of a queue does, in account and name; write one like "
            f'"arn:{at.deployment.partition}:sqs:{at.deployment.region}:{{account}}:jobs"'
        )


@rule(Backlog)
def latency_below_processing_time(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """A task that may have less than one message cannot have any."""
    if backlog.target < 1:
        yield at("latency").error(
            f"a message takes {backlog.seconds_per_message:g} s, so none is done within "
            f"{spelled_duration(backlog.latency)}; write at least as long as one takes"
        )


@rule(Backlog)
def backlog_without_insights(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """RunningTaskCount is a metric of Container Insights (CloudWatch user guide, "Amazon ECS Container Insights
    metrics"). How many samples CPUUtilization has would tell it too, until AWS takes more than one in a minute."""
    cluster = at.deployment.catalog.cluster
    if cluster.insights == "disabled" and cluster.arn is None:
        yield at.error(
            "messages for each task need the number of tasks, which Container Insights counts; "
            f'write insights = "enabled" or "enhanced" ({at.catalog("cluster", "insights").location})'
        )


@rule(Scale)
def invalid_dimension(scale: Scale, at: Place) -> Iterator[Finding]:
    """Names and values of dimensions (CloudWatch API reference, Dimension)."""
    place = at("metric", "dimensions")
    if scale.metric and len(scale.metric.dimensions) > _DIMENSIONS:
        yield place.error(
            f"has {len(scale.metric.dimensions)} dimensions, a metric has at most {_DIMENSIONS}; remove some"
        )
    for name, value in scale.metric.dimensions.items() if scale.metric else ():
        if not _DIMENSION[0].fullmatch(name):
            message = "is not the name of a dimension; write 1 to 255 characters of ASCII, not beginning with :"
            yield place(name).error(message)
        elif not _DIMENSION[1].fullmatch(value) or not value.strip():
            message = "is not the value of a dimension; write 1 to 1024 characters of ASCII"
            yield place(name).error(message)
