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
from typing import Any, NoReturn

from catalog import run_command

_UNREAD = 128 + signal.SIGPIPE


def _exit(number: int, _: Any) -> NoReturn:
    raise SystemExit(128 + number)


def _main() -> int:
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        from tools.demo.run import main  # takes seconds; Ctrl-C is handled already

        return main()
    except KeyboardInterrupt:
        print("\nInterrupted. The emulated AWS and everything in it are gone.", file=sys.stderr)
        raise


if __name__ == "__main__":
    sys.exit(run_command(_main, unread=_UNREAD))
