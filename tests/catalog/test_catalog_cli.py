"""`python -m catalog`, as users run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from catalog.__main__ import main
from catalog.load import load
from catalog.reports.graph import Graph, Node, graph_of, mermaid
from tests.conftest import ROOT
from tests.support.in_process import call, run_without_reader

CATALOG = (
    "[catalog]\nname = 'x'\nregion = 'us-west-2'\n[mesh]\nkind = 'none'\n[services.web]\nimage = 'a.example/x:1'\n"
)
LOOK = "import runpy, sys\ntry: runpy.run_module('catalog', run_name='__main__', alter_sys=True)\nfinally: print({})"
IMPORTED = "sorted({name.partition('.')[0] for name in sys.modules} & {'cdktf', 'cdktf_cdktf_provider_aws', 'jsii'})"


def _environment(changed: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("CATALOG_")} | changed


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Called in this process."""
    return call(lambda: main(arguments), folder=ROOT, environment=_environment(environment))


def started(*arguments: str, code: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same as a process."""
    command = ["-c", code] if code else ["-m", "catalog"]
    return subprocess.run(
        [sys.executable, *command, *arguments],
        cwd=ROOT,
        env=_environment(environment),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.toml"
    path.write_text(CATALOG, "utf-8")
    return path


def test_a_valid_catalog_is_summarized_in_one_line(file: Path) -> None:
    done = run("check", str(file))
    assert (done.returncode, done.stdout) == (0, f"{file}: valid: 1 deployment, 1 service, 0 calls\n")


def test_notices_go_to_stderr(file: Path) -> None:
    file.write_text(file.read_text() + "[external.db]\nhost = 'db.example.com'\n")
    assert f"{file}:8: external.db: notice: no service calls it" in run("check", str(file)).stderr


def test_the_shipped_catalog_is_checked_by_default() -> None:
    assert run("check").stdout.startswith("services.toml: valid: ")


def test_a_variable_selects_another_catalog(file: Path) -> None:
    assert run("check", CATALOG_FILE=str(file)).stdout.startswith(f"{file}: valid")


def test_a_variable_selects_one_environment() -> None:
    both = run("check", "examples/environments.toml").stdout
    one = run("check", "examples/environments.toml", CATALOG_ENVIRONMENT="dev").stdout
    assert (both.split(": ")[2].split(",")[0], one.split(": ")[2].split(",")[0]) == ("2 deployments", "1 deployment")


def test_every_error_is_a_line_on_stderr(file: Path) -> None:
    file.write_text(CATALOG + "port = '80'\ncalls = 'nobody'\n", "utf-8")
    done = run("check", str(file))
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (2, "", 2)
    assert lines[0].startswith(f"{file}:8: services.web.port: ")
    assert lines[1].startswith(f"{file}:9: services.web.calls: ")


def test_a_missing_file_is_an_error_without_a_traceback() -> None:
    done = run("check", "nowhere.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nowhere.toml: doesn't exist.")


def test_an_unknown_command_exits_with_the_status_of_an_invalid_catalog() -> None:
    assert run("chekc").returncode == 2


@pytest.mark.parametrize(("command", "file"), [("schema", "services.schema.json"), ("reference", "docs/catalog.md")])
def test_generated_files_in_the_repository_are_current(command: str, file: str) -> None:
    done = started(command, PYTHONHASHSEED="7", PYTHONIOENCODING="latin-1")
    assert done.stdout == (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("command", ["check", "graph", "schema", "reference"])
def test_the_catalog_commands_do_not_import_cdktf(command: str) -> None:
    assert started(command, code=LOOK.format(IMPORTED)).stdout.splitlines()[-1] == "[]"


# ---- The call graph

ODD = """
[catalog]
name = "odd"
region = "us-west-2"
[mesh]
kind = "none"
[ingress.open]
allow = ["10.0.0.0/8"]
[services]
end = { image = "r.io/x:1", port = 80, public = { path = "/" }, calls = ["graph", "sub-graph"] }
graph = { image = "r.io/x:1", port = 81, calls = ["end", "db"] }
sub-graph = { image = "r.io/x:1", port = 82, protocol = "tcp", calls = ["sub-graph"] }
alone = { image = "r.io/x:1" }
[external.db]
host = "db.example.com"
"""


def test_the_mermaid_graph_has_ports_timeouts_ingress_and_externals(file: Path) -> None:
    file.write_text(ODD)
    done = run("graph", "--file", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "---",
        "title: odd",
        "---",
        "flowchart LR",
        '  ingress_open(["ingress open<br/>10.0.0.0/8"])',
        '  service_alone["alone<br/>no port"]',
        '  service_end["end<br/>http on port 80<br/>timeout 15s<br/>idle timeout 15s"]',
        '  service_graph["graph<br/>http on port 81<br/>timeout 15s<br/>idle timeout 15s"]',
        '  service_sub_graph["sub-graph<br/>tcp on port 82<br/>idle timeout 1h"]',
        '  external_db[/"external db<br/>db.example.com<br/>https on port 443"/]',
        "  ingress_open --> service_end",
        "  service_end --> service_graph",
        "  service_end --> service_sub_graph",
        "  service_graph --> external_db",
        "  service_graph --> service_end",
        "  service_sub_graph --> service_sub_graph",
    ]


def test_characters_that_mermaid_interprets_are_escaped() -> None:
    node = Node(kind="external", name="db", lines=('a"b<c>#d',))
    text = mermaid(Graph(title="odd", nodes={node.id: node}, edges=()))
    assert '[/"a#34;b#60;c#62;#35;d"/]' in text


@pytest.mark.parametrize("catalog", ["services.toml", "odd"])
def test_the_svg_graph_is_xml_with_every_service_and_edge(file: Path, catalog: str) -> None:
    file.write_text(ODD if catalog == "odd" else (ROOT / catalog).read_text())
    picture = file.with_name("graph.svg")
    done = run("graph", "--file", str(file), "--svg", str(picture))
    assert (done.returncode, done.stdout) == (0, f"Wrote {picture}\n")
    drawing = ElementTree.fromstring(picture.read_text())
    names = {text.text for text in drawing.iterfind(".//{*}text[@class='name']")}
    [deployment] = load(file).deployments
    assert names >= set(deployment.services)
    edges = [path for path in drawing.iterfind(".//{*}path") if path.get("marker-end")]
    assert len(edges) == len(graph_of(deployment).edges)


def test_the_graph_has_a_part_for_each_environment_unless_one_is_selected(file: Path) -> None:
    picture = file.with_name("graph.svg")
    for environment, titles in (("", ["notes-dev", "notes-prod"]), ("dev", ["notes-dev"])):
        arguments = ("graph", "--file", "examples/environments.toml")
        text = run(*arguments, CATALOG_ENVIRONMENT=environment).stdout
        assert re.findall("^title: (.*)$", text, re.M) == titles
        run(*arguments, "--svg", str(picture), CATALOG_ENVIRONMENT=environment)
        drawing = ElementTree.fromstring(picture.read_text())
        assert [text.text for text in drawing.iterfind(".//{*}text[@class='title']")] == titles


def test_environments_with_equal_graphs_share_one_with_all_their_names(file: Path) -> None:
    own = "[environments.dev]\n[environments.test]\n[environments.prod.services.web]\nport = 80\n"
    file.write_text(CATALOG + own)
    text = run("graph", "--file", str(file)).stdout
    assert re.findall("^title: (.*)$", text, re.M) == ["x-dev and x-test", "x-prod"]


@pytest.mark.parametrize(("name", "advised"), [("x.png", "x.svg"), ("graph", "graph.svg"), ("a b.pdf", "'a b.svg'")])
def test_a_picture_that_is_not_an_svg_file_is_an_error(name: str, advised: str) -> None:
    done = run("graph", "--svg", name)
    assert done.returncode == 2
    assert done.stderr == f"{name}: the picture is an SVG file. Write SVG={advised}.\n"
    assert not (ROOT / name).exists()


def test_the_hash_seed_does_not_change_the_graph(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        started("graph", "--svg", str(tmp_path / f"{seed}.svg"), PYTHONHASHSEED=seed)
    assert (tmp_path / "1.svg").read_text() == (tmp_path / "2.svg").read_text()


def test_an_svg_file_that_cannot_be_written_is_one_line() -> None:
    done = run("graph", "--svg", "nowhere/graph.svg")
    assert done.returncode == 2
    assert done.stderr == (
        "nowhere/graph.svg: can't be written: No such file or directory. Write to another file: SVG=graph.svg.\n"
    )


def test_explain_without_a_service_lists_the_services() -> None:
    done = run("explain")
    assert done.returncode == 2
    assert done.stderr.startswith("services.toml: no service is named. Set SERVICE to one of backend, ")


@pytest.mark.parametrize("command", [["check"], ["explain", "llm"], ["graph"], ["schema"]])
def test_a_reader_that_closes_the_pipe_gets_no_traceback(command: list[str]) -> None:
    done = run_without_reader(["-m", "catalog", *command], folder=ROOT, environment=_environment({}))
    assert done.returncode == 0
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr
