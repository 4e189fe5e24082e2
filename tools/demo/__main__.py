"""The command, with its exit codes.

| code | meaning |
|---|---|
| 0 | every deployment was applied, planned again without changes and destroyed |
| 1 | Terraform failed |
| 2 | the catalog is wrong, or names something that the demo can't create |
| 3 | Terraform isn't on the PATH |
| 129, 130, 143 | ended by SIGHUP, Ctrl-C or SIGTERM |
| 141 | whatever read the output closed it, as `head` does |
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn


def _exit(number: int, _: Any) -> NoReturn:
    raise SystemExit(128 + number)


def _main() -> int:
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        from tools.demo.run import main  # takes seconds, in which Ctrl-C is already handled

        return main()
    except KeyboardInterrupt:
        sys.stdout.flush()
        print("\nInterrupted. The emulated AWS is gone, with everything in it.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The interpreter flushes stdout once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(_main())
