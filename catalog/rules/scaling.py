"""Autoscaling: bounds, schedules and metrics."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from fnmatch import fnmatchcase

from catalog import unknowns
from catalog.diagnostics import Finding, did_you_mean, toml_value
from catalog.frame import Place
from catalog.model.scaling import Backlog, Scale
from catalog.model.types import spelled_duration
from catalog.rules import rule

POLICIES = ("cpu_percent", "memory_percent", "requests_per_minute", "backlog", "metric")
_QUEUE_NAME = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")
"""SQS API reference, CreateQueue."""
_DIMENSION = (re.compile(r"[!-9;-~][ -~]{0,254}"), re.compile(r"[ -~]{1,1024}"))
"""Name and value (CloudWatch API reference, Dimension): ASCII. A name doesn't begin with a colon."""
_DIMENSIONS = 30
"""Largest number of dimensions of a metric (CloudWatch API reference, MetricDatum)."""
_FROM_ZERO = 1200
"""Seconds until the first task processes a message of an idle queue: 15 minutes for the metrics, one for the alarm, and
the rest for the start."""


@rule(Scale)
def replicas_and_scale(scale: Scale, at: Place) -> Iterator[Finding]:
    """A service has either a fixed number of tasks or autoscaling. Layers override each other, so that both can only be
    set in one table."""
    other = at.parent("replicas")
    if other.is_set:
        message = f"conflicts with replicas ({other.location}). Remove one of them."
        yield at.error(message)


@rule(Scale)
def scale_without_policy(scale: Scale, at: Place) -> Iterator[Finding]:
    """Bounds without a policy or a schedule don't change the number of tasks."""
    if not scale.schedule and all(getattr(scale, policy) is None for policy in POLICIES):
        fix = f"Add one of {', '.join(POLICIES)} or schedule, or use replicas instead."
        yield at.error(f"has no effect without a policy or a schedule. {fix}")


@rule(Scale)
def min_above_max(scale: Scale, at: Place) -> Iterator[Finding]:
    """The minimum is at most the maximum (Application Auto Scaling API reference, RegisterScalableTarget), also for a
    schedule that sets only one of them."""
    if scale.min > scale.max:
        message = f"min = {scale.min} exceeds max = {scale.max}. Use at most {scale.max}."
        yield at("min").error(message)
    for index, entry in enumerate(scale.schedule):
        low = scale.min if entry.min is None else entry.min
        high = scale.max if entry.max is None else entry.max
        if low > high and (entry.min, entry.max) != (None, None):
            key, fix = ("min", f"at most {high}") if entry.min is not None else ("max", f"at least {low}")
            message = f'min = {low} exceeds max = {high} once "{entry.name}" has run. Use {fix}.'
            yield at("schedule", index, key).error(message)


@rule(Scale)
def schedule_without_bounds(scale: Scale, at: Place) -> Iterator[Finding]:
    """A scheduled action sets one bound at least (Application Auto Scaling API reference, PutScheduledAction)."""
    for index, entry in enumerate(scale.schedule):
        if entry.min is None and entry.max is None:
            yield at("schedule", index).error("has no effect without min and max. Add one or both.")


@rule(Scale)
def duplicate_schedule(scale: Scale, at: Place) -> Iterator[Finding]:
    """The scheduled actions of a service have different names (Application Auto Scaling API reference,
    PutScheduledAction)."""
    known: dict[str, int] = {}
    for index, entry in enumerate(scale.schedule):
        if known.setdefault(entry.name, index) != index:
            first = at("schedule", known[entry.name], "name").location
            message = f'"{entry.name}" is also the name of another entry ({first}). Use another name.'
            yield at("schedule", index, "name").error(message)


