"""Replacement of the previous output by the finished files: all files or none, even if the process is interrupted."""

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
except ImportError:  # Windows: concurrent runs in one folder aren't supported there
    fcntl = None  # type: ignore[assignment]

_STAGING = ".unfinished"


@contextmanager
def staging_in(outdir: Path) -> Iterator[Path]:
    """Create an empty folder for the files that `publish` moves into place, and delete it at the end."""
    outdir.mkdir(parents=True, exist_ok=True)
    with _locked(outdir):
        for stale in outdir.glob(f"{_STAGING}*"):
            shutil.rmtree(stale, ignore_errors=True)
        # Always a new name: node may outlive a killed run and continue to write. Absolute, because node's current
        # folder is the one that this process had when node started.
        staging = Path(tempfile.mkdtemp(prefix=f"{_STAGING}-", dir=outdir.absolute()))
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def publish(files: Sequence[Path], *, staging: Path, outdir: Path) -> None:
    """Move finished files into place by renaming them, in the order of `files`: all of them or none."""
    moves = [(staging / file, outdir / file, staging / "former" / file) for file in files]
    # All steps that require disk space come first.
    for new, place, former in moves:
        place.parent.mkdir(parents=True, exist_ok=True)
        _onto_disk(new)
        if place.exists():
            former.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place, former)
    with _signals_deferred():
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
    """Flush a file or folder to disk: otherwise a renamed file could be empty after a power failure."""
    if os.name == "nt":  # it can't open folders, or flush files that are open for reading
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder, and wait while another run has the lock. The system releases it however a run ends."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems don't support locks on folders
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Defer SIGINT and SIGTERM until the end of the block."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread gets signals
        yield
        return
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for deferred in before:
        signal.signal(deferred, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for deferred, handler in before.items():
            signal.signal(deferred, handler)
        for number in received:
            signal.raise_signal(number)
