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
"""Seconds without a line of Terraform's after which one is printed."""
STALLED = 180.0
"""Seconds in which nothing is completed after which Terraform is stopped. A load balancer takes 60."""
_MOST_ERRORS = 5
_BEGUN = re.compile(r"^(\S+): (Creating|Destroying|Modifying|Reading|Importing)\.\.\.")
_DONE = re.compile(r"^(\S+): (Creation|Destruction|Modifications|Read|Import) complete")
_TOTAL = re.compile(r"Plan: (?:\d+ to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy")


class Failed(Exception):
    """Terraform failed. The message is its errors, and what to do."""


@dataclass(kw_only=True)
class _Count:
    """What Terraform has completed, and what it works on."""

    total: int = 0
    done: int = 0
    under_way: dict[str, str] = field(default_factory=dict)
    """What is done with each resource, in the order begun."""

    def read(self, line: str) -> str | None:
        """Count a line of Terraform's. Returns the resource that it reports as completed."""
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
    """Run a command of Terraform's in a stack and show its progress. Returns the lines that it printed. Raises Failed
    for other exit codes than the allowed, and if nothing is completed for minutes."""
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
        start_new_session=True,  # so that Ctrl-C reaches this process alone, which then ends all of them
    )
    completed = shown = started
    try:
        for line in _lines_of(process):
            now = time.monotonic()
            if line is None:
                if now - completed > STALLED:
                    raise Failed(_stalled(command, count, int(now - completed)))
                if now - shown >= QUIET:
                    shown = now
                    _show(f"     {count.waiting() or f'terraform {command}'}, {now - started:.0f} s")
                continue
            lines.append(line)
            if address := count.read(line):
                completed = now
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
        raise Failed(_failed(command, status, lines))
    return lines


def _lines_of(process: subprocess.Popen[str]) -> Iterator[str | None]:
    """The lines of a process as it prints them, and None in every second without one."""
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
    """End Terraform and its plugins. Nothing is lost: the emulated AWS ends too."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _show(text: str, *, last: bool = False) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{text[:100]}", end="\n" if last else "", flush=True)
    else:
        print(text, flush=True)


def _stalled(command: str, count: _Count, seconds: int) -> str:
    names = ", ".join(list(count.under_way)[:_MOST_ERRORS]) or "nothing in particular"
    return (
        f"terraform {command}: nothing was completed for {seconds} seconds, and the demo has stopped it. It worked on: "
        f"{names}.\nThe emulated AWS probably lacks something that these need. {_ADVICE}"
    )


def _failed(command: str, status: int, lines: list[str]) -> str:
    found = errors(lines)
    shown = "\n\n".join(found[:_MOST_ERRORS]) or "".join(lines[-10:]).strip()
    more = f"\n\n… and {len(found) - _MOST_ERRORS} more errors" if len(found) > _MOST_ERRORS else ""
    return f"terraform {command} failed with exit code {status}.\n\n{shown}{more}\n\n{_ADVICE}"


_ADVICE = (
    "If an error names an id or ARN of your catalog, replace that line in a copy of the catalog for the demo. "
    "Otherwise the emulated AWS may differ from AWS: run `make plan` with your account to compare."
)


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
