"""How many tasks of a service run, where that is not one number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from catalog.model.cron import cron
from catalog.model.types import AboveZero, Duration, Name, QueueArn, Table, matching

Tasks = Annotated[int, Field(ge=0, le=1000)]
Percent = Annotated[int, Field(ge=1, le=100)]


class Backlog(Table):
    """Messages that wait in a queue, for each task. As many tasks run as it takes to be through in time."""

    queue: QueueArn
    """ARN of the SQS queue."""
    seconds_per_message: AboveZero
    """How long one task works on a message, in seconds; less than 1 where it works on several at once."""
    latency: Duration
    """How long a message may wait until it is done."""

    @property
    def queue_name(self) -> str:
        return self.queue.rpartition(":")[2]

    @property
    def target(self) -> float:
        """Messages that one task gets done in time (EC2 Auto Scaling user guide, "Scaling policy based on Amazon SQS"),
        rounded to what anybody reads."""
        return round(self.latency / self.seconds_per_message, 3)


class Metric(Table):
    """A metric of CloudWatch whose value is held at a target. It must fall when tasks are added: a load for each task,
    not the load of all."""

    namespace: Annotated[
        str,
        matching(
            r"(?!:)[0-9A-Za-z.\-_/#: ]{1,255}",
            "a namespace of CloudWatch",
            "write 1 to 255 of letters, digits, spaces and . - _ / # :",
        ),
    ]
    """Namespace, as in "AWS/ApplicationELB"."""
    name: Annotated[
        str, matching(r"[!-~]([ -~]{0,253}[!-~])?", "a name of a metric", "write 1 to 255 characters of ASCII")
    ]
    """Name of the metric."""
    dimensions: dict[str, str] = {}
    """Dimensions, all that it was published with."""
    statistic: Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"] = "Average"
    """Statistic of each minute."""
    target: AboveZero
    """The value at which it is held, as it is: not divided by the number of tasks."""


class ScheduleEntry(Table):
    """From a time on, other bounds."""

    name: Annotated[Name, Field(max_length=256)]
    """What it is called: part of its address."""
    cron: Annotated[str, BeforeValidator(cron)]
    """When: minutes, hours, day of month, month, day of week, year, as in "0 7 ? * MON-FRI *"."""
    min: Tasks | None = None
    """Fewest tasks from then on. Default: as before."""
    max: Tasks | None = None
    """Most tasks from then on. Default: as before."""
    timezone: Annotated[
        str,
        matching(
            r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", "a time zone", 'write one like "Europe/Berlin" or "UTC"'
        ),
    ] = "UTC"
    """Time zone of cron, by its name in the IANA database."""


class Scale(Table):
    """How many tasks run, by load or by the clock: as many as the most demanding of these asks for."""

    min: Tasks = 1
    """Fewest tasks. 0 only with backlog, metric, or a schedule that starts some."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Most tasks."""
    cpu_percent: Percent | None = None
    """CPU use of the tasks, on average, that is held."""
    memory_percent: Percent | None = None
    """Memory use of the tasks, on average, that is held."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Requests for each task, in a minute, from the load balancer of a public service."""
    backlog: Backlog | None = None
    """Messages waiting in a queue, for each task."""
    metric: Metric | None = None
    """A metric of your own."""
    schedule: tuple[ScheduleEntry, ...] = ()
    """Other bounds at certain times: [{ name, cron, min, max, timezone }]. Where it sets min or max, those above hold
    until it does so for the first time."""
    scale_out_after: Duration = 300.0
    """How long added tasks are given to show an effect before more are added."""
    scale_in_after: Duration = 300.0
    """How long no further tasks are taken away after some were."""

    @property
    def fewest(self) -> int:
        """The fewest tasks at any time."""
        return min(self.min, *(entry.min for entry in self.schedule if entry.min is not None), self.max)

    @property
    def most(self) -> int:
        """The most tasks at any time."""
        return max(self.max, *(entry.max for entry in self.schedule if entry.max is not None), self.min)
