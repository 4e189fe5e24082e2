"""Run Terraform with a line of progress every few seconds, and report only its errors if it fails."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.emulator import provider
from tests.emulator.terraform import Workspace, find_terraform

QUIET = 10.0
"""Seconds without progress after which a line is printed."""
STALLED = 180.0
"""Seconds without progress after which Terraform is stopped. A load balancer takes 60."""
_MOST_ERRORS = 5
_WAITING = re.compile(r"^\S+: Still \w+\.\.\. |^\s*$")
"""Lines that Terraform prints without progress."""
_BEGUN = re.compile(r"^(\S+): (Creating|Destroying|Modifying|Reading|Importing)\.\.\.")
_DONE = re.compile(r"^(\S+): (Creation|Destruction|Modifications|Read|Import) complete")
_TOTAL = re.compile(r"Plan: (?:\d+ to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy")


_ADVICE = (
    "If an error names an id or ARN of your catalog, replace that line in a copy of the catalog for the demo. "
    "Otherwise the emulated AWS may differ from AWS: run `make plan` with your account to compare."
)


class Failed(Exception):
    """Terraform failed. The message is its errors, and what to do."""

    def __init__(self, fact: str, *, advice: str = _ADVICE, output: str = "") -> None:
        super().__init__(f"{fact}\n\n{advice}")
        self.fact = fact
        self.output = output
        """Everything that Terraform printed."""


@dataclass(kw_only=True)
class _Count:
    """How many resources Terraform has completed, and those that it works on."""

    total: int = 0
    done: int = 0
    under_way: dict[str, str] = field(default_factory=dict)
    """`creating`, `destroying`, … by resource address, in the order of Terraform's start."""

    def read(self, line: str) -> str | None:
        """Count a line that Terraform printed. Returns the address of the resource that it reports as completed."""
        if found := _TOTAL.search(line):
            self.total = sum(map(int, found.groups()))
        if found := _BEGUN.match(line):
            self.under_way[found[1]] = found[2].lower()
        elif found := _DONE.match(line):
            self.under_way.pop(found[1], None)
            if found[2] not in ("Read", "Import"):
                self.done += 1
                return found[1]
        return None

    def waiting(self) -> str:
        """`still creating aws_lb.public and 2 more, 40 of 184 done`."""
        if not self.under_way:
            return f"{self.done} of {self.total} done" if self.total else ""
        address, verb = next(iter(self.under_way.items()))
        more = f" and {len(self.under_way) - 1} more" if len(self.under_way) > 1 else ""
        return f"still {verb} {address}{more}, {self.done} of {self.total} done"


def run(here: Workspace, command: str, *arguments: str, allowed: tuple[int, ...] = (0,)) -> list[str]:
    """Run a Terraform command in a stack and show its progress. Returns the lines that it printed. Raises Failed for
    other exit codes than the allowed, and if there is no progress for minutes. `init` may take longer: it downloads."""
    started, count, lines = time.monotonic(), _Count(), []
    process = subprocess.Popen(
        [find_terraform() or "terraform", command, "-input=false", "-no-color", *arguments],
        cwd=here.folder,
        env=here.environment | provider.QUICK | (provider.attach(here.environment) if here.shares_provider else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C then reaches this process alone, which kills the others
    )
    progressed = shown = started
    try:
        for line in _lines_of(process):
            now = time.monotonic()
            if line is None:
                if command != "init" and now - progressed > STALLED:
                    raise Failed(stalled(command, list(count.under_way), seconds=int(now - progressed)))
                if now - shown >= QUIET:
                    shown = now
                    _show(f"     {count.waiting() or f'terraform {command}'}, {now - started:.0f} s")
                continue
            lines.append(line)
            if not _WAITING.match(line):
                progressed = now
            if address := count.read(line):
                last = count.done == count.total
                if sys.stdout.isatty() or last or count.done % 10 == 0:
                    shown = now
                    _show(f"{count.done:4} of {count.total}  {address}", last=last)
        status = process.wait()
    finally:
        _end(process)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if status not in allowed:
        raise _failed(command, status, lines)
    return lines


def _lines_of(process: subprocess.Popen[str]) -> Iterator[str | None]:
    """Yield the lines of a process as it prints them, and None for every second without one."""
    assert process.stdout
    stdout, read = process.stdout, queue.SimpleQueue[str | None]()

    def pump() -> None:
        for line in stdout:
            read.put(line)
        read.put(None)

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    while True:
        try:
            line = read.get(timeout=1)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def _end(process: subprocess.Popen[str]) -> None:
    """Kill Terraform and its plugins. Their state isn't needed: the emulated AWS ends too."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _show(text: str, *, last: bool = False) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{text[:100]}", end="\n" if last else "", flush=True)
    else:
        print(text, flush=True)


def stalled(command: str, under_way: list[str], *, seconds: int) -> str:
    """The message for a command that was stopped, with the addresses of the resources that it worked on."""
    names = ", ".join(under_way[:_MOST_ERRORS])
    more = f" and {len(under_way) - _MOST_ERRORS} more" if len(under_way) > _MOST_ERRORS else ""
    resources = f" while it worked on {names}{more}" if names else ""
    return (
        f"The demo stopped terraform {command}, which made no progress for {seconds} seconds{resources}. "
        "The emulated AWS probably lacks something that Terraform waits for."
    )


def _failed(command: str, status: int, lines: list[str]) -> Failed:
    found = errors(lines)
    shown = "\n\n".join(found[:_MOST_ERRORS]) or "".join(lines[-10:]).strip()
    more = f"\n\n… and {len(found) - _MOST_ERRORS} more errors" if len(found) > _MOST_ERRORS else ""
    return Failed(f"terraform {command} failed with exit code {status}.\n\n{shown}{more}", output="".join(lines))


def errors(lines: list[str]) -> list[str]:
    """The distinct `Error:` blocks in what Terraform printed."""
    blocks: list[list[str]] = []
    inside = False
    for line in lines:
        if line.startswith(("Error: ", "Warning: ")):
            inside = line.startswith("Error: ")
            if inside:
                blocks.append([])
        if inside:
            blocks[-1].append(line)
    return list(dict.fromkeys("".join(block).strip() for block in blocks))
