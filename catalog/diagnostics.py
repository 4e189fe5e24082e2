"""Problems of a catalog: file, line, place, fact and advice; how values are spelled in them; where a value is set."""

from __future__ import annotations

import difflib
import functools
import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

USER_ERROR = 2
"""The exit status of a command if the catalog or the command line is wrong."""
Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value in the catalog: ("services", "chat", "calls", 1)."""
Level = Literal["error", "warning", "notice"]
Parts = list[tuple[str, str]]
"""A string in parts, each as written and as its value. Every second part is a placeholder."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ADVICE = re.compile(r"\. (?=[A-Z])")
"""The end of a message's fact."""
_LONG = re.compile(r"(\S{120})\S{60,}(\S{20})")
"""A word of the catalog that is too long for a line."""
_COMPARED = 200
"""The most words that are compared one by one, which takes a millisecond."""
_BUILT_INTO_SHELLS = ("cd", "exec", "export", "set", "source", ".", "eval", "ulimit", "umask")
_NOT_MISSPELT = frozenset({"alb", "ami", "dns", "ebs", "ec2", "ecr", "eks", "elb", "fsx", "iam", "nlb", "rds", "sns"})
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, order=True, kw_only=True)
class Problem:
    """One line on stderr. Sorts by file, line and place."""

    file: str
    line: int
    place: str
    message: str
    level: Level = "error"
    written: str = field(default="", compare=False)
    """The message with placeholders in place of their values, which differ between environments."""
    path: Path = field(default=(), compare=False)
    """The value in the merged catalog, which another place may set."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        label = "" if self.level == "error" else f"{self.level}: "
        said = (_LONG.sub(r"\1…\2", part) for part in (self.place, label + self.message))
        text = ": ".join(part for part in (where, *said) if part)
        # A problem is one line without control characters, for any text in the catalog.
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class CatalogError(Exception):
    """The catalog can't be used. `problems` lists every problem, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A problem without its file and line, as rules report it."""

    place: Path
    message: str
    level: Level = "error"
    once: str = ""
    """The message if several environments have the finding, and `message` differs between them."""


def toml_key(key: str) -> str:
    """A key as TOML spells it, in quotes if it needs them."""
    bare = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if bare else toml_value(key)


def toml_value(value: object) -> str:
    """A value as TOML spells it: every value in advice is written by this, so that the advice can be pasted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        pairs = ", ".join(f"{toml_key(str(key))} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's too, except that TOML escapes DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def toml_type(value: object) -> str:
    """TOML's name for the type of a value."""
    if isinstance(value, bool):
        return "true or false"
    names: dict[type, str] = {
        str: "a string",
        int: "a number",
        float: "a number",
        dict: "a table",
        list: "a list",
        tuple: "a list",
    }
    return names.get(type(value), "a date or time")


def in_parts(message: str) -> tuple[str, str]:
    """The fact of a message, and its advice with the blank before it."""
    found = _ADVICE.search(message)
    return (message[: found.start() + 1], message[found.start() + 1 :]) if found else (message, "")


def as_written(message: str, texts: Iterable[Parts]) -> str:
    """A message whose quoted strings have the placeholders of `texts` in place of their values."""
    runs: dict[str, str] = {}
    patterns: dict[str, str] = {}
    for parts in texts:
        written, values = ([toml_value(part[side])[1:-1] for part in parts] for side in (0, 1))
        for first in range(1, len(parts), 2):
            for last in range(first, min(first + 16, len(parts)), 2):
                value = "".join(values[first : last + 1])
                runs[value] = "".join(written[first : last + 1])
                # As in the string, or a word of its own.
                before, after = (re.escape(text) for text in (values[first - 1][-1:], values[last + 1][:1]))
                begins = rf"(?:(?<={before})|(?<![\w-]))" if before else r"(?<![\w-])"
                ends = rf"(?:(?={after})|(?![\w-]))" if after else r"(?![\w-])"
                patterns[value] = begins + re.escape(value) + ends
    longest = sorted(filter(None, runs), key=len, reverse=True)
    found = re.compile("|".join(patterns[value] for value in longest) or r"(?!)")
    return _QUOTED.sub(lambda quoted: found.sub(lambda match: runs[match[0]], quoted[0]), message)


def command_line(text: str) -> tuple[str, ...]:
    """A command line as a list of arguments: split as a shell splits it, or handed to a shell if it needs one."""
    try:
        words = tuple(shlex.split(text))
    except ValueError:  # an unbalanced quote
        return "sh", "-c", text
    starts_shell = len(words) > 2 and words[0].rpartition("/")[2] in ("sh", "bash", "ash", "dash") and "-c" in words[1]
    return words if (starts_shell and len(words) == 3) or not _needs_shell(text, words) else ("sh", "-c", text)


def _needs_shell(text: str, words: tuple[str, ...]) -> bool:
    """Whether a command line has operators, expansions, assignments or commands that only a shell understands."""
    if not words or words[0] in _BUILT_INTO_SHELLS or re.match(r"[A-Za-z_]\w*=", words[0]):
        return True
    quote = ""
    escaped = False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            if character == quote:
                quote = ""
            elif quote == '"' and _expands(text, at):
                return True
        elif character in "'\"":
            quote = character
        elif character in "|&;<>()*\n" or _expands(text, at):
            return True
    return False


def _expands(text: str, at: int) -> bool:
    return text[at] == "`" or re.match(r"\$[A-Za-z_{(0-9@*#?$!-]", text[at : at + 2]) is not None


def spelled(path: Path) -> str:
    """`services.chat.calls[1]`; keys that TOML requires in quotes get them."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else ("." if text else "") + toml_key(part)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one is closest to. With more than 200 known words, one that differs in one letter.
    Names of other AWS services and resources aren't misspelt words."""
    return None if word.lower() in _NOT_MISSPELT else _closest(word, tuple(known))


@functools.lru_cache(maxsize=64)
def _closest(word: str, known: tuple[str, ...]) -> str | None:
    if len(known) > _COMPARED:
        return next(iter(sorted(_one_slip_away(word[:64]).intersection(known))), None)
    if word.lower() in known:
        return word.lower()
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return close[0] if close and not _are_different_words(word, close[0]) else None


def _are_different_words(word: str, other: str) -> bool:
    """Whether two words of up to three letters differ in more than one letter or one swap."""
    return max(len(word), len(other)) <= 3 and other not in _one_slip_away(word)


def _one_slip_away(word: str) -> set[str]:
    """Every word that adds, removes or changes one letter, or swaps two neighbors."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right for left, right in cuts for letter in _LETTERS),
        *(left + letter + right[1:] for left, right in cuts if right for letter in _LETTERS),
    }


def or_list(words: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    quoted = [toml_value(word) for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def plural(word: str, count: int) -> str:
    """`path` if `count` is 1, else `paths`."""
    return word if count == 1 else f"{word}s"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names for a sentence; of more than `most`, the first ones and how many follow."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


class Provenance(Protocol):
    """Tells which values the catalog sets, and on which line."""

    def is_set(self, *path: str | int) -> bool:
        """Whether the catalog sets this value, as opposed to a default."""
        ...

    def is_set_here(self, *path: str | int) -> bool:
        """Whether the value is set in this table, as opposed to [defaults] or a profile."""
        ...

    def location(self, *path: str | int) -> str:
        """`services.toml:31`, to name a second line in a message."""
        ...

    def removed_by(self, *path: str | int) -> str | None:
        """`environments.dev.unset[0] (services.toml:31)`, if that removes the value or a table around it."""
        ...
