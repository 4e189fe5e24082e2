"""Cron expressions of Application Auto Scaling: six fields, from minutes to years."""

from __future__ import annotations

import re

from catalog.model.types import wrong

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
