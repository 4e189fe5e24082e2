"""`python -m catalog explain`: paths, tables and errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalog.analysis.call_graph import paths_to
from catalog.model import Deployment
from catalog.reading.layers import BUILT_IN_PROFILES
from catalog.reports.explain import explanation
from tests.catalog.test_catalog_cli import IMPORTED, LOOK, run, started
from tests.conftest import ROOT
from tests.support.catalogs import complete, loaded, of_kind

PAGE = (ROOT / "docs/timeouts.md").read_text("utf-8")


pytestmark = pytest.mark.usefixtures("in_tmp_path")


def calling(edges: str, *, public: str = "", kind: str = "none") -> Deployment:
    """A deployment of services by their calls: "a>b b>c"."""
    calls: dict[str, list[str]] = {}
    for edge in edges.split():
        caller, _, callee = edge.partition(">")
        calls.setdefault(caller, [])
        if callee:
            calls[caller].append(callee)
            calls.setdefault(callee, [])
    begin = {name: f', public = {{ path = "/{name}" }}' for name in public.split()}
    lines = [
        f'{name} = {{ image = "r.io/x:1", port = 80, calls = {callees}{begin.get(name, "")} }}\n'
        for name, callees in calls.items()
    ]
    ingress = '[ingress.open]\nallow = ["10.0.0.0/8"]\n' if public else ""
    [deployment] = loaded(f"{ingress}[services]\n{''.join(lines)}", kind=kind).deployments
    return deployment


def paths(deployment: Deployment, name: str, *, most: int = 100) -> list[str]:
    found = paths_to(deployment, deployment.services[name], most=most).shown
    return [
        " ".join([f"{path.ingress}:" * (path.ingress is not None), *(s.name for s in path.services)]) for path in found
    ]


# ---- Paths


def test_paths_start_at_an_ingress_or_at_a_service_without_callers() -> None:
    assert paths(calling("web>chat chat>llm batch>llm", public="web"), "llm") == [" batch llm", "open: web chat llm"]


def test_a_public_service_with_callers_has_both_paths() -> None:
    assert paths(calling("web>chat", public="web chat"), "chat") == ["open: chat", "open: web chat"]


def test_a_service_without_callers_is_a_path() -> None:
    assert paths(calling("lone"), "lone") == [" lone"]


def test_a_path_passes_a_cycle_once() -> None:
    cycle = calling("web>a a>b b>a", public="web")
    assert paths(cycle, "b") == ["open: web a b"]
    assert paths(cycle, "a") == ["open: web a"]


def test_each_service_in_a_cycle_without_outside_callers_is_an_entry_point() -> None:
    cycle = calling("a>b b>a b>c")
    assert paths(cycle, "c") == [" b c", " a b c"]
    assert paths(cycle, "a") == [" a", " b a"]


def test_the_shortest_paths_are_printed_first_and_the_rest_are_counted() -> None:
    # Twenty floors of two services, each of which calls both below: a million paths, and one short one.
    edges = [f"f{floor}{a}>f{floor + 1}{b}" for floor in range(19) for a in "xy" for b in "xy"]
    tower = calling(" ".join([*edges, "f19x>end", "f19y>end", "short>end"]))
    found = paths_to(tower, tower.services["end"], most=10)

    assert [len(path.services) for path in found.shown] == [2, *[21] * 9]
    assert (found.more, found.only_shortest) == (2**20 + 1 - 10, False)


def test_only_the_shortest_path_from_each_entry_point_is_printed_if_calls_form_a_cycle() -> None:
    names = [f"s{number}" for number in range(60)]
    connected = calling(" ".join(f"{a}>{b}" for a in names for b in names if a != b), public="s0 s1")
    found = paths_to(connected, connected.services["s59"], most=10)

    assert [(path.ingress, [each.name for each in path.services]) for path in found.shown] == [
        ("open", ["s0", "s59"]),
        ("open", ["s1", "s59"]),
    ]
    assert (found.more, found.only_shortest) == (0, True)


def test_the_order_of_tables_does_not_change_the_paths() -> None:
    edges = "web>a web>b a>llm b>llm b>a"
    backwards = " ".join(reversed(edges.split()))
    assert paths(calling(edges, public="web"), "llm") == paths(calling(backwards, public="web"), "llm")


# ---- Text


def explained(snippet: str, name: str, *, kind: str = "none") -> str:
    found = loaded(snippet, kind=kind)
    [deployment] = found.deployments
    return explanation(deployment, deployment.services[name], report=found.reports[deployment.id])


INFERENCE = """
    [services]
    chat = { image = "r.io/chat:1", calls = ["llm"] }
    llm = { image = "r.io/llm:1", port = 80, profile = "inference" }
