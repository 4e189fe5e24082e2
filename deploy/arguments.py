"""What the user's own arguments make of a command: `-destroy`, less than the whole, or a file for the plan."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

_WITH_VALUE = {
    "backup", "generate-config-out", "lock", "lock-timeout", "out", "parallelism", "replace", "state", "state-out",
    "target", "var", "var-file",
}  # fmt: skip
"""The options of `terraform plan` and `terraform apply` that take a value, which may be the next word."""


def destroys(arguments: Sequence[str]) -> bool:
    """Whether an apply would delete everything."""
    return any(name == "destroy" for name, _ in _options("apply", arguments))


def is_whole(arguments: Sequence[str]) -> bool:
    """Whether a stack is applied as it is configured: not a part of it, and not a plan that was kept."""
    return not any(name in ("target", "replace", "") for name, _ in _options("apply", arguments))


def tells_changes_by_status(arguments: Sequence[str]) -> bool:
    """Whether a plan with changes ends with another exit status than one without."""
    return any(
        name == "detailed-exitcode" and value in ("", "1", "t", "T", "true", "True", "TRUE")
        for name, value in _options("plan", arguments)
    )


def plan_file(arguments: Sequence[str]) -> Path | None:
    """Where a plan is to be kept."""
    named = [value for name, value in _options("plan", arguments) if name == "out"]
    return Path(named[-1]) if named else None


def _options(command: str, arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names of all options and their values, empty where they have none, and an empty name for each word that is no
    option."""
    variables = [os.environ.get(name, "") for name in ("TF_CLI_ARGS", f"TF_CLI_ARGS_{command}")]
    words = iter([*(word for text in variables for word in shlex.split(text)), *arguments])
    for word in words:
        name, has_value, value = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            name, value = "", ""
        elif name in _WITH_VALUE and not has_value:
            value = next(words, "")
        yield name, value