@rule(Scale)
def no_scale_from_zero(scale: Scale, at: Place) -> Iterator[Finding]:
    """A service without tasks has no metrics of CPU, memory or requests, so that no policy starts the first task."""
    if scale.fewest > 0 or scale.backlog or scale.metric or any(entry.min for entry in scale.schedule):
        return
    to_none = next((index for index, entry in enumerate(scale.schedule) if entry.min == 0), 0)
    yield (at("min") if scale.min == 0 else at("schedule", to_none, "min")).error(
        "must be at least 1, because no policy here starts a task when there are none. Use 1, or add backlog, metric, "
        "or a schedule with a min above 0."
    )


@rule(Scale)
def schedule_never_scales_in(scale: Scale, at: Place) -> Iterator[Finding]:
    """A scheduled action starts tasks up to its minimum and stops tasks down to its maximum. A lower minimum alone
    stops none (Application Auto Scaling user guide, "Scheduled scaling")."""
    if any(getattr(scale, policy) is not None for policy in POLICIES):
        return
    mins = [entry.min for entry in scale.schedule if entry.min is not None]
    for index, entry in enumerate(scale.schedule):
        if entry.min is not None and entry.max is None and entry.min < max(mins):
            yield at("schedule", index).error(
                f"a lower min alone doesn't stop tasks. Add max = {entry.min}, or a policy such as cpu_percent."
            )


@rule(Scale)
def requests_without_load_balancer(scale: Scale, at: Place) -> Iterator[Finding]:
    """Only a load balancer counts requests (Application Auto Scaling API reference, PredefinedMetricSpecification)."""
    service = at.service
    if scale.requests_per_minute is None:
        return
    ingress = at.deployment.catalog.ingress.get(at.deployment.ingress_of(service) or "")
    if ingress is not None and ingress.gateway:
        yield at("requests_per_minute").error(
            "isn't supported behind a gateway, where no load balancer counts requests. Use cpu_percent or metric, or "
            "remove gateway."
        )
    if service.public is None:
        yield at("requests_per_minute").error(
            f"requires a load balancer to count the requests, and {service.name} isn't public. Add public, or use "
            "cpu_percent or metric."
        )


