"""Serve the emulator until Ctrl-C and print the variables that a shell needs to use it."""

from __future__ import annotations

import argparse
from threading import Event

from . import server


def main() -> None:
    """Parse the port, serve, wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    server.start(parser.parse_args().port)
    for key, value in server.settings().items():
        print(f"export {key}={value}")
    print("# serving until Ctrl-C", flush=True)
    try:
        Event().wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
