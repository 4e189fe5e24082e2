"""App Mesh's timers on every path, read from the Terraform JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.analysis.timeouts import Hop
from catalog.meshes.hops import timers_of
from catalog.model import UNLIMITED, Deployment
from stacks.mesh.app_mesh.routes import FOREVER
from tests.conftest import ROOT
from tests.support.catalogs import loaded, notices_of
from tests.support.outputs import ShippedOutputs
from tests.support.synth import catalog_output, containers, resources
from tests.support.timers_read import Found, Output, assert_timers_are_as_explained

TIGHT = ROOT / "tests/stacks/timers.toml"


pytestmark = pytest.mark.usefixtures("in_tmp_path")


def seconds(duration: dict[str, Any]) -> float:
    assert duration["unit"] in ("s", "ms")
    return UNLIMITED if duration["value"] == FOREVER else duration["value"] / {"s": 1, "ms": 1000}[duration["unit"]]


def of_app_mesh(output: Output, deployment: Deployment, hop: Hop) -> Found:
    """At the caller's proxy, on the route, and at the callee's proxy."""
    name = hop.callee.name
    if hop.caller is not None:
        caller = _listener(output, hop.caller.name)
        if "per_request" in caller and not hop.callee.is_tcp:
            yield (f"proxy of {hop.caller.name}", "response"), seconds(caller["per_request"])
        [(_, route)] = resources(output, "aws_appmesh_route")[name]["spec"].items()
        limits = {"per_request": "response", "idle": "idle timeout"}
        yield from (((f"route to {name}", limits[key]), seconds(it)) for key, it in route["timeout"].items())
        if "retry_policy" in route:
            yield (f"route to {name}", "one try"), seconds(route["retry_policy"]["per_retry_timeout"])
    if hop.caller is not None or hop.ingress is not None:
        timers = _listener(output, name)
        limits = {"per_request": "response", "idle": "idle timeout"}
        yield from (((f"proxy of {name}", limits[key]), seconds(it)) for key, it in timers.items())


def _listener(output: Output, name: str) -> dict[str, Any]:
    listeners = resources(output, "aws_appmesh_virtual_node")[name]["spec"].get("listener") or [{"timeout": {"": {}}}]
    [(_, timers)] = listeners[0]["timeout"].items()
    return dict(timers)


@pytest.mark.parametrize("catalog", [ROOT / "services.toml", TIGHT], ids=lambda file: file.stem)
def test_every_timer_on_every_path_is_long_enough_or_explained(shipped: ShippedOutputs, catalog: Path) -> None:
    assert_timers_are_as_explained(shipped(catalog, "app-mesh"), of_mesh=of_app_mesh)


def test_a_short_idle_timeout_on_a_route_is_reported() -> None:
    [said] = notices_of(
        """
        [services.chat]
        image = "r.io/chat:1"
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 8080
        timeout = "10m"
        idle_timeout = "30s"
        """,
        kind="app-mesh",
    )
    assert 'closes connections of llm that are idle for "30s"' in said


def test_each_try_gets_an_equal_part_of_the_timeout() -> None:
    [deployment] = loaded(
        """
        [services]
        chat = { image = "r.io/chat:1", calls = ["llm"] }
        llm = { image = "r.io/llm:1", port = 8080, timeout = "1m", retries = { attempts = 4 } }
        """,
        kind="app-mesh",
    ).deployments
    chat, llm = deployment.services.values()
    [one_try] = [t for t in timers_of(deployment, Hop(caller=chat, callee=llm)) if t.limits == "one try"]

    assert (one_try.seconds, one_try.requested, one_try.is_short) == (15, 60, True)
    assert "retries.attempts" in one_try.reason


def test_the_proxy_stops_after_a_slow_service(tmp_path: Path) -> None:
    """ECS stops containers in the order of their dependencies backwards, each with a stop timeout of its own (ECS API
    reference, ContainerDefinition.dependsOn), so the proxy's has not to be as long as its service's."""
    output = catalog_output((ROOT / "services.toml").read_text(), tmp_path)["chatqna"]
    tasks = {name: containers(output, name) for name in resources(output, "aws_ecs_task_definition")}

    assert max(task[name]["stopTimeout"] for name, task in tasks.items()) == 120
    for name, task in tasks.items():
        assert {"containerName": "envoy", "condition": "HEALTHY"} in task[name]["dependsOn"]
        assert "dependsOn" not in task["envoy"]
