"""Timers on every path, read from the Terraform JSON of each mesh, and what is said of them while a catalog is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.analysis.timeouts import Hop
from catalog.meshes import MESHES
from catalog.meshes.hops import timers_of
from tests.conftest import ROOT
from tests.support.catalogs import loaded, notices_of, problems_of
from tests.support.outputs import ShippedOutputs
from tests.support.synth import catalog_output, containers, deployment
from tests.support.timers_read import ReadMesh, assert_timers_are_as_explained, of_nothing, of_service_connect

READ: dict[str, ReadMesh] = {
    "service-connect": of_service_connect,
    "vpc-lattice": of_nothing,
    "none": of_nothing,
}
CATALOGS = [ROOT / "services.toml", ROOT / "tests/stacks/timers.toml"]


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda file: file.stem)
def test_every_timer_on_every_path_is_long_enough_or_explained(
    shipped: ShippedOutputs, catalog: Path, kind: str
) -> None:
    assert_timers_are_as_explained(shipped(catalog, kind), of_mesh=READ[kind])


def test_the_timers_of_every_mesh_are_read_here_or_in_a_folder_of_its_own() -> None:
    for kind in MESHES.keys() - READ.keys():
        folder = ROOT / "tests" / "meshes" / kind.replace("-", "_")
        assert (folder / f"test_{folder.name}_timers.py").is_file(), kind


# ---- How long a task may take to stop


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        ('timeout = "10m"', 120),
        ('timeout = "none"', 120),
        ('timeout = "90s"', 90),
        ("", 30),
        ('timeout = "10m"\nstop_timeout = "5s"', 5),
        ('timeout = "10m"\nprotocol = "tcp"', 30),
    ],
    ids=["ten minutes", "any time", "in between", "by default", "as written", "tcp"],
)
def test_a_task_may_stop_for_as_long_as_its_longest_answer(keys: str, seconds: int, tmp_path: Path) -> None:
    catalog = (
        '[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "none"\n'
        f'[services.llm]\nimage = "r.io/llm:1"\nport = 80\n{keys}\n'
    )
    assert containers(catalog_output(catalog, tmp_path)["shop"], "llm")["llm"]["stopTimeout"] == seconds


def test_a_task_that_only_calls_may_wait_for_its_callee_s_answer_while_it_stops() -> None:
    services = {"worker": {"image": "w:1", "calls": ["llm"]}, "llm": {"image": "l:1", "port": 80, "timeout": "1m"}}
    of_services = deployment(services=services).services
    assert of_services["worker"].stop_timeout == of_services["llm"].stop_timeout == 60


# ---- What is said


def _called(keys: str, *, public: bool = False) -> str:
    way_in = '[ingress.open]\nallow = ["10.0.0.0/8"]\n' if public else ""
    return f"""{way_in}
[services.chat]
image = "r.io/chat:1"
calls = ["llm"]

