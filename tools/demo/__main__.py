"""Run the demo as a command.

| status | meaning |
|---|---|
| 0 | Every deployment was applied, planned again without changes and destroyed. |
| 1 | Terraform failed. |
| 2 | The catalog is wrong, or names something that the demo can't create. |
| 3 | Terraform isn't on the PATH. |
| 129, 130, 143 | SIGHUP, Ctrl-C or SIGTERM stopped the demo. |
| 141 | The reader of the output closed the pipe, as `head` does. |
"""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from catalog import run_command

_UNREAD = 128 + signal.SIGPIPE
_STOPPING = {signal.SIGHUP: "SIGHUP", signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
_CLEANUP = 10.0
"""Seconds after a signal in which another one doesn't interrupt the cleanup."""


class _Signals:
    """Stops the demo at the first signal, as an exception in the main thread."""

    def __init__(self) -> None:
        self._last = -_CLEANUP
        for number in _STOPPING:
            # Ignored signals stay ignored: nohup relies on that.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._receive)

    def _receive(self, number: int, _: Any) -> None:
        now = time.monotonic()
        if now - self._last >= _CLEANUP:
            self._last = now
            raise _Stopped(number)


class _Stopped(BaseException):
    """A signal arrived. No `except Exception` catches this."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


def _main() -> int:
    _Signals()
    try:
        from tools.demo.run import main  # takes seconds; signals are handled already

        return main()
    except _Stopped as stopped:
        # The signal may have reached Node too: jsii's exit handler would print a traceback then.
        sys.unraisablehook = lambda _: None
        print(
            f"\nStopped by {_STOPPING[stopped.number]}. The emulated AWS and everything in it are gone.",
            file=sys.stderr,
        )
        return 128 + stopped.number


if __name__ == "__main__":
    sys.exit(run_command(_main, unread=_UNREAD))
