"""Problems of a catalog with file, line, place, what is wrong and what to do; and where a value was set."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

USER_ERROR = 2
"""The exit status of a command whose catalog or call is wrong."""
Path = tuple[str | int, ...]
"""Where a value stands in the catalog: ("services", "chat", "calls", 1)."""
Level = Literal["error", "warning", "notice"]
_LONG = re.compile(r"(\S{120})\S{60,}(\S{20})")
"""A word of the catalog's that no line has room for."""
_COMPARED = 200
"""Words that are compared one by one: that takes a millisecond for so many."""
_SHORT = 3
"""Letters of a word that many words come close to: for those only a single slip is a typo."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, order=True, kw_only=True)
class Problem:
    """One line on stderr. Sorts by where it is."""

    file: str
    line: int
    place: str
    message: str
    level: Level = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        label = "" if self.level == "error" else f"{self.level}: "
        said = (_LONG.sub(r"\1…\2", part) for part in (self.place, label + self.message))
        text = ": ".join(part for part in (where, *said) if part)
        # One line each, and nothing that a terminal obeys, whatever the catalog's own text holds.
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class CatalogError(Exception):
    """The catalog cannot be used. Holds every problem that was found, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule has found, before its line is known."""

    place: Path
    message: str
    level: Level = "error"


def spelled(path: Path) -> str:
    """`services.chat.calls[1]`; keys that TOML wants in quotes get them."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = part and all(c.isascii() and (c.isalnum() or c in "-_") for c in part)
            text += ("." if text else "") + (part if bare else f'"{part}"')
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one comes closest to. Where very many are known, one that a single slip makes."""
    return _closest(word, tuple(known))


@functools.lru_cache(maxsize=64)
def _closest(word: str, known: tuple[str, ...]) -> str | None:
    if len(known) > _COMPARED or len(word) <= _SHORT:
        return next(iter(sorted(_one_slip_away(word[:64]).intersection(known))), None)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return close[0] if close else None


def _one_slip_away(word: str) -> set[str]:
    """Every word that a letter too many, too few, another or swapped with its neighbour makes of one."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right for left, right in cuts for letter in _LETTERS),
        *(left + letter + right[1:] for left, right in cuts if right for letter in _LETTERS),
    }


def or_list(words: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def plural(word: str, count: int) -> str:
    """`path`, or `paths` unless there is one."""
    return word if count == 1 else f"{word}s"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names for a sentence, the first few of many."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


class Provenance(Protocol):
    """Tells which values the catalog sets itself, and on which line."""

    def is_set(self, *path: str | int) -> bool:
        """Whether the catalog sets this value itself, as opposed to a default."""
        ...

    def is_set_here(self, *path: str | int) -> bool:
        """Whether it is set right there, as opposed to [defaults] or a profile, which set it for several services."""
        ...

    def location(self, *path: str | int) -> str:
        """`services.toml:31`, for naming a second line in a message."""
        ...
