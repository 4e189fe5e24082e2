"""Lists of arguments that are written as for a shell."""

from __future__ import annotations

import pytest

from tests.support.catalogs import notices_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

SERVICE = '[services.web]\nimage = "r.io/web:1"\n'
ONE = "is one argument, because no shell splits the items of a list."
LISTS = {
    "a probe as one item": (
        'health.command = ["redis-cli ping"]',
        f'health.command: notice: "redis-cli ping" {ONE} Write command = ["redis-cli", "ping"].',
        'health.command = ["redis-cli", "ping"]',
    ),
    "a probe with an operator": (
        'health.command = ["curl", "-fs", "http://localhost/", "||", "exit", "1"]',
        'health.command: notice: "||" is an argument of curl, because no shell runs a list. Write command = '
        '"curl -fs http://localhost/ || exit 1".',
        'health.command = "curl -fs http://localhost/ || exit 1"',
    ),
    "a probe as one item with an operator": (
        'health.command = ["curl -fs http://localhost/ || exit 1"]',
        f'health.command: notice: "curl -fs http://localhost/ || exit 1" {ONE} Write command = '
        '"curl -fs http://localhost/ || exit 1".',
        'health.command = "curl -fs http://localhost/ || exit 1"',
    ),
    "options as one item": (
        'command = ["--model Qwen/Qwen3-4B --port 8000"]',
        f'command: notice: "--model Qwen/Qwen3-4B --port 8000" {ONE} Write command = ["--model", "Qwen/Qwen3-4B", '
        '"--port", "8000"].',
        'command = ["--model", "Qwen/Qwen3-4B", "--port", "8000"]',
    ),
    "each option with its value": (
        'command = ["serve", "--model Qwen/Qwen3-4B", "--port 8000"]',
        f'command: notice: "--model Qwen/Qwen3-4B" {ONE} Write command = ["serve", "--model", "Qwen/Qwen3-4B", '
        '"--port", "8000"].',
        'command = ["serve", "--model", "Qwen/Qwen3-4B", "--port", "8000"]',
    ),
    "a program as one item": (
        'entrypoint = ["python main.py"]',
        f'entrypoint: notice: "python main.py" {ONE} Write entrypoint = ["python", "main.py"].',
        'entrypoint = ["python", "main.py"]',
    ),
    "a command with an operator": (
        'command = ["migrate", "&&", "serve"]',
        'command: notice: "&&" is an argument of migrate, because no shell runs a list. Write command = ["sh", "-c", '
        '"migrate && serve"].',
        'command = ["sh", "-c", "migrate && serve"]',
    ),
}


@pytest.mark.parametrize(("line", "notice", "pasted"), LISTS.values(), ids=LISTS)
def test_a_list_as_for_a_shell_has_a_notice(line: str, notice: str, pasted: str) -> None:
    assert notices_of(f"{SERVICE}{line}\n") == [f"services.toml:3: services.web.{notice}"]
    assert notices_of(f"{SERVICE}{pasted}\n") == []


@pytest.mark.parametrize(
    "line",
    [
        'entrypoint = ["sh", "-c"]\ncommand = ["migrate && serve"]',
        'command = ["find", "/tmp", "-exec", "rm", "{{}}", ";"]',
        'command = ["--greeting=hello to all"]',
        'command = ["Say hello"]',
        'command = ["--message", "two words"]',
        'health.command = "redis-cli ping"',
    ],
)
def test_a_list_of_arguments_has_no_notice(line: str) -> None:
    assert notices_of(f"{SERVICE}{line}\n") == []
