"""Other containers in tasks that have an Envoy proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.meshes.app_mesh.envoy import ENVOY_VERSION, envoy_image
from tests.support.catalogs import pointed_out, problems_of
from tests.support.synth import catalog_output, containers, deployment

CATALOG = """
[catalog]
name = "shop"
region = "us-west-2"
[network]
zones = ["us-west-2a", "us-west-2b"]
[mesh]
kind = "app-mesh"
tracing = {tracing}
[services.web]
image = "r.io/web:1"
cpu = 1024
memory = 2048
logs = {{ router = {{ options = {{ Name = "null" }} }} }}
[services.web.sidecars]
job = {{ image = "r.io/job:1", start = "before", essential = false }}
warmer = {{ image = "r.io/warmer:1", start = "after" }}
"""


def task(tmp_path: Path, *, tracing: str = "true") -> dict[str, dict[str, Any]]:
    return containers(catalog_output(CATALOG.format(tracing=tracing), tmp_path)["shop"], "web")


def test_containers_that_use_the_network_wait_for_the_proxy(tmp_path: Path) -> None:
    found = task(tmp_path)
    healthy = {"containerName": "envoy", "condition": "HEALTHY"}

    assert [name for name, each in found.items() if healthy not in each.get("dependsOn", [])] == ["envoy"]
    assert sum(each.get("cpu", 0) for each in found.values()) == 1024


@pytest.mark.parametrize(("tracing", "expected"), [("true", ["1"]), ("false", [])])
def test_proxies_send_traces_only_to_a_collector(tmp_path: Path, tracing: str, expected: list[str]) -> None:
    variables = task(tmp_path, tracing=tracing)["envoy"]["environment"]

    assert [each["value"] for each in variables if each["name"] == "ENABLE_ENVOY_XRAY_TRACING"] == expected


def test_a_sidecar_with_the_proxys_name_or_user_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippet = """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.envoy]
        #^ services.web.sidecars.envoy: "envoy" is also the name of the proxy in the same task. Use another name.
        image = "r.io/a:1"
        user = "1337"
        #^ services.web.sidecars.envoy.user: "1337" is the user of the proxy, and its traffic bypasses the
        #| proxy. Use another user.
    """
    assert problems_of(snippet, kind="app-mesh") == pointed_out(snippet)


def test_the_proxys_share_is_reserved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [problem] = problems_of(
        '[services.web]\nimage = "r.io/web:1"\nsidecars = { a = { image = "r.io/a:1", cpu = 300 } }', kind="app-mesh"
    )
    assert "sidecars use 428 of 512 CPU units" in problem


@pytest.mark.parametrize("nat", ["single", "none"])
def test_envoys_image_uses_the_mirror_of_its_registry(nat: str) -> None:
    cache = "123456789012.dkr.ecr.us-west-2.amazonaws.com/public"
    found = deployment(images={"registry": {"public.ecr.aws": cache}}, network={"nat": nat})

    assert envoy_image(found) == f"{cache}/appmesh/aws-appmesh-envoy:{ENVOY_VERSION}"
