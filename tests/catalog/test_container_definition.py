"""The shape of container definitions comes from AWS's API model, and the app reads it without botocore."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from catalog.task.addition import SHAPE_FILE, container_definition_shape
from tests.support.catalogs import loaded, pointed_out, problems_of
from tools.aws_data import container_definition

WRONG = {
    "kernel parameters": """
        [services.web]
        image = "r.io/web:1"
        [[services.web.container.systemControls]]
        namespace = "vm.max_map_count"
        #^ services.web.container.systemControls[0].namespace: "vm.max_map_count" isn't a namespaced kernel parameter,
        #| so ECS can't set it. Remove it. For Elasticsearch and OpenSearch, write environment = {
        #| "node.store.allow_mmap" = "false" } instead.
        value = "262144"
        [[services.web.container.systemControls]]
        namespace = "net.core.somaxconn"
        value = "1024"
        [[services.web.container.systemControls]]
        namespace = "kernel.shmmaxx"
        #^ services.web.container.systemControls[2].namespace: "kernel.shmmaxx" isn't a namespaced kernel parameter, so
        #| ECS can't set it. Use "kernel.shmmax", or remove it.
        value = "1"
    """,
    "keys that other keys set": """
        [services.web]
        image = "r.io/web:1"
        port = 80
        [services.web.container]
        user = "1000"
        #^ services.web.container.user: is set by another key. Write user = "1000" beside container.
        stopTimeout = 30
        #^ services.web.container.stopTimeout: is set by another key. Write stop_timeout = "30s" beside container.
        portMappings = [{ containerPort = 81 }]
        #^ services.web.container.portMappings: a second port isn't supported yet beside port (services.toml:3). Remove
        #| it.
        environmentFiles = []
        #^ services.web.container.environmentFiles: files of environment variables aren't supported. Write their
        #| variables in environment.
        logConfiguration = {}
        #^ services.web.container.logConfiguration: other log drivers aren't supported. Use logs.router to send logs to
        #| another destination.
        [services.web.sidecars.a]
        image = "r.io/a:1"
        [services.web.sidecars.a.container]
        memory = 64
        #^ services.web.sidecars.a.container.memory: a hard limit isn't supported for sidecars. Set memory beside
        #| container, which reserves it.
        memoryReservation = 64
        #^ services.web.sidecars.a.container.memoryReservation: is set by another key. Write memory = 64 beside
        #| container.
    """,
    "markers of health commands": """
        [services.web]
        image = "r.io/web:1"
        health.command = ["NONE"]
        #^ services.web.health.command: "NONE" isn't supported. Remove command: without it, ECS runs no check, not even
        #| the image's HEALTHCHECK.
        [services.web.sidecars.a]
        image = "r.io/a:1"
        health.command = ["CMD-SHELL", "curl", "-f localhost"]
        #^ services.web.sidecars.a.health.command: "CMD-SHELL" must be followed by one string, not 2. Write command =
        #| ["CMD-SHELL", "curl -f localhost"].
        [services.web.sidecars.b]
        image = "r.io/b:1"
        health.command = ["CMD"]
        #^ services.web.sidecars.b.health.command: is empty. Write a command such as "curl -f http://localhost/", or
        #| remove it.
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
@pytest.mark.usefixtures("in_tmp_path")
def test_an_error_about_a_container_has_its_line_and_advice(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('["CMD-SHELL", "curl -f x || exit 1"]', ("CMD-SHELL", "curl -f x || exit 1")),
        ('["CMD", "redis-cli", "ping"]', ("CMD", "redis-cli", "ping")),
        ('["redis-cli", "ping"]', ("CMD", "redis-cli", "ping")),
        ('["CMD-SHELL curl x"]', ("CMD-SHELL", "curl x")),
        ('"CMD-SHELL curl x"', ("CMD-SHELL", "curl x")),
        ('"CMD-SHELL, curl x"', ("CMD-SHELL", "curl x")),
        ('"CMD curl x"', ("CMD-SHELL", "curl x")),
        ('"CMD, curl, x"', ("CMD", "curl", "x")),
        ('"curl x"', ("CMD-SHELL", "curl x")),
    ],
)
@pytest.mark.usefixtures("in_tmp_path")
def test_a_health_command_may_begin_with_the_marker_of_ecs(command: str, expected: tuple[str, ...]) -> None:
    keys = f"health.command = {command}\n"
    sidecar = f'[services.web.sidecars.a]\nimage = "r.io/a:1"\n{keys}'
    [deployment] = loaded(f'[services.web]\nimage = "r.io/web:1"\n{keys}{sidecar}').deployments

    web = deployment.services["web"]
    assert (web.health.command, web.sidecars["a"].health.command) == (expected, expected)


def test_the_shape_matches_the_installed_botocore() -> None:
    assert SHAPE_FILE.read_text() == container_definition(), "python -m tools.aws_data writes it anew"


def test_the_shape_has_types_values_and_required_keys() -> None:
    limits = container_definition_shape()["members"]["ulimits"]["member"]
    assert limits["required"] == ["hardLimit", "name", "softLimit"]
    assert limits["members"]["hardLimit"] == {"type": "integer"}
    assert "nofile" in limits["members"]["name"]["enum"]


def test_the_app_does_not_import_botocore(root: Path) -> None:
    program = "import sys, catalog.load; catalog.load.load('services.toml'); sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
