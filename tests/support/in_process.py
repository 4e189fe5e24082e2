"""A program of this project called in this process: what it prints and ends with, without the second that starting a
Python and importing everything takes. A test of each program starts a real process, to show that it is wired up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


def call(main: Callable[[], int], *, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Call `main` in a folder, with only this environment. Its child processes write to the same output and errors,
    and have no input."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        with _environment(folder, environment), _descriptors(output.fileno(), errors.fileno()):
            try:
                status = main()
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        said = []
        for file in (output, errors):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(args=[], returncode=status, stdout=said[0], stderr=said[1])


@contextmanager
def _environment(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, here = dict(os.environ), Path.cwd()
    try:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _descriptors(output: int, errors: int) -> Iterator[None]:
    """File descriptors 0 to 2, as subprocesses inherit them, and Python's streams on the last two."""
    streams = sys.stdout, sys.stderr
    kept = [os.dup(number) for number in range(3)]
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        for number, target in enumerate((nothing, output, errors)):
            os.dup2(target, number)
        with (
            open(1, "w", encoding="utf-8", closefd=False) as out,
            open(2, "w", encoding="utf-8", closefd=False) as err,
        ):
            sys.stdout, sys.stderr = out, err
            yield
    finally:
        sys.stdout, sys.stderr = streams
        for number, target in enumerate(kept):
            os.dup2(target, number)
            os.close(target)
        os.close(nothing)


def run_without_reader(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, and with its output in a pipe whose reader has gone, as after `| head`."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder, env=dict(environment), stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