"""


@pytest.mark.parametrize(
    ("kind", "lost"),
    [("service-connect", ["retries"]), ("vpc-lattice", ["timeout", "retries"]), ("none", ["timeout", "retries"])],
)
def test_unsupported_settings_of_a_built_in_profile_are_printed(kind: str, lost: list[str]) -> None:
    text = explained(INFERENCE, "llm", kind=kind)

    assert set(BUILT_IN_PROFILES["inference"]) == {"timeout", "retries"}
    assert re.findall(r'^  (\S+) \(profile "inference"\): ', text, re.M) == lost
    assert f"requested by llm, not supported by mesh {kind}:" in text


def test_unsupported_settings_of_the_catalog_are_printed_with_their_line() -> None:
    text = explained(INFERENCE.replace('"inference"', '"inference", timeout = "5m"'), "llm")
    assert "timeout (services.toml:3): no response timer exists" in text


def test_nothing_is_unsupported_if_the_mesh_supports_all_settings() -> None:
    plain = INFERENCE.replace(', profile = "inference"', "")
    assert "requested by" not in explained(plain, "llm", kind="vpc-lattice")


def test_the_shortest_timer_is_marked_with_its_reason() -> None:
    marked = [line for line in explained(INFERENCE, "llm", kind="vpc-lattice").splitlines() if "<- shortest" in line]

    assert [re.sub(r" {2,}", "  ", line).strip() for line in marked] == [
        "chat > llm  VPC Lattice to llm  idle timeout  10m  1m  <- shortest: VPC Lattice closes a connection that is "
        "idle for a minute",
        "chat  task of chat  stop  10m  2m  <- shortest: a task on Fargate gets 120 s to stop",
    ]


def test_columns_are_aligned() -> None:
    lines = explained(INFERENCE, "llm", kind="service-connect").splitlines()
    rows = [line for line in lines if re.search(r" (idle timeout|response|stop|draining) ", line)]

    starts = {found.start() for row in rows if (found := re.search(r"(idle timeout|response|stop|draining) ", row))}
    assert len(starts) == 1
    assert not [line for line in lines if line != line.rstrip()]


def test_a_path_without_timers_is_reported() -> None:
    assert "  no timer runs during a call\n" in explained(INFERENCE, "llm")


def test_unlimited_timers_are_none() -> None:
    text = explained(INFERENCE.replace('profile = "inference"', 'timeout = "none"'), "llm", kind="service-connect")
    assert re.search(r"proxy of llm +response +none +none$", text, re.M)


def test_the_number_of_further_paths_is_said() -> None:
    many = "".join(f'    c{n} = {{ image = "r.io/c:1", calls = ["llm"] }}\n' for n in range(15))
    text = explained(f'    [services]\n    llm = {{ image = "r.io/llm:1", port = 80 }}\n{many}', "llm")

    assert text.count(" of 15: ") == 10
    assert "\nand 5 more paths\n" in text


def test_a_cycle_of_calls_is_reported() -> None:
    text = explained(
        """
        [services]
        web = { image = "r.io/x:1", calls = ["a", "b"] }
        a = { image = "r.io/x:1", port = 80, calls = ["b"] }
        b = { image = "r.io/x:1", port = 80, calls = ["a"] }
        """,
        "b",
    )

    assert "\npath 1 of 1: web > b\n" in text
    assert text.endswith("\ncalls form a cycle: only the shortest path from each entry point is shown\n")


# ---- The command


def test_the_page_shows_the_output_for_the_shipped_catalog(tmp_path: Path) -> None:
    [command] = re.findall(r"```sh\n(.*?)\n```", PAGE, re.S)
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, re.S)
    file = tmp_path / "services.toml"
    file.write_text(of_kind(ROOT / "services.toml", "vpc-lattice"), "utf-8")
    python, *module, verb, name = command.split()
    assert (python, module, verb) == (".venv/bin/python", ["-m", "catalog"], "explain")
    done = run(verb, name, CATALOG_FILE=str(file))

    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.toml"
    path.write_text(complete(INFERENCE), "utf-8")
    return path


def test_an_option_or_a_variable_selects_another_catalog(file: Path) -> None:
    by_option, by_variable = run("explain", "llm", "--file", str(file)), run("explain", "llm", CATALOG_FILE=str(file))
    assert by_option.stdout == by_variable.stdout
    assert by_option.stdout.startswith("llm in shop, mesh none: http on port 80, timeout 10m, idle_timeout 10m\n")


def test_all_environments_are_explained_unless_one_is_selected(file: Path) -> None:
    file.write_text(file.read_text() + '[environments.dev]\n[environments.prod.services.llm]\ntimeout = "5m"\n')
    both = run("explain", "llm", "--file", str(file)).stdout
    one = run("explain", "llm", "--file", str(file), "--environment", "prod").stdout
    assert re.findall(r"^llm in (\S+), .* timeout (\w+),", both, re.M) == [("shop-dev", "10m"), ("shop-prod", "5m")]
    assert both.endswith(one) and one.startswith("llm in shop-prod, ")
    assert run("explain", "llm", "--file", str(file), CATALOG_ENVIRONMENT="prod").stdout == one


def test_environments_with_equal_timers_are_explained_once_with_all_their_names(file: Path) -> None:
    own = '[environments.dev]\n[environments.test]\n[environments.prod.services.llm]\ntimeout = "5m"\n'
    file.write_text(file.read_text() + own)
    text = run("explain", "llm", "--file", str(file)).stdout
    assert re.findall(r"^llm in (.*), mesh none", text, re.M) == ["shop-dev and shop-test", "shop-prod"]
    alone = run("explain", "llm", "--file", str(file), "--environment", "dev").stdout
    assert text.startswith(alone.replace("shop-dev", "shop-dev and shop-test").partition("\n<- ")[0])


def test_the_marks_that_were_printed_have_a_legend(file: Path) -> None:
    shortest = "<- shortest: this timer of the table runs out first"
    short = "<- too short: this timer is shorter than requested, or than the response may take"
    plain = complete('[services]\nchat = { image = "r.io/chat:1", port = 80, timeout = "30s" }\n')
    file.write_text(plain)
    assert run("explain", "chat", "--file", str(file)).stdout.splitlines()[-2:] == ["", shortest]
    file.write_text(of_kind(ROOT / "services.toml", "vpc-lattice"), "utf-8")
    assert run("explain", "llm", "--file", str(file)).stdout.splitlines()[-3:] == ["", shortest, short]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lmm", 'service "lmm" doesn\'t exist; did you mean "llm"?'),
        ("zzz", 'service "zzz" doesn\'t exist. Name one of chat and llm.'),
        ("models", '"models" is external to the catalog: its timers are unknown. Name a service.'),
    ],
)
def test_an_unknown_service_is_an_error(file: Path, name: str, said: str) -> None:
    file.write_text(
        file.read_text().replace('["llm"]', '["llm", "models"]') + '[external.models]\nhost = "x.example"\n'
    )
    done = run("explain", name, "--file", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{file}: {said}\n")


def test_an_invalid_catalog_and_an_unknown_environment_are_errors(file: Path) -> None:
    unknown = run("explain", "llm", "--file", str(file), "--environment", "prod")
    file.write_text(file.read_text().replace("port = 80", "port = 0"))
    wrong = run("explain", "llm", "--file", str(file))
    for done in (unknown, wrong):
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{file}") and "Traceback" not in done.stderr


def test_the_hash_seed_does_not_change_the_output() -> None:
    outputs = [started("explain", "redis", PYTHONHASHSEED=seed).stdout for seed in ("1", "2")]
    assert outputs[0] == outputs[1] and outputs[0]


def test_explain_does_not_import_cdktf() -> None:
    assert started("explain", "llm", code=LOOK.format(IMPORTED)).stdout.splitlines()[-1] == "[]"
