"""Autoscaling of a service: bounds, targets, and schedules with their cron expressions."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from catalog.model.iam import Queue
from catalog.model.types import AboveZero, Duration, Name, Table, matching, wrong

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    ("minutes", 0, 59, (), r""),
    ("hours", 0, 23, (), r""),
    ("day of month", 1, 31, (), r"|\?|L|LW|\d{1,2}W"),
    ("month", 1, 12, _MONTHS, r""),
    ("day of week", 1, 7, _DAYS, r"|\?|L|\w{1,3}L|\w{1,3}#[1-5]"),
    ("year", 1970, 2199, (), r""),
)
"""Name, bounds, words, and further forms of each (EventBridge user guide, "Cron expressions", to which the Application
Auto Scaling user guide refers)."""
_EXAMPLE = 'write one like "0 7 ? * MON-FRI *"'


def cron(value: object) -> str:
    """The expression, checked: AWS reads it only when it is applied."""
    if not isinstance(value, str):
        raise wrong("{value} is not a cron expression; " + _EXAMPLE, value=str(value))
    if value.startswith("rate("):
        raise wrong('must be a cron expression, not a rate; write six fields, as in "0 7 * * ? *" for each day at 7')
    if "(" in value:
        raise wrong('leave out "cron(" and ")" here, and write the six fields alone, as in "0 7 ? * MON-FRI *"')
    fields = value.split(" ")
    if len(fields) != len(_FIELDS):
        raise wrong(
            "has {count} fields, not six: minutes, hours, day of month, month, day of week, year; " + _EXAMPLE,
            count=len(fields),
        )
    for text, (name, low, high, words, more) in zip(fields, _FIELDS, strict=True):
        if not (more and re.fullmatch(more.removeprefix("|"), text)) and not _in_bounds(text, low, high, words):
            named = f", or {words[0]} to {words[-1]}" if words else ""
            raise wrong(f'"{{text}}" is not possible as {name}; write {low} to {high}{named}, or *', text=text)
    on_day, on_weekday = fields[2], fields[4]
    if on_day == on_weekday == "?":
        raise wrong("says neither a day of the month nor one of the week; write * instead of one ?")
    if "?" not in (on_day, on_weekday):
        if "*" not in (on_day, on_weekday):
            raise wrong("says a day of the month and one of the week; write ? for one of them")
        fields[4 if on_weekday == "*" else 2] = "?"
        raise wrong(
            'has no ?, which AWS requires in one of the two fields for days; write "{fix}"', fix=" ".join(fields)
        )
    return value


def _in_bounds(text: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    """Whether every part of a list is a value, a range, or steps from one, all within bounds."""
    numbers = {word: low + index for index, word in enumerate(words)}

    def within(part: str) -> bool:
        number = numbers.get(part.upper(), int(part) if part.isdecimal() and part.isascii() else -1)
        return low <= number <= high

    for part in text.split(","):
        start, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and step.isascii() and int(step) > 0):
            return False
        if start != "*" and not (1 <= len(ends := start.split("-")) <= 2 and all(map(within, ends))):
            return False
    return True


Tasks = Annotated[int, Field(ge=0, le=1000)]
Percent = Annotated[int, Field(ge=1, le=100)]


class Backlog(Table):
    """Autoscaling by the number of messages in a queue per task: ECS runs enough tasks to process them within
    `latency`."""

    queue: Queue
    """Name or ARN of the SQS queue."""
    seconds_per_message: AboveZero
    """Time that one task needs for a message, in seconds; less than 1 if it works on several concurrently."""
    latency: Duration
    """Time limit until a message is processed."""

    @property
    def queue_name(self) -> str:
        return self.queue.rpartition(":")[2]

    @property
    def target(self) -> float:
        """Messages that one task gets done in time (EC2 Auto Scaling user guide, "Scaling policy based on Amazon SQS"),
        rounded to what anybody reads."""
        return round(self.latency / self.seconds_per_message, 3)


class Metric(Table):
    """CloudWatch metric that autoscaling keeps at a target value. It must fall when tasks are added: the load per task,
    not the total load."""

    namespace: Annotated[
        str,
        matching(
            r"(?!:)[0-9A-Za-z.\-_/#: ]{1,255}",
            "a namespace of CloudWatch",
            "write 1 to 255 of letters, digits, spaces and . - _ / # :",
        ),
    ]
    """Namespace, such as "AWS/ApplicationELB"."""
    name: Annotated[
        str, matching(r"[!-~]([ -~]{0,253}[!-~])?", "a name of a metric", "write 1 to 255 characters of ASCII")
    ]
    """Name of the metric."""
    dimensions: dict[str, str] = {}
    """Dimensions: all those the metric is published with."""
    statistic: Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"] = "Average"
    """Statistic of each minute."""
    target: AboveZero
    """Target value of the metric, not divided by the number of tasks."""


class ScheduleEntry(Table):
    """Scheduled change of the minimum and maximum number of tasks."""

    name: Annotated[Name, Field(max_length=256)]
    """Name of the entry, part of its Terraform address."""
    cron: Annotated[str, BeforeValidator(cron)]
    """Time of the change: minutes, hours, day of month, month, day of week, year, as in "0 7 ? * MON-FRI *"."""
    min: Tasks | None = None
    """Minimum number of tasks from then on. Default: unchanged."""
    max: Tasks | None = None
    """Maximum number of tasks from then on. Default: unchanged."""
    timezone: Annotated[
        str,
        matching(
            r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", "a time zone", 'write one like "Europe/Berlin" or "UTC"'
        ),
    ] = "UTC"
    """Time zone of `cron`, as an IANA name."""


class Scale(Table):
    """Autoscaling by load or schedule. The setting that requires the most tasks decides."""

    min: Tasks = 1
    """Minimum number of tasks. 0 requires backlog, metric, or a schedule that starts tasks."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Maximum number of tasks."""
    cpu_percent: Percent | None = None
    """Target for the tasks' average CPU use, in percent."""
    memory_percent: Percent | None = None
    """Target for the tasks' average memory use, in percent."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Target for requests per minute and task from the load balancer of a public service."""
    backlog: Backlog | None = None
    """Target for the messages in a queue per task."""
    metric: Metric | None = None
    """Target for a metric of your own."""
    schedule: tuple[ScheduleEntry, ...] = ()
    """Scheduled changes of min and max: [{ name, cron, min, max, timezone }]. The min and max above apply until an
    entry changes them for the first time."""
    scale_out_after: Duration = 300.0
    """Cooldown after adding tasks, before more are added."""
    scale_in_after: Duration = 300.0
    """Cooldown after removing tasks, before more are removed."""

    @property
    def fewest(self) -> int:
        """Minimum number of tasks at any time."""
        return min(self.min, *(entry.min for entry in self.schedule if entry.min is not None), self.max)

    @property
    def most(self) -> int:
        """Maximum number of tasks at any time."""
        return max(self.max, *(entry.max for entry in self.schedule if entry.max is not None), self.min)
