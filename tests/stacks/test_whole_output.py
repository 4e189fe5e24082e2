"""After any interruption of synth, the output is the complete previous or new one, and the next synth works."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stacks import publish as publishing
from stacks.publish import publish, staging_in
from tests.conftest import ROOT
from tests.project.test_main import written
from tests.support.fake_terraform import CATALOG as ONE_SERVICE

CATALOG = ONE_SERVICE + "[environments.dev]\n[environments.prod]\n"
MANIFEST = Path("manifest.json")
# main.py replaces the shell's process, so that its process id is known to node.
COMMAND = ["sh", "-c", 'SYNTH=$$ exec "$0" "$1"', sys.executable, str(ROOT / "main.py")]
OUTPUT = {"manifest.json", *(f"stacks/shop-{name}/cdk.tf.json" for name in ("dev", "prod"))}


def synth(folder: Path, **environ: str) -> subprocess.Popen[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CATALOG_", "CDKTF_"))}
    return subprocess.Popen(
        COMMAND, cwd=folder, env=kept | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def synthesized(folder: Path) -> dict[str, bytes]:
    process = synth(folder)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    return written(folder)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], dict[str, bytes]]:
    """A folder with a catalog that changed after its last synth, the previous output, and the expected new one."""
    folder, elsewhere = tmp_path_factory.mktemp("former"), tmp_path_factory.mktemp("new")
    changed = CATALOG + "[services.another]\nimage = 'web:2'\n"
    for place, text in ((folder, CATALOG), (elsewhere, changed)):
        (place / "services.toml").write_text(text)
    former, new = synthesized(folder), synthesized(elsewhere)
    (folder / "services.toml").write_text(changed)
    assert former.keys() == new.keys() == OUTPUT
    assert all(former[file] != new[file] for file in OUTPUT - {"manifest.json"})
    return folder, former, new


@pytest.fixture
def folder(outputs: tuple[Path, dict[str, bytes], dict[str, bytes]], tmp_path: Path) -> Path:
    shutil.copytree(outputs[0], tmp_path, dirs_exist_ok=True)
    return tmp_path


def whole(folder: Path) -> dict[str, bytes]:
    """The output, without the unfinished files that a killed process left."""
    return {file: text for file, text in written(folder).items() if not file.startswith(".unfinished")}


STATUS = {"full": 2, "crash": 1, "interrupt": 130, "terminate": -signal.SIGTERM, "kill": -signal.SIGKILL}


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("fault", "write"),
    [("full", 1), pytest.param("full", 3, marks=pytest.mark.slow), ("full", 6), *((fault, 5) for fault in STATUS)],
)
def test_an_error_at_any_write_of_node_keeps_the_previous_output(
    outputs: tuple[Path, dict[str, bytes], dict[str, bytes]], folder: Path, fault: str, write: int
) -> None:
    preload = f"--require {ROOT / 'tests' / 'support' / 'node_faults.cjs'}"
    process = synth(folder, NODE_OPTIONS=preload, FAULT=fault, WRITE=str(write))
    said, errors = process.communicate(timeout=600)

    assert (process.returncode, said) == (STATUS[fault], "")
    assert "Traceback" not in errors and len(errors.splitlines()) == (fault in ("full", "crash")), errors
    if fault == "full":
        assert errors == ("cdktf.out: can't be written: No space left on device. Set CDKTF_OUTDIR to another folder.\n")
    assert whole(folder) == outputs[1]
    if fault == "full":
        assert written(folder) == outputs[1]
    if fault in ("crash", "kill"):
        assert synthesized(folder) == outputs[2]


def test_the_list_of_writes_of_node_is_complete(folder: Path) -> None:
    preload = f"--require {ROOT / 'tests' / 'support' / 'node_faults.cjs'}"
    process = synth(folder, NODE_OPTIONS=preload, COUNT_INTO="count")

    assert process.wait(timeout=600) == 0
    assert (folder / "count").read_text() == "6"


@pytest.mark.slow
@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_synth_leaves_either_the_previous_or_the_new_output(
    outputs: tuple[Path, dict[str, bytes], dict[str, bytes]], folder: Path, number: signal.Signals
) -> None:
    _, former, new = outputs
    started = time.monotonic()
    synthesized(folder)
    takes = time.monotonic() - started
    for step in range(6):
        shutil.rmtree(folder / "cdktf.out")
        shutil.copytree(outputs[0] / "cdktf.out", folder / "cdktf.out")
        process = synth(folder)
        time.sleep(takes * (0.1 + 0.18 * step))
        process.send_signal(number)
        _, errors = process.communicate(timeout=600)

        assert process.returncode in (0, -number, 128 + number), errors
        assert process.returncode == 0 or "Traceback" not in errors, errors
        assert whole(folder) in (former, new), f"after step {step}"
    assert synthesized(folder) == new  # no files of the killed runs are left


def test_two_concurrent_runs_write_one_after_the_other(
    outputs: tuple[Path, dict[str, bytes], dict[str, bytes]], folder: Path
) -> None:
    both = [synth(folder), synth(folder)]

    said = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert written(folder) == outputs[2]


def staged(tmp_path: Path) -> tuple[Path, Path, list[Path]]:
    """An output folder with the previous output of two stacks, and a folder with the new output of three."""
    outdir, staging = tmp_path / "out", tmp_path / "out" / ".unfinished-x"
    stacks = [Path("stacks") / name / "cdk.tf.json" for name in ("a", "b", "c")]
    for root, text, files in ((outdir, "former", [*stacks[:2], MANIFEST]), (staging, "new", [*stacks, MANIFEST])):
        for file in files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text)
    return outdir, staging, [*stacks, MANIFEST]


def contents(outdir: Path, files: list[Path]) -> list[str]:
    return [(outdir / file).read_text() if (outdir / file).exists() else "" for file in files]


@pytest.mark.parametrize("step", range(1, 17))
def test_an_error_while_the_output_is_replaced_restores_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    outdir, staging, files = staged(tmp_path)
    steps = 0

    def failing(do: object) -> object:
        def done(*arguments: object, **options: object) -> object:
            nonlocal steps
            steps += 1
            if steps == step:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return do(*arguments, **options)  # type: ignore[operator]

        return done

    # Four of each of the first two, three copies, and four renames.
    monkeypatch.setattr(publishing, "_onto_disk", failing(publishing._onto_disk))
    monkeypatch.setattr(publishing.shutil, "copy2", failing(shutil.copy2))
    monkeypatch.setattr(Path, "mkdir", failing(Path.mkdir))
    monkeypatch.setattr(Path, "replace", failing(Path.replace))
    with pytest.raises(OSError, match="No space left"):
        publish(files, staging=staging, outdir=outdir)

    assert contents(outdir, files) == ["former", "former", "", "former"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_delayed_while_the_output_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    outdir, staging, files = staged(tmp_path)
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        signal.raise_signal(number)
        return replace(self, target)

    class Asked(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Asked

    monkeypatch.setattr(Path, "replace", interrupted)
    before = signal.signal(number, stop)
    try:
        with pytest.raises(Asked):
            publish(files, staging=staging, outdir=outdir)
    finally:
        signal.signal(number, before)

    assert contents(outdir, files) == ["new"] * 4


def test_the_manifest_is_replaced_last_and_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(600)
        with staging_in(tmp_path) as staging:
            order.append("second")
            assert not any(staging.iterdir())

    thread = threading.Thread(target=second)
    thread.start()
    with staging_in(tmp_path) as staging:
        inside.set()
        time.sleep(0.2)
        order.append("first")
        (staging / "file").write_text("")
    thread.join()

    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []
