"""Finished files replace the former output as a whole, whatever interrupts it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two runs at a time are then the user's to avoid
    fcntl = None  # type: ignore[assignment]

_STAGING = ".unfinished"


@contextmanager
def staging_in(outdir: Path) -> Iterator[Path]:
    """An empty folder in which to make what `publish` then puts in place. Nothing of it stays."""
    outdir.mkdir(parents=True, exist_ok=True)
    with _alone_in(outdir):
        for stale in outdir.glob(f"{_STAGING}*"):
            shutil.rmtree(stale, ignore_errors=True)
        # Never a name that was there before: node may outlive a killed run, and write on. Absolute, as node's current
        # folder is the one that this process was in when node started.
        staging = Path(tempfile.mkdtemp(prefix=f"{_STAGING}-", dir=outdir.absolute()))
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def publish(files: Sequence[Path], *, staging: Path, outdir: Path) -> None:
    """Put finished files in their places, in the order given, one rename each: all of them, or none."""
    moves = [(staging / file, outdir / file, staging / "former" / file) for file in files]
    # All that needs room on the disk comes first.
    for new, place, former in moves:
        place.parent.mkdir(parents=True, exist_ok=True)
        _onto_disk(new)
        if place.exists():
            former.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place, former)
    with _signals_held():
        try:
            for new, place, _ in moves:
                new.replace(place)
        except OSError:
            _put_back([(place, former) for new, place, former in moves if not new.exists()])
            raise
    for folder in {place.parent for _, place, _ in moves}:
        _onto_disk(folder)


def _put_back(replaced: Sequence[tuple[Path, Path]]) -> None:
    for place, former in replaced:
        if former.exists():
            former.replace(place)
        else:
            place.unlink()


def _onto_disk(path: Path) -> None:
    """Wait until the disk has it: after a power cut a renamed file could otherwise be empty."""
    if os.name == "nt":  # it opens no folder, and flushes no file that is open for reading
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for another run in this folder to end. The system lets go of the lock whichever way a run ends."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folder
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let what asks to stop wait until the end of the block."""
    if threading.current_thread() is not threading.main_thread():  # only that one hears signals
        yield
        return
    heard: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for held in before:
        signal.signal(held, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        for held, handler in before.items():
            signal.signal(held, handler)
        for number in heard:
            signal.raise_signal(number)
