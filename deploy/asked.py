"""What the user's own arguments make of a command: `-destroy`, or less than the whole."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence

_WITH_VALUE = {
    "backup", "lock", "lock-timeout", "parallelism", "replace", "state", "state-out", "target", "var", "var-file",
}  # fmt: skip
"""The options of `terraform apply` that take a value, which may be the next word."""


def destroys(arguments: Sequence[str]) -> bool:
    return any(name == "destroy" for name in _options(arguments))


def is_whole(arguments: Sequence[str]) -> bool:
    """Whether a stack is applied as it is configured: not a part of it, and not a plan that was kept."""
    return not any(name in ("target", "replace", "") for name in _options(arguments))


def _options(arguments: Sequence[str]) -> Iterator[str]:
    """The names of all options, and an empty one for each word that is none."""
    variables = [os.environ.get(name, "") for name in ("TF_CLI_ARGS", "TF_CLI_ARGS_apply")]
    words = iter([*(word for text in variables for word in shlex.split(text)), *arguments])
    for word in words:
        name, has_value, _ = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            name = ""
        elif name in _WITH_VALUE and not has_value:
            next(words, None)
        yield name
