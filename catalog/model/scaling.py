"""Autoscaling of a service: bounds, targets, and schedules with their cron expressions."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from catalog.model.types import AboveZero, Duration, Name, QueueArn, Table, matching, wrong

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
    if not {on_day, on_weekday} & {"?", "*"}:
        raise wrong("says a day of the month and one of the week; write ? for one of them")
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
