"""docs/troubleshooting.md quotes messages of this project as its code prints them, and its links have targets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
SECTION = "Messages of this project"
SOURCES = (
    ROOT / "main.py",
    *sorted(file for name in ("catalog", "deploy", "stacks") for file in (ROOT / name).rglob("*.py")),
)
PAGES = [ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def quoted() -> list[str]:
    """The headings of the section, with `…` for each placeholder."""
    section = PAGE.read_text("utf-8").partition(f"## {SECTION}\n")[2].partition("\n## ")[0]
    return [
        message
        for heading in re.findall(r"^### (.*)$", section, re.MULTILINE)
        for message in re.findall("`([^`]+)`", heading)
    ]


def printed() -> str:
    """Every string of the code on a line of its own, with `…` for each placeholder and a space for each line break."""
    return "\n".join(text for file in SOURCES for text in _strings(file))


def _strings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            yield " ".join("".join(map(str, parts)).split())
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield " ".join(node.value.split())


def anchors(file: Path) -> set[str]:
    """The anchors of a page: its own, and those of its headings as GitHub writes them."""
    text = re.sub(r"^```.*?^```", "", file.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {*re.findall(r'<a id="([^"]+)">', text)} | {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
    }


@pytest.fixture(scope="module")
def strings() -> str:
    return printed()


@pytest.mark.parametrize("message", quoted())
def test_a_quoted_message_is_printed_by_the_code(message: str, strings: str) -> None:
    assert message in strings


def test_every_entry_has_a_cause_and_a_fix() -> None:
    entries = PAGE.read_text("utf-8").split("\n### ")[1:]
    assert len(entries) > 40
    assert [
        entry.splitlines()[0] for entry in entries if "- **Cause:** " not in entry or "- **Fix:** " not in entry
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_a_page_have_targets(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"
