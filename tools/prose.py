"""Check the prose of this repository for openings and phrases that make a sentence hard to read. `make lint` runs this.

    python -m tools.prose [FILE ...]

It checks pages, comments, docstrings, messages and test names, and prints `file:line: text: advice` for each finding.
It exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ABOUT_WORDS = {"tools/prose.py", "tests/project/test_prose.py"}
"""Files that must contain the forbidden phrases."""
_KINDS = {".py", ".md", ".toml", ""}


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A forbidden pattern, and the advice for it."""

    pattern: str
    instead: str
    is_opening: bool = False
    """Whether the pattern is forbidden only at the start of a sentence."""


PHRASES = (
    Phrase(pattern=r"Of|Whoever|Whatever|Wherever|Nobody|Somebody", instead="begin with the subject", is_opening=True),
    Phrase(pattern=r"(?:What|Where)\b(?![^.!?]*\?)", instead="begin with the subject", is_opening=True),
    Phrase(pattern=r"(?:nobody|somebody|someone else)(?:'s)?", instead="name the actor"),
    Phrase(pattern=r"whoever|whomever", instead='write "if you"'),
    Phrase(pattern=r"whatever (?:is|it|the|they)", instead='write "regardless of"'),
    Phrase(pattern=r"ways? (?:in|out)(?! which)", instead='write "ingress" or "egress"'),
    Phrase(pattern=r"ways? to the internet", instead='write "internet access"'),
    Phrase(pattern=r"silence|is silent|are silent", instead='write "idle"'),
    Phrase(pattern=r"whole answer", instead='write "response"'),
    Phrase(pattern=r"keepers? of time|counts? time", instead='write "timer"'),
    Phrase(pattern=r"bears?|bearing", instead='write "allows" or "supports"'),
    Phrase(pattern=r"(?:is|are|be|was|were|been) told", instead='write "reports" or "prints" with its subject'),
    Phrase(
        pattern=r"(?:it|that|which|who) (?:stands|lies) in|(?:stand|lie)s? in(?= \[| `| the (?:catalog|table|list))",
        instead='write "is in" or "is listed in"',
    ),
    Phrase(pattern=r"cures?|cured|mends?|mended|mending", instead='write "fix"'),
    Phrase(pattern=r"shares? of (?:the )?requests", instead='write "traffic weight"'),
    Phrase(pattern=r"begins? by itself", instead='write "entry point"'),
    Phrase(pattern=r"(?:in a|of) circles?|circles? of calls", instead='write "cycle"'),
    Phrase(pattern=r"may do", instead='write "permissions"'),
    Phrase(pattern=r"a customer's key", instead='write "customer managed key"'),
    Phrase(pattern=r"of others|of somebody", instead='write "existing" or "externally managed"'),
    Phrase(pattern=r"lets? (?:it|them|none|the \w+) go|lets? go of", instead='write "detach" or "remove"'),
    Phrase(pattern=r"hand(?:s|ed)? (?:it |them |a running one )?over", instead='write "move"'),
    Phrase(pattern=r"read(?:s|ing)? back", instead='write "verify"'),
    Phrase(pattern=r"by chance", instead='write "randomly"'),
    Phrase(pattern=r"scars?", instead='write "platform notes"'),
    Phrase(
        pattern=r"takes? none|has none of|knows? (?:no|none|nothing)|says? nothing|no word (?:of|about)",
        instead="say it with the plain verb and not",
    ),
    Phrase(pattern=r"\w+'s sake", instead="say why"),
    Phrase(pattern=r"of which nothing|nothing comes of|out of nothing", instead="say what happens"),
    Phrase(pattern=r"there (?:is|are) not\b(?! (?:a|an|any|enough|yet)\b)", instead='write "doesn\'t exist"'),
    Phrase(
        pattern=r"\w*(?:behaviour|colour|favour|honour|neighbour)\w*|catalogues?|licen[c]es?|whilst|grey"
        r"|\w+(?:gani|cogni|timi|tiali|nchroni|mmari|rali|utrali)s(?:e|ed|es|ing|ation)",
        instead="use American spelling",
    ),
)
_PATTERNS = [
    (re.compile(rf"(?:^|(?<=[.!?] ))(?:{p.pattern})\b" if p.is_opening else rf"\b(?:{p.pattern})\b",
                0 if p.is_opening else re.IGNORECASE), p.instead)
    for p in PHRASES
]  # fmt: skip


