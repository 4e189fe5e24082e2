"""The linter of prose: each rule on a sentence, and each kind of file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.prose import PHRASES, findings_in, main

FORBIDDEN = (
    "Of the other services it reaches two.",
    "What a task may call is listed here.",
    "The page lists them. Where a service has a port, its tasks are probed.",
    "The certificate is replaced, which nobody sees.",
    "Ask whoever runs the cluster.",
    "The image runs, whatever the catalog says.",
    "Each way in has a load balancer.",
    "It needs no way to the internet.",
    "A timer for the silence between two bytes.",
    "A timer for the whole answer.",
    "Here the proxy counts time.",
    "The load balancer bears ten minutes.",
    "The team is told.",
    "The key that stands in the table.",
    "The message names the cure.",
    "A version has a share of the requests.",
    "The program begins by itself.",
    "Services call each other in a circle.",
    "What the role may do, AWS decides.",
    "It is encrypted with a customer's key.",
    "A cluster of others.",
    "The cluster lets it go.",
    "The stack hands over the service.",
    "The test reads back what arrived.",
    "The catalogs are drawn by chance.",
    "It left a scar.",
    "The emulator knows nothing of it.",
    "It is there for Envoy's sake.",
    "These are keys of which nothing comes.",
    "The times of a probe that there is not.",
    "The behaviour is the same.",
)
PLAIN = (
    "A service can reach only the services in its `calls`.",
    "What does it cost?",
    "The idle timeout is ten minutes. If a service has a port, ECS probes its tasks.",
    "The way in which Envoy counts retries.",
    "Terraform reports the address; there is not enough memory.",
    "The log group is listed in `services`, with the text of the error.",
    "Off by default. Whether it runs is up to ECS.",
)


@pytest.mark.parametrize(
    ("file", "shape"),
    [
        ("page.md", "{}"),
        ("page.md", "- {}"),
        ("page.md", "| `key` | {} |"),
        ("Makefile", "all: ## {}"),
        ("a.toml", "# {}"),
        ("a.py", "# {}"),
        ("a.py", '"""{}"""'),
        ("a.py", 'print(f"{{x}} {{y}}. {}")'),
    ],
)
def test_a_forbidden_phrase_is_found_in_each_kind_of_file(file: str, shape: str) -> None:
    assert [s for s in FORBIDDEN if not list(findings_in(file, shape.format(s)))] == []


def test_each_rule_has_a_sentence_that_breaks_it() -> None:
    prefix = {True: r"(?:^|[.!?] )", False: r"(?i)\b"}
    rules = {p.pattern: re.compile(prefix[p.is_opening] + f"(?:{p.pattern})") for p in PHRASES}
    unused = [pattern for pattern, rule in rules.items() if not any(map(rule.search, FORBIDDEN))]
    assert unused == []


def test_plain_sentences_are_not_found() -> None:
    assert [s for s in PLAIN if list(findings_in("page.md", s))] == []


def test_code_in_a_page_is_not_prose() -> None:
    page = "A block:\n\n```toml\n# nobody\n```\n\nand `nobody` in a line."
    assert list(findings_in("page.md", page)) == []


def test_a_finding_names_its_line_across_a_wrapped_sentence() -> None:
    page = "First line.\n\nThe cluster is slow, and the team\nbears it."
    assert [found.line for found in findings_in("page.md", page)] == [4]


def test_names_of_tests_and_comments_of_tests_are_prose_and_their_data_is_not() -> None:
    text = 'def test_nobody_is_called():\n    # Whoever reads this.\n    x = "a b c is told"\n'
    assert {(f.line, f.text) for f in findings_in("tests/test_a.py", text)} == {
        (1, "nobody"), (2, "Whoever"),
    }  # fmt: skip


def test_the_command_ends_with_1_if_there_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("The team is told.\n")
    assert main([str(page)]) == 1
    assert capsys.readouterr().out == f'{page}:1: "is told": write "reports" or "prints" with its subject\n'
    page.write_text("The team knows.\n")
    assert main([str(page)]) == 0