[services.llm]
image = "r.io/llm:1"
port = 80
public = {str(public).lower()}
{keys}
"""


SHORT_SILENCE = 'timeout = "10m"\nidle_timeout = "30s"'


def _said(text: str, kind: str) -> list[str]:
    return [str(notice) for notice in loaded(text, kind=kind).notices]


@pytest.mark.parametrize(
    ("kind", "public", "said"),
    [
        ("service-connect", False, 'llm that are idle for "30s"'),
        ("service-connect", True, 'llm that are idle for "1m"'),
        ("vpc-lattice", False, None),
        ("vpc-lattice", True, 'llm that are idle for "1m"'),
        ("none", False, None),
        ("none", True, 'llm that are idle for "1m"'),
    ],
)
def test_silence_is_said_to_cut_off_only_where_something_counts_it(kind: str, public: bool, said: str | None) -> None:
    cut = [
        notice for notice in _said(_called(SHORT_SILENCE, public=public), kind) if "closes connections of llm" in notice
    ]

    assert len(cut) == (said is not None)
    assert all(str(said) in notice for notice in cut)


def test_nobody_s_silence_cuts_nobody_off() -> None:
    uncalled = """
        [services]
        lone = { image = "r.io/lone:1", port = 80, timeout = "10m", idle_timeout = "30s" }
    """
    assert notices_of(uncalled, kind="service-connect") == []


@pytest.mark.parametrize("kind", READ)
def test_no_limit_is_honoured_where_nothing_counts(kind: str) -> None:
    asked = 'idle_timeout = "none"'
    unhonoured = [notice for notice in _said(_called(asked), kind) if "not honoured for llm" in notice]

    assert len(unhonoured) == (kind == "vpc-lattice")


def test_no_limit_of_an_answer_is_honoured_without_a_mesh() -> None:
    assert not [each for each in _said(_called('timeout = "none"'), "none") if "honoured" in each]


def test_lattice_refuses_a_long_answer_once_even_strictly() -> None:
    catalog = """
        [mesh]
        kind = "vpc-lattice"
        strict = true

        [services]
        chat = { image = "r.io/chat:1", calls = ["llm"] }
        llm = { image = "r.io/llm:1", port = 80, timeout = "20m" }
    """
    [problem] = problems_of(catalog)
    assert "ends a connection after ten minutes; write at most" in problem


@pytest.mark.parametrize(("hours", "refused"), [(596523, False), (596524, True)])
@pytest.mark.parametrize("key", ["timeout", "idle_timeout"])
def test_service_connect_counts_in_32_bits(hours: int, refused: bool, key: str) -> None:
    # An idle timeout follows its timeout, and would be refused with it.
    more = f', idle_timeout = "none", {key} = "{hours}h"' if key == "timeout" else f', {key} = "{hours}h"'
    catalog = f"""
        [services]
        chat = {{ image = "r.io/chat:1", calls = ["llm"] }}
        llm = {{ image = "r.io/llm:1", port = 80{more} }}
    """
    if refused:
        [problem] = problems_of(catalog, kind="service-connect")
        assert f'services.llm.{key}: "{hours}h" is longer than ECS can count' in problem
    else:
        loaded(catalog, kind="service-connect")


@pytest.mark.parametrize("keys", ["pool = { connections = 5 }", "outlier = { errors = 3 }"])
@pytest.mark.parametrize("called", [True, False])
def test_limits_of_what_nobody_calls_are_nobody_s_loss(keys: str, called: bool) -> None:
    calls = ', calls = ["llm"]' if called else ""
    catalog = f"""
        [services]
        chat = {{ image = "r.io/chat:1"{calls} }}
        llm = {{ image = "r.io/llm:1", port = 80, {keys} }}
    """
    said = [notice for notice in loaded(catalog).notices if "not honoured for llm" in notice.message]
    assert len(said) == called


@pytest.mark.parametrize("auth", ["none", "iam"])
def test_a_network_with_too_many_rules_is_not_told_to_open_its_services(auth: str) -> None:
    callees = [f"s{number}" for number in range(62)]
    services = [f's{n} = {{ image = "r.io/s:1", port = {8000 + n} }}\n' for n in range(62)]
    web = f'web = {{ image = "r.io/web:1", sign_requests = true, calls = {callees} }}\n'
    catalog = f'[mesh]\nkind = "vpc-lattice"\nauth = "{auth}"\n[services]\n{web}{"".join(services)}'
    [said] = [each.message for each in loaded(catalog).notices if "its security group would have" in each.message]
    assert said.endswith(
        "ask for more, or let services share ports"
        if auth == "iam"
        else 'ask for more, or with auth = "iam" let services share ports'
    )


def test_a_load_balancer_is_nothing_to_calls_between_services() -> None:
    [one] = loaded(_called(SHORT_SILENCE, public=True)).deployments
    inside = timers_of(one, Hop(callee=one.services["llm"], caller=one.services["chat"]))

    assert {timer.at for timer in inside} == {"task of llm"}
