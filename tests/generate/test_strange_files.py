"""Unusual files that no mutation produces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError, Problem
from catalog.load import load
from tests.conftest import ROOT
from tests.generate.checks import unplaced
from tests.project.test_main import run, written
from tests.support.catalogs import complete

SMALLEST = (ROOT / "examples" / "smallest.toml").read_bytes()


WHOLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ":1: required key"),
    "comments alone": (b"# nothing\n# yet\n", ":1: required key"),
    "a byte order mark alone": (b"\xef\xbb\xbf", ":1: required key"),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + SMALLEST, ":1: not TOML"),
    "NUL": (SMALLEST + b"\n\x00", "not TOML"),
    "CR alone": (SMALLEST.replace(b"\n", b"\r"), "not TOML"),
    "invalid UTF-8": (SMALLEST + b'\n[vars]\na = "\xff"\n', "isn't UTF-8"),
    "a surrogate": (SMALLEST + b'\n[vars]\na = "\xed\xa0\x80"\n', "isn't UTF-8"),
    "an escaped surrogate": (SMALLEST + b'\n[vars]\na = "\\ud800"\n', "not TOML"),
    "UTF-16": (SMALLEST.decode().encode("utf-16"), ":1: isn't UTF-8"),
    "the same table twice": (SMALLEST + b"\n[mesh]\n", "not TOML: [mesh] is in the file twice"),
    "deep lists": (b"a = " + b"[" * 5000 + b"]" * 5000, "nested too deeply"),
    "deep tables": (b"a = " + b"{a = " * 5000 + b"1" + b"}" * 5000, "nested too deeply"),
    "a deep name": (b"[" + b".".join([b"a"] * 20_000) + b"]\n", "nested too deeply"),
    "a deep name and a mistake": (b"a" + b".a" * 45 + b" = 1\n", ":1: a: unknown key"),
    "a number of pages": (b"a = " + b"9" * 10_000, "has a number with thousands of digits"),
    "a text of pages": (SMALLEST + b'\n[network]\nnat = "' + b"a" * 1_000_000 + b'"\n', "network.nat"),
    "a name of pages": (SMALLEST + b"\n[services." + b"a" * 1_000_000 + b"]\n", "services.a"),
    "a wide table": (
        SMALLEST + b"\n[mesh2]\na = {" + b", ".join(b"k%d = 1" % n for n in range(20_000)) + b"}\n",
        "mesh2",
    ),
    "a long list": (SMALLEST + b"\n[aws]\naccounts = [" + b"1," * 20_000 + b"]\n", "aws.accounts[0]"),
    "a list of tables": (b"[[services]]\n" * 100, "services: must be"),
}


@pytest.mark.parametrize(("raw", "said"), WHOLE.values(), ids=WHOLE)
def test_an_unusual_file_is_an_error_with_its_line(raw: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_bytes(raw)
    with pytest.raises(CatalogError) as refused:
        load(tmp_path / "services.toml")

    assert refused.value.problems and [*unplaced(refused.value.problems, tmp_path)] == []
    assert said in str(refused.value)[:5000]


@pytest.mark.parametrize("change", [lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_and_crlf_line_endings_do_not_matter(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "services.toml"
    file.write_bytes(change(SMALLEST))

    assert [each.services for each in load(file).deployments] == [
        each.services for each in load(ROOT / "examples" / "smallest.toml").deployments
    ]


def test_an_unreadable_file_is_an_error_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", denied)
    (tmp_path / "a.toml").touch()
    for file in (tmp_path / "a.toml", tmp_path):
        with pytest.raises(CatalogError, match=r"a\.toml: can't be read: Permission denied"):
            load(file)


def test_broken_links_are_errors_with_their_names(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    (tmp_path / "lost.toml").symlink_to("nowhere")
    for file in (tmp_path / "loop.toml", tmp_path / "lost.toml", tmp_path):
        with pytest.raises(CatalogError) as refused:
            load(file)
        assert [*unplaced(refused.value.problems, tmp_path)] == []


def test_the_time_for_many_errors_grows_linearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    equal = Problem.__eq__

    def counted(self: Problem, other: object) -> bool:
        nonlocal compared
        compared += 1
        return equal(self, other)

    monkeypatch.setattr(Problem, "__eq__", counted)
    file = tmp_path / "services.toml"
    file.write_text(SMALLEST.decode() + f"\n[aws]\naccounts = [{'1,' * 1000}]\n")

    with pytest.raises(CatalogError) as refused:
        load(file)

    assert len(refused.value.problems) == 1000 and compared < 20_000


@pytest.mark.slow
def test_ten_thousand_services_load(tmp_path: Path) -> None:
    file = tmp_path / "services.toml"
    names = [f"a{number}" for number in range(10_000)]
    tables = (
        f'[services.{name}]\nimage = "r.io/a:1"\nport = 80\ncalls = ["a{n // 2}"]\n' for n, name in enumerate(names[1:])
    )
    file.write_text(complete('[services.a0]\nimage = "r.io/a:1"\nport = 80\n' + "".join(tables)))
    try:
        assert len(load(file).deployments[0].services) == 10_000
    except CatalogError as error:
        assert [*unplaced(error.problems, tmp_path)] == []


@pytest.mark.parametrize("strange", ["folder", "loop", "not UTF-8", "\x1b[2J\x00"])
def test_a_process_reports_errors_and_keeps_the_last_output(strange: str, tmp_path: Path) -> None:
    out = tmp_path / "cdktf.out" / "stacks" / "x"
    out.mkdir(parents=True)
    (out / "cdk.tf.json").write_text("{}")
    before = written(tmp_path)
    file = tmp_path / "strange.toml"
    if strange == "folder":
        file.mkdir()
    elif strange == "loop":
        file.symlink_to("strange.toml")
    else:
        file.write_bytes(strange.encode() if strange[0] == "\x1b" else b"\xff")

    done = run(tmp_path, catalog="strange.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr and done.stderr.isascii() and "\x1b" not in done.stderr
    assert all(line.startswith("strange.toml:") for line in done.stderr.splitlines()) and done.stderr
    assert written(tmp_path) == before