@rule(Backlog)
def queue_of_another_region(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """A scaling policy reads metrics of its region and account, and SQS publishes metrics in those of the queue
    (Application Auto Scaling user guide, "Target tracking scaling policies")."""
    accounts = at.deployment.catalog.aws.accounts
    if not backlog.queue.startswith("arn:") or not at.deployment.is_region_known:
        return
    _, partition, _, region, account, _ = backlog.queue.split(":", 5)
    if (partition, region) != (at.deployment.partition, at.deployment.region):
        begins = f"arn:{at.deployment.partition}:sqs:{at.deployment.region}:"
        yield at("queue").error(
            f'must be in the region of the service, not in "{region}". Use a queue whose ARN begins with "{begins}".'
        )
    elif account.isdecimal() and accounts and account not in accounts:
        yield at("queue").error(
            f"must be in account {' or '.join(accounts)} ({at.catalog('aws', 'accounts').location}), not in {account}. "
            "Use a queue of the same account."
        )


@rule(Backlog)
def invalid_queue(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """The ARN of a queue ends with the account and a name of at most 80 characters (SQS API reference, CreateQueue)."""
    account, name = backlog.queue.split(":", 5)[4:] if backlog.queue.startswith("arn:") else ("own", backlog.queue)
    if not account or not _QUEUE_NAME.fullmatch(name):
        yield at("queue").error(
            "must end with an account and the name of a queue. Write one like "
            f'"arn:{at.deployment.partition}:sqs:{at.deployment.region}:{{account}}:jobs".'
        )


@rule(Backlog)
def backlog_not_consumed(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """A task role allows only what `access` lists, and a backlog that no task consumes never ends (SQS developer guide,
    "Amazon SQS API permissions")."""
    workload, access = at.workload, at.parent.parent("access")
    allowed = [action for each in workload.access.statements if each.effect == "Allow" for action in each.actions]
    consumed = {queue.rpartition(":")[2] for queue in workload.access.sqs_consume}
    if backlog.queue_name in consumed or any(fnmatchcase("sqs:receivemessage", each.lower()) for each in allowed):
        return
    queue = toml_value(backlog.queue_name if unknowns.ACCOUNT in backlog.queue else backlog.queue)
    fix = f"Add access.sqs_consume = [{queue}]."
    if consumed:
        fix = f"Add {queue} to access.sqs_consume ({access('sqs_consume').location})."
    elif access.is_set:
        fix = f"Add sqs_consume = [{queue}] to access ({access.location})."
    yield at("queue").notice(f"{workload.name} scales by this queue, and its access doesn't allow it to consume. {fix}")


@rule(Scale)
def unknown_time_zone(scale: Scale, at: Place) -> Iterator[Finding]:
    """AWS refuses other time zones (Application Auto Scaling API reference, PutScheduledAction.Timezone)."""
    for index, entry in enumerate(scale.schedule):
        try:
            zoneinfo.ZoneInfo(entry.timezone)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            known = sorted(zoneinfo.available_timezones())  # empty if this machine has no list
            close = did_you_mean(entry.timezone, known)
            fix = f'; did you mean "{close}"?' if close else '. Write an IANA name, such as timezone = "Europe/Berlin".'
            if known:
                yield at("schedule", index, "timezone").error(f'unknown time zone "{entry.timezone}"{fix}')


@rule(Backlog)
def latency_below_processing_time(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """The latency must allow one message per task, the smallest backlog that a task can have."""
    if backlog.target < 1:
        yield at("latency").error(
            f"{spelled_duration(backlog.latency)} must be at least seconds_per_message, "
            f"{backlog.seconds_per_message:g} s. Use a longer latency."
        )


@rule(Scale)
def late_scale_from_zero(scale: Scale, at: Place) -> Iterator[Finding]:
    """SQS sends the metrics of an idle queue up to 15 minutes late (SQS developer guide, "Monitoring Amazon SQS queues
    using CloudWatch"). The alarm and the start of a task add minutes."""
    backlog = scale.backlog
    if backlog is not None and scale.fewest == 0 and backlog.latency < _FROM_ZERO:
        yield at("backlog", "latency").notice(
            f"{spelled_duration(backlog.latency)} isn't possible while no task runs, because SQS sends the metrics of "
            "an idle queue up to 15 minutes late, and a task starts minutes after that. Use min = 1, or "
            f"latency = {spelled_duration(_FROM_ZERO)} or longer to confirm."
        )


@rule(Backlog)
def backlog_without_insights(backlog: Backlog, at: Place) -> Iterator[Finding]:
    """RunningTaskCount is a metric of Container Insights (CloudWatch user guide, "Amazon ECS Container Insights
    metrics"). The sample count of CPUUtilization isn't reliable: AWS may publish several samples a minute."""
    cluster = at.deployment.catalog.cluster
    if cluster.insights == "disabled" and cluster.arn is None:
        yield at.error(
            "requires Container Insights, which counts the tasks. Use cluster.insights = "
            f'"enabled" or "enhanced" ({at.catalog("cluster", "insights").location}).'
        )


@rule(Scale)
def invalid_dimension(scale: Scale, at: Place) -> Iterator[Finding]:
    """CloudWatch limits names, values and the number of dimensions (CloudWatch API reference, Dimension)."""
    place = at("metric", "dimensions")
    if scale.metric and len(scale.metric.dimensions) > _DIMENSIONS:
        yield place.error(
            f"{len(scale.metric.dimensions)} dimensions exceed the {_DIMENSIONS} that CloudWatch allows. Remove some."
        )
    for name, value in scale.metric.dimensions.items() if scale.metric else ():
        if not _DIMENSION[0].fullmatch(name):
            message = "isn't a valid name of a dimension. Use 1 to 255 characters of ASCII, not beginning with a colon."
            yield place(name).error(message)
        elif not _DIMENSION[1].fullmatch(value) or not value.strip():
            message = "isn't a valid value of a dimension. Use 1 to 1024 characters of ASCII."
            yield place(name).error(message)
