"""Reads, validates and analyzes a catalog. Doesn't import cdktf."""

import os
import sys
from collections.abc import Callable

INTERRUPTED = 130
"""The exit status after Ctrl-C, as a shell reports it."""


def run_command(main: Callable[[], int], *, unread: int = 0) -> int:
    """Call a command's `main` and return its exit status, without a traceback after Ctrl-C or when the reader of its
    output closes the pipe (`| head -1`). `unread` is the status in the latter case."""
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes both streams again when it exits.
        nothing = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:
                os.dup2(nothing, stream.fileno())
        return unread
