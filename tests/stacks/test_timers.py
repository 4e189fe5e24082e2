"""Timers on every path, read from the Terraform JSON of each mesh, and the findings about them."""

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


def test_the_timers_of_every_mesh_have_a_test_here_or_in_the_meshs_folder() -> None:
    for kind in MESHES.keys() - READ.keys():
        folder = ROOT / "tests" / "meshes" / kind.replace("-", "_")
        assert (folder / f"test_{folder.name}_timers.py").is_file(), kind


# ---- Stop timeouts


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
def test_the_stop_timeout_follows_the_longest_response(keys: str, seconds: int, tmp_path: Path) -> None:
    catalog = (
        '[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "none"\n'
        f'[services.llm]\nimage = "r.io/llm:1"\nport = 80\n{keys}\n'
    )
    assert containers(catalog_output(catalog, tmp_path)["shop"], "llm")["llm"]["stopTimeout"] == seconds


def test_the_stop_timeout_of_a_caller_follows_its_callees_timeout() -> None:
    services = {"worker": {"image": "w:1", "calls": ["llm"]}, "llm": {"image": "l:1", "port": 80, "timeout": "1m"}}
    of_services = deployment(services=services).services
    assert of_services["worker"].stop_timeout == of_services["llm"].stop_timeout == 60


# ---- Findings


def _called(keys: str, *, public: bool = False) -> str:
    ingress = '[ingress.open]\nallow = ["10.0.0.0/8"]\n' if public else ""
    return f"""{ingress}
[services.chat]
image = "r.io/chat:1"
calls = ["llm"]

[services.llm]
image = "r.io/llm:1"
port = 80
public = {str(public).lower()}
{keys}
"""


SHORT_IDLE = 'timeout = "10m"\nidle_timeout = "30s"'


def _notices(text: str, kind: str) -> list[str]:
    return [str(notice) for notice in loaded(text, kind=kind).notices]


@pytest.mark.parametrize(
    ("kind", "public", "expected"),
    [
        ("service-connect", False, 'llm that are idle for "30s"'),
        ("service-connect", True, 'llm that are idle for "1m"'),
        ("vpc-lattice", False, None),
        ("vpc-lattice", True, 'llm that are idle for "1m"'),
        ("none", False, None),
        ("none", True, 'llm that are idle for "1m"'),
    ],
)
def test_a_short_idle_timeout_is_reported_only_if_a_timer_applies_it(
    kind: str, public: bool, expected: str | None
) -> None:
    cut = [
        notice for notice in _notices(_called(SHORT_IDLE, public=public), kind) if "closes connections of llm" in notice
    ]

    assert len(cut) == (expected is not None)
    assert all(str(expected) in notice for notice in cut)


def test_a_short_idle_timeout_without_callers_is_not_reported() -> None:
    uncalled = """
        [services]
        lone = { image = "r.io/lone:1", port = 80, timeout = "10m", idle_timeout = "30s" }
    """
    assert notices_of(uncalled, kind="service-connect") == []


@pytest.mark.parametrize("kind", READ)
def test_no_idle_limit_is_honored_on_a_mesh_without_a_timer(kind: str) -> None:
    keys = 'idle_timeout = "none"'
    unhonored = [notice for notice in _notices(_called(keys), kind) if "not honored for llm" in notice]

    assert len(unhonored) == (kind == "vpc-lattice")


def test_no_response_limit_is_honored_without_a_mesh() -> None:
    assert not [each for each in _notices(_called('timeout = "none"'), "none") if "honored" in each]


def test_a_timeout_beyond_vpc_lattices_limit_is_reported_once_also_with_strict() -> None:
    catalog = """
        [mesh]
        kind = "vpc-lattice"
        strict = true

        [services]
        chat = { image = "r.io/chat:1", calls = ["llm"] }
        llm = { image = "r.io/llm:1", port = 80, timeout = "20m" }
    """
    [problem] = problems_of(catalog)
    assert "ends every connection after ten minutes. Write at most" in problem


@pytest.mark.parametrize(("hours", "is_error"), [(596523, False), (596524, True)])
@pytest.mark.parametrize("key", ["timeout", "idle_timeout"])
def test_service_connect_allows_seconds_of_31_bits(hours: int, is_error: bool, key: str) -> None:
    # The idle timeout follows the timeout, and would also be an error.
    more = f', idle_timeout = "none", {key} = "{hours}h"' if key == "timeout" else f', {key} = "{hours}h"'
    catalog = f"""
        [services]
        chat = {{ image = "r.io/chat:1", calls = ["llm"] }}
        llm = {{ image = "r.io/llm:1", port = 80{more} }}
    """
    if is_error:
        [problem] = problems_of(catalog, kind="service-connect")
        assert f'services.llm.{key}: "{hours}h" exceeds the longest time that ECS allows' in problem
    else:
        loaded(catalog, kind="service-connect")


@pytest.mark.parametrize("keys", ["pool = { connections = 5 }", "outlier = { errors = 3 }"])
@pytest.mark.parametrize("called", [True, False])
def test_unsupported_limits_are_reported_only_for_services_with_callers(keys: str, called: bool) -> None:
    calls = ', calls = ["llm"]' if called else ""
    catalog = f"""
        [services]
        chat = {{ image = "r.io/chat:1"{calls} }}
        llm = {{ image = "r.io/llm:1", port = 80, {keys} }}
    """
    notices = [notice for notice in loaded(catalog).notices if "not honored for llm" in notice.message]
    assert len(notices) == called


@pytest.mark.parametrize("auth", ["none", "iam"])
def test_too_many_security_group_rules_have_safe_advice(auth: str) -> None:
    callees = [f"s{number}" for number in range(62)]
    services = [f's{n} = {{ image = "r.io/s:1", port = {8000 + n} }}\n' for n in range(62)]
    web = f'web = {{ image = "r.io/web:1", sign_requests = true, calls = {callees} }}\n'
    catalog = f'[mesh]\nkind = "vpc-lattice"\nauth = "{auth}"\n[services]\n{web}{"".join(services)}'
    [message] = [each.message for each in loaded(catalog).notices if "the mesh's security group needs" in each.message]
    assert message.endswith(
        "Ask AWS to raise it, or let services share ports."
        if auth == "iam"
        else 'Ask AWS to raise it, or, with auth = "iam", let services share ports.'
    )


def test_calls_between_services_have_no_load_balancer_timers() -> None:
    [one] = loaded(_called(SHORT_IDLE, public=True)).deployments
    inside = timers_of(one, Hop(callee=one.services["llm"], caller=one.services["chat"]))

    assert {timer.at for timer in inside} == {"task of llm"}
