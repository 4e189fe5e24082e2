"""`python -m catalog explain`: which paths there are, what is printed of them, and what is not a service."""

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
    way_in = '[ingress.open]\nallow = ["10.0.0.0/8"]\n' if public else ""
    [deployment] = loaded(f"{way_in}[services]\n{''.join(lines)}", kind=kind).deployments
    return deployment


def paths(deployment: Deployment, name: str, *, most: int = 100) -> list[str]:
    ways = paths_to(deployment, deployment.services[name], most=most).shown
    return [" ".join([f"{way.ingress}:" * (way.ingress is not None), *(s.name for s in way.services)]) for way in ways]


# ---- Paths


def test_paths_begin_at_an_ingress_and_where_nobody_calls() -> None:
    assert paths(calling("web>chat chat>llm batch>llm", public="web"), "llm") == [" batch llm", "open: web chat llm"]


def test_a_public_service_that_is_called_too_is_reached_both_ways() -> None:
    assert paths(calling("web>chat", public="web chat"), "chat") == ["open: chat", "open: web chat"]


def test_what_nobody_calls_is_a_path_by_itself() -> None:
    assert paths(calling("lone"), "lone") == [" lone"]


def test_a_circle_of_calls_is_passed_once() -> None:
    circle = calling("web>a a>b b>a", public="web")
    assert paths(circle, "b") == ["open: web a b"]
    assert paths(circle, "a") == ["open: web a"]


def test_a_circle_that_nobody_enters_begins_at_each_of_its_services() -> None:
    circle = calling("a>b b>a b>c")
    assert paths(circle, "c") == [" b c", " a b c"]
    assert paths(circle, "a") == [" a", " b a"]


def test_of_many_paths_the_shortest_come_first_and_the_rest_is_counted() -> None:
    # Twenty floors of two services, each of which calls both below: a million paths, and one short one.
    edges = [f"f{floor}{a}>f{floor + 1}{b}" for floor in range(19) for a in "xy" for b in "xy"]
    tower = calling(" ".join([*edges, "f19x>end", "f19y>end", "short>end"]))
    ways = paths_to(tower, tower.services["end"], most=10)

    assert [len(way.services) for way in ways.shown] == [2, *[21] * 9]
    assert (ways.more, ways.only_shortest) == (2**20 + 1 - 10, False)


def test_of_many_services_that_all_call_each_other_the_shortest_path_from_each_beginning_is_shown() -> None:
    names = [f"s{number}" for number in range(60)]
    everybody = calling(" ".join(f"{a}>{b}" for a in names for b in names if a != b), public="s0 s1")
    found = paths_to(everybody, everybody.services["s59"], most=10)

    assert [(way.ingress, [each.name for each in way.services]) for way in found.shown] == [
        ("open", ["s0", "s59"]),
        ("open", ["s1", "s59"]),
    ]
    assert (found.more, found.only_shortest) == (0, True)


def test_paths_are_the_same_whatever_the_order_of_tables() -> None:
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
def test_what_the_built_in_profile_asks_and_the_mesh_lacks_is_said(kind: str, lost: list[str]) -> None:
    text = explained(INFERENCE, "llm", kind=kind)

    assert set(BUILT_IN_PROFILES["inference"]) == {"timeout", "retries"}
    assert re.findall(r'^  (\S+) \(profile "inference"\): ', text, re.M) == lost
    assert f"asked for llm, and not there with {kind}:" in text


def test_what_the_catalog_asks_itself_is_said_with_its_line() -> None:
    text = explained(INFERENCE.replace('"inference"', '"inference", timeout = "5m"'), "llm")
    assert "timeout (services.toml:3): nothing between services counts time" in text


def test_a_mesh_that_gives_everything_is_not_said_to_lack_anything() -> None:
    plain = INFERENCE.replace(', profile = "inference"', "")
    assert "asked for" not in explained(plain, "llm", kind="vpc-lattice")


def test_the_shortest_timer_is_marked_with_its_reason() -> None:
    marked = [line for line in explained(INFERENCE, "llm", kind="vpc-lattice").splitlines() if "<- shortest" in line]

    assert [re.sub(r" {2,}", "  ", line).strip() for line in marked] == [
        "chat > llm  VPC Lattice to llm  silence  10m  1m  <- shortest: VPC Lattice closes what is silent for a minute",
        "chat  task of chat  stopping  10m  2m  <- shortest: a task on Fargate gets 120 s to stop",
    ]


