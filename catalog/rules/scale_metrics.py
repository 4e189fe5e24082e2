"""Scaling: what is measured is there, and AWS accepts how it is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.durations import spelled_duration
from catalog.model import Deployment
from catalog.model.scale import Backlog
from catalog.problems import Finding, Path
from catalog.rules.scale import scaled
from catalog.provenance import Provenance

_QUEUE = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")
"""SQS API reference, CreateQueue."""
_DIMENSION = (re.compile(r"[!-9;-~][ -~]{0,254}"), re.compile(r"[ -~]{1,1024}"))
"""Name and value (CloudWatch API reference, Dimension): ASCII, and no colon at the beginning of a name."""
_DIMENSIONS = 30
"""Of one metric (CloudWatch API reference, MetricDatum)."""
_INSIGHTS: Path = ("cluster", "insights")


def requests_of_nobody(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer counts requests (Application Auto Scaling API reference, PredefinedMetricSpecification)."""
    for place, scale in scaled(deployment):
        service = deployment.services[str(place[1])]
        if scale.requests_per_minute is None:
            continue
        ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
        if ingress is not None and ingress.gateway:
            yield Finding(
                place=(*place, "requests_per_minute"),
                message="behind a gateway no load balancer counts requests; scale by cpu_percent or metric, or leave "
                "out gateway",
            )
        if service.public is None:
            yield Finding(
                place=(*place, "requests_per_minute"),
                message=f"no load balancer counts the requests of {place[1]}, it is not public; "
                "add public, or scale by cpu_percent or metric",
            )


def _backlogs(deployment: Deployment) -> Iterator[tuple[Path, Backlog]]:
    for place, scale in scaled(deployment):
        if scale.backlog is not None:
            yield (*place, "backlog"), scale.backlog


def queue_elsewhere(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A scaling policy reads metrics of its own region and account: AWS/SQS has them where the queue is."""
    accounts = deployment.catalog.aws.accounts
    for place, backlog in _backlogs(deployment):
        _, partition, _, region, account, _ = backlog.queue.split(":", 5)
        if (partition, region) != (deployment.partition, deployment.region):
            begins = f"arn:{deployment.partition}:sqs:{deployment.region}:"
            yield Finding(
                place=(*place, "queue"),
                message=f'is in "{region}", tasks are scaled by metrics of their own region; write a queue whose ARN '
                f'begins with "{begins}"',
            )
        elif account.isdecimal() and accounts and account not in accounts:
            yield Finding(
                place=(*place, "queue"),
                message=f"is in account {account}, tasks are scaled by metrics of their own account, "
                f"{' or '.join(accounts)} ({written.location('aws', 'accounts')}); write a queue of it",
            )


def not_a_queue(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The name of a queue has 80 characters (SQS API reference, CreateQueue), and an ARN has an account."""
    for place, backlog in _backlogs(deployment):
        if not backlog.queue.split(":", 5)[4] or not _QUEUE.fullmatch(backlog.queue.split(":", 5)[5]):
            yield Finding(
                place=(*place, "queue"),
                message="does not end as the ARN of a queue does, in account and name; write one like "
                f'"arn:{deployment.partition}:sqs:{deployment.region}:{{account}}:jobs"',
            )


def done_too_late(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A task that may have less than one message cannot have any."""
    for place, backlog in _backlogs(deployment):
        if backlog.target < 1:
            yield Finding(
                place=(*place, "latency"),
                message=f"a message takes {backlog.seconds_per_message:g} s, so none is done within "
                f"{spelled_duration(backlog.latency)}; write at least as long as one takes",
            )


def tasks_not_counted(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """RunningTaskCount is a metric of Container Insights (CloudWatch user guide, "Amazon ECS Container Insights
    metrics"). How many samples CPUUtilization has would tell it too, until AWS takes more than one in a minute."""
    if deployment.catalog.cluster.insights == "disabled" and deployment.catalog.cluster.arn is None:
        for place, _ in _backlogs(deployment):
            yield Finding(
                place=place,
                message="messages for each task need the number of tasks, which Container Insights counts; "
                f'write insights = "enabled" or "enhanced" ({written.location(*_INSIGHTS)})',
            )


def not_a_dimension(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Names and values of dimensions (CloudWatch API reference, Dimension)."""
    for place, scale in scaled(deployment):
        if scale.metric and len(scale.metric.dimensions) > _DIMENSIONS:
            message = f"has {len(scale.metric.dimensions)} dimensions, a metric has at most {_DIMENSIONS}; remove some"
            yield Finding(place=(*place, "metric", "dimensions"), message=message)
        for name, value in scale.metric.dimensions.items() if scale.metric else ():
            at: Path = (*place, "metric", "dimensions", name)
            if not _DIMENSION[0].fullmatch(name):
                message = "is not the name of a dimension; write 1 to 255 characters of ASCII, not beginning with :"
                yield Finding(place=at, message=message)
            elif not _DIMENSION[1].fullmatch(value) or not value.strip():
                message = "is not the value of a dimension; write 1 to 1024 characters of ASCII"
                yield Finding(place=at, message=message)