@dataclass(frozen=True, order=True)
class Finding:
    file: str
    line: int
    text: str
    instead: str

    def __str__(self) -> str:
        return f'{self.file}:{self.line}: "{self.text}": {self.instead}'


def main(arguments: list[str]) -> int:
    files = arguments or tracked_files()
    findings = sorted({finding for file in files for finding in findings_in(file, Path(file).read_text("utf-8"))})
    for finding in findings:
        print(finding)
    print(f"prose: {len(findings)} findings in {len(files)} files", file=sys.stderr)
    return 1 if findings else 0


def tracked_files() -> list[str]:
    """The files to check: those in git, and untracked files that git doesn't ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [
        file
        for file in listed
        if Path(file).suffix in _KINDS and Path(file).is_file() and file not in _ABOUT_WORDS
        and not file.startswith(("requirements/", ".git")) and (Path(file).suffix or Path(file).name == "Makefile")
    ]  # fmt: skip


def findings_in(file: str, text: str) -> Iterator[Finding]:
    """The findings in one file. The suffix of its name determines how its prose is found."""
    read = {".py": _python, ".md": _markdown}.get(Path(file).suffix, _comments_of_lines)
    for line, prose in read(file, text):
        for pattern, instead in _PATTERNS:
            for found in pattern.finditer(prose):
                yield Finding(file, line + prose.count("\n", 0, found.start()), found[0].replace("\n", " "), instead)


def _markdown(_: str, text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, table cells and headings, without code and link targets. Yields each with its first line number."""
    plain = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"<!--.*?-->", lambda block: "\n" * block[0].count("\n"), plain, flags=re.DOTALL)
    plain = re.sub(r"\]\([^)\n]*\)", "]", re.sub(r"`[^`]*`", lambda code: "`" + "\n" * code[0].count("\n"), plain))
    paragraph: list[str] = []
    start = 1
    for number, line in enumerate([*plain.splitlines(), ""], start=1):
        if paragraph and (not line.strip() or re.match(r"\s*([-*#|>]|\d+\.) ?", line)):
            yield start, "\n".join(paragraph)
            paragraph = []
        if not line.strip():
            continue
        bare = re.sub(r"^\s*(?:[-*>]|#+|\d+\.)\s+(?:\[[ x]\] )?(?:\*\*)?", "", line)
        if line.startswith("|"):
            yield from ((number, cell.strip()) for cell in line.split("|"))
            continue
        if not paragraph:
            start = number
        paragraph.append(bare.strip())
        if line.startswith("#"):
            yield start, "\n".join(paragraph)
            paragraph = []


def _comments_of_lines(_: str, text: str) -> Iterator[tuple[int, str]]:
    """Comments of TOML files and Makefiles. Those on consecutive lines are one text."""
    block: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.startswith("# "):
            block.append(line[2:].strip())
            continue
        if block:
            yield number - len(block), "\n".join(block)
            block = []
        if found := re.search(r"\s##? (.*)", line):
            yield number, found[1]


def _python(file: str, text: str) -> Iterator[tuple[int, str]]:
    """Comments, docstrings and test names; outside of tests also every string with at least two spaces."""
    yield from _comments_of_python(text)
    tree = ast.parse(text)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.removeprefix("test_").replace("_", " ")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            if id(node) in docstrings or (not file.startswith("tests/") and node.value.count(" ") >= 2):
                yield node.lineno, _joined(node.value)
        elif isinstance(node, ast.JoinedStr) and not file.startswith("tests/"):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values]
            yield node.lineno, _joined("".join(parts))


def _joined(text: str) -> str:
    """The text without indentation and without code in backticks. Line breaks stay."""
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"`[^`\n]*`", "`", "\n".join(lines))


def _comments_of_python(text: str) -> Iterator[tuple[int, str]]:
    block: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, comment = token.start[0], token.string.lstrip("#: ").strip()
        if block and block[-1][0] != line - 1:
            yield block[0][0], "\n".join(each for _, each in block)
            block = []
        block.append((line, comment))
    if block:
        yield block[0][0], "\n".join(comment for _, comment in block)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