def test_columns_are_aligned() -> None:
    lines = explained(INFERENCE, "llm", kind="service-connect").splitlines()
    rows = [line for line in lines if re.search(r" (silence|whole answer|stopping|draining) ", line)]

    assert len({re.search(r"(silence|whole answer|stopping)", row).start() for row in rows}) == 1  # type: ignore[union-attr]
    assert not [line for line in lines if line != line.rstrip()]


def test_where_nothing_counts_that_is_said() -> None:
    assert "  nothing counts time in a call\n" in explained(INFERENCE, "llm")


def test_unlimited_timers_are_none() -> None:
    text = explained(INFERENCE.replace('profile = "inference"', 'timeout = "none"'), "llm", kind="service-connect")
    assert re.search(r"proxy of llm +whole answer +none +none$", text, re.M)


def test_the_number_of_further_paths_is_said() -> None:
    many = "".join(f'    c{n} = {{ image = "r.io/c:1", calls = ["llm"] }}\n' for n in range(15))
    text = explained(f'    [services]\n    llm = {{ image = "r.io/llm:1", port = 80 }}\n{many}', "llm")

    assert text.count(" of 15: ") == 10
    assert "\nand 5 more paths\n" in text


def test_a_circle_of_calls_is_said_to_have_more_paths() -> None:
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
    assert text.endswith("\ncalls go in a circle: of the paths from each beginning only the shortest is shown\n")


# ---- The command


def test_the_page_shows_what_the_shipped_catalog_is_explained_with(tmp_path: Path) -> None:
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


def test_another_catalog_is_named_by_an_option_or_a_variable(file: Path) -> None:
    by_option, by_variable = run("explain", "llm", "--file", str(file)), run("explain", "llm", CATALOG_FILE=str(file))
    assert by_option.stdout == by_variable.stdout
    assert by_option.stdout.startswith("llm in shop, mesh none: http on port 80, timeout 10m, idle_timeout 10m\n")


def test_every_environment_is_explained_unless_one_is_named(file: Path) -> None:
    file.write_text(file.read_text() + '[environments.dev]\n[environments.prod.services.llm]\ntimeout = "5m"\n')
    both = run("explain", "llm", "--file", str(file)).stdout
    one = run("explain", "llm", "--file", str(file), "--environment", "prod").stdout
    assert re.findall(r"^llm in (\S+), .* timeout (\w+),", both, re.M) == [("shop-dev", "10m"), ("shop-prod", "5m")]
    assert both.endswith(one) and one.startswith("llm in shop-prod, ")
    assert run("explain", "llm", "--file", str(file), CATALOG_ENVIRONMENT="prod").stdout == one


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lmm", 'there is no service "lmm"; did you mean "llm"?'),
        ("zzz", 'there is no service "zzz"; name one of chat and llm'),
        ("models", '"models" lies outside the catalog, and its timers with it; name a service'),
    ],
)
def test_what_is_no_service_is_answered_like_a_wrong_catalog(file: Path, name: str, said: str) -> None:
    file.write_text(
        file.read_text().replace('["llm"]', '["llm", "models"]') + '[external.models]\nhost = "x.example"\n'
    )
    done = run("explain", name, "--file", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{file}: {said}\n")


def test_a_wrong_catalog_and_an_unknown_environment_are_problems(file: Path) -> None:
    unknown = run("explain", "llm", "--file", str(file), "--environment", "prod")
    file.write_text(file.read_text().replace("port = 80", "port = 0"))
    wrong = run("explain", "llm", "--file", str(file))
    for done in (unknown, wrong):
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{file}") and "Traceback" not in done.stderr


def test_the_same_is_printed_whatever_the_hash_seed() -> None:
    told = [started("explain", "redis", PYTHONHASHSEED=seed).stdout for seed in ("1", "2")]
    assert told[0] == told[1] and told[0]


def test_nothing_of_cdktf_is_imported_to_explain() -> None:
    assert started("explain", "llm", code=LOOK.format(IMPORTED)).stdout.splitlines()[-1] == "[]"
