"""Runs one command so that an interrupt reaches it exactly once, and is waited for.

Terraform answers a first interrupt by finishing what is under way and saving the state, and a second by giving up on
both. A terminal sends Ctrl-C to every process of its job, so there the command must not get it from here again; without
a terminal it may come to this process alone, or to all of them. There the command gets a process group of its own, and
whatever arrives here is passed on.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """Somebody asked to stop; the command has ended since."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


def run(command: Sequence[str], *, folder: Path) -> int:
    """Run a command with this process's own input and output. Its exit status, as a shell would tell it."""
    received: list[int] = []
    undelivered: list[int] = []
    process: subprocess.Popen[bytes] | None = None
    on_terminal = _has_terminal()

    def deliver() -> None:
        while process is not None and undelivered:
            process.send_signal(undelivered.pop())

    def receive(number: int, _: FrameType | None) -> None:
        received.append(number)
        if number != signal.SIGINT or not on_terminal:
            undelivered.append(number)
            deliver()

    with _received_by(receive):
        process = subprocess.Popen(command, cwd=folder, process_group=None if on_terminal else 0)
        deliver()
        status = process.wait()
    if received:
        raise Interrupted(received[0])
    return status if status >= 0 else 128 - status


@contextmanager
def _received_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # What is ignored stays so: nohup and a shell's background jobs mean it.
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number in _SIGNALS if before[number] != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def _has_terminal() -> bool:
    """Whether there is a terminal that sends Ctrl-C to this process and its children alike."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
