"""Processes that the driver starts, how it passes on signals, and the errors that end it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from catalog.diagnostics import USER_ERROR

NO_TERRAFORM = 3
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_POLL = 0.02
_KEPT = 65536
"""Bytes of the end of what a command wrote to stderr: Terraform reports its errors last."""
_STDERR = 2


class Refusal(Exception):
    """A fact and advice for the user, printed after `Error: `, and the exit status."""

    def __init__(self, message: str, *, status: int = USER_ERROR) -> None:
        super().__init__(message)
        self.status = status


class Interrupted(Exception):
    """The driver received SIGINT or SIGTERM, and all its processes have ended."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command, its folder, and the file for its output; None for the output of this process. `errors` is then the
    descriptor for its stderr; None for the stderr of this process."""

    words: Sequence[str]
    folder: Path
    output: Path | None = None
    errors: int | None = None


def run(words: Sequence[str], *, folder: Path) -> tuple[int, str]:
    """Run a command with the input and output of this process. Returns its exit status, as a shell reports it, and the
    end of what it wrote to stderr, which is also written to the stderr of this process."""
    reader, writer = os.pipe()
    kept = bytearray()
    copying = threading.Thread(target=_copy, args=(reader, kept), daemon=True)
    copying.start()
    try:
        [status] = run_together([Command(words=words, folder=folder, errors=writer)], at_once=1)
    finally:
        os.close(writer)
        # If the command was killed, its children may still have the descriptor.
        copying.join(timeout=2)
    return status, kept.decode(errors="replace")


def _copy(reader: int, kept: bytearray) -> None:
    """Copy a pipe to stderr, and its end to `kept`, until all writers have closed it."""
    while chunk := os.read(reader, _KEPT):
        kept.extend(chunk)
        del kept[:-_KEPT]
        with suppress(OSError):  # stderr is closed: the command must not be blocked
            while chunk:
                chunk = chunk[os.write(_STDERR, chunk) :]
    os.close(reader)


def run_together(commands: Sequence[Command], *, at_once: int) -> list[int]:
    """Run commands, at most `at_once` concurrently, and wait for all. Returns their exit statuses, as a shell reports
    them. After a signal it starts no other command, waits for the running ones, and raises Interrupted."""
    received: list[int] = []
    running: dict[int, subprocess.Popen[bytes]] = {}
    delivered: dict[tuple[int, int], object] = {}
    statuses: dict[int, int] = {}
    on_terminal = _has_terminal()

    def deliver() -> None:
        # A second signal may interrupt this function: setdefault decides in one step who delivers which signal.
        for index, process in list(running.items()):
            for count, number in enumerate(received):
                mine = object()
                if not (number == signal.SIGINT and on_terminal) and delivered.setdefault((index, count), mine) is mine:
                    process.send_signal(number)

    def receive(number: int, _: FrameType | None) -> None:
        received.append(number)
        deliver()

    with _received_by(receive):
        waiting = list(enumerate(commands))
        while running or (waiting and not received):
            while waiting and len(running) < at_once and not received:
                index, command = waiting.pop(0)
                running[index] = _start(command, own_group=not on_terminal)
                deliver()  # signals that arrived during the start
            for index in [index for index, process in running.items() if _has_ended(process, alone=len(running) == 1)]:
                status = running.pop(index).returncode
                statuses[index] = status if status >= 0 else 128 - status
    if received:
        raise Interrupted(received[0])
    return [statuses[index] for index in range(len(commands))]


def _start(command: Command, *, own_group: bool) -> subprocess.Popen[bytes]:
    group = 0 if own_group else None
    if command.output is None:
        return subprocess.Popen(command.words, cwd=command.folder, process_group=group, stderr=command.errors)
    with command.output.open("wb") as output:
        return subprocess.Popen(
            command.words,
            cwd=command.folder,
            process_group=group,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _has_ended(process: subprocess.Popen[bytes], *, alone: bool) -> bool:
    if alone:
        process.wait()
    elif process.poll() is None:
        time.sleep(_POLL)
    return process.returncode is not None


@contextmanager
def _received_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Ignored signals stay ignored: nohup and background jobs of a shell rely on that.
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = [number for number in _SIGNALS if before[number] != signal.SIG_IGN]
    for number in handled:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])


def _has_terminal() -> bool:
    """Whether a terminal sends Ctrl-C to both this process and its children."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
