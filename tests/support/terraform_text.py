"""Terraform's templates, as far as a checker must read them: what a text evaluates, and what that refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TRAVERSAL = re.compile(r"(?<![\w.\]-])([A-Za-z_][\w-]*)((?:\.[\w-]+|\[[^\]\[]*\])+)")
_COUNTED = re.compile(r"\bfor (?:([A-Za-z_][\w-]*), )?([A-Za-z_][\w-]*) in\b")
"""Keywords for the items of a list, which aren't addresses."""
_STEP = re.compile(r"\.([\w-]+)|\[([^\]\[]*)\]")


@dataclass(frozen=True)
class Reference:
    """`data.aws_x.y.z[0]`: what it names, and the way into that."""

    root: str
    steps: tuple[str, ...]

    @property
    def is_data(self) -> bool:
        return self.root == "data"

    @property
    def type_(self) -> str:
        return self.steps[0] if self.is_data else self.root

    @property
    def name(self) -> str:
        return ([*self.steps[1:], ""] if self.is_data else self.steps)[0]

    @property
    def address(self) -> str:
        return f"{'data.' if self.is_data else ''}{self.type_}.{self.name}"

    @property
    def way(self) -> tuple[str, ...]:
        """The steps after the address."""
        if self.root == "self":
            return self.steps
        way = self.steps[2:] if self.is_data else self.steps[1:]
        # One of several instances (`for_each`): its key is text, and was blanked.
        return way[1:] if way and not way[0].strip() else way


def parsed(text: str) -> Reference | None:
    """A text that is one reference and nothing else."""
    found = _TRAVERSAL.fullmatch(text.strip())
    return _reference(found) if found else None


def only(text: str) -> Reference | None:
    """The reference that is all of a template: its value has that attribute's own type."""
    if text.startswith("${") and text.endswith("}") and _end(text, 2) == len(text):
        return parsed(text[2:-1])
    return None


def is_expression(text: str) -> bool:
    """Whether a text is one `${…}`, which may yield a value of any type."""
    return text.startswith("${") and _end(text, 2) == len(text)


def references(text: str) -> Iterator[Reference]:
    """Everything that a text refers to. Raises ValueError for what Terraform could not read: quotes that JSON within
    JSON has escaped begin no text there, and a backslash means nothing."""
    for expression in expressions(text):
        if re.search(r'^[^"]*\\', expression):
            raise ValueError(f"a backslash is no part of an expression: {expression[:80]}")
        bare = list(expression)
        for start, end in _quoted(expression):
            yield from references(expression[start + 1 : end - 1])
            bare[start:end] = " " * (end - start)
        # The content of `[…]` is read on its own; here it's only a step.
        unquoted = "".join(bare)
        counted = {name for pair in _COUNTED.findall(unquoted) for name in pair}
        found = map(_reference, _TRAVERSAL.finditer(unquoted))
        yield from (reference for reference in found if reference.root not in counted)


def expressions(text: str) -> Iterator[str]:
    """The expressions in a string that Terraform evaluates. Raises ValueError if a template has no end."""
    at = 0
    while found := re.compile(r"\$\$\{|%%\{|\$\{|%\{").search(text, at):
        at = found.end()
        if len(found[0]) == 3:
            continue
        end = _end(text, at)
        if end > len(text):
            raise ValueError(f"a template does not end: {text[found.start() :][:80]}")
        yield text[at : end - 1].strip("~")
        at = end


def evaluated(text: str) -> str:
    """A text without templates, as Terraform reads it; templates stay as they are."""
    text = text.replace("%{if true}%{endif}", "")
    return text.replace("$${", "${").replace("%%{", "%{")


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys too; not what cdktf notes for itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "//":
                yield key
                yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def _reference(found: re.Match[str]) -> Reference:
    steps = (step[1] or step[2].strip() for step in _STEP.finditer(found[2]))
    return Reference(found[1], tuple(steps))


def _end(text: str, at: int) -> int:
    """Behind the brace that closes what was opened before `at`; behind the text's end where none does."""
    depth = 1
    while at < len(text) and depth:
        if text[at] == '"':
            at = _closing_quote(text, at)
        else:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at if depth == 0 else len(text) + 1


def _closing_quote(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 1
        elif text.startswith(("${", "%{"), at) and not text.startswith(("$${", "%%{"), at - 1):
            at = _end(text, at + 2) - 1
        at += 1
    return at


def _quoted(expression: str) -> list[tuple[int, int]]:
    found = []
    at = 0
    while (at := expression.find('"', at)) >= 0:
        end = _closing_quote(expression, at) + 1
        found.append((at, end))
        at = end
    return found
