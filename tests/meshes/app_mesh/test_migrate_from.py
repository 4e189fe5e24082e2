"""Migrating from App Mesh after AWS ended it: Terraform removes its resources from the state without AWS calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.load import load
from stacks.mesh import MESHES
from stacks.mesh.app_mesh import retired_resources
from tests import emulator
from tests.conftest import ROOT
from tests.emulator.terraform import TerraformError
from tests.support.catalogs import loaded, once, problems_of
from tests.support.fake_terraform import Project
from tests.support.synth import catalog_output
from tests.support.trial import Trial

CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
[mesh]
{mesh}
[network]
zones = ["us-west-2a"]
nat = "none"
flow_logs = false
[services.chat]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/chat:1"
calls = ["llm", "cache"]
[services.llm]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/llm:1"
port = 8080
[services.cache]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/redis:7"
port = 6379
protocol = "tcp"
"""


def catalog(mesh: str) -> str:
    """The catalog with these lines in its [mesh]."""
    return CATALOG.format(mesh=mesh)


SUCCESSORS = [kind for kind in MESHES if kind != "app-mesh"]
UNREACHABLE = {"AWS_ENDPOINT_URL_APP_MESH": "http://127.0.0.1:9"}


@pytest.fixture
def trial(aws: None, tmp_path: Path) -> Iterator[Trial]:
    emulator.reset()
    trial = Trial(tmp_path)
    trial.write(catalog('kind = "app-mesh"'))
    trial.workspace.apply()
    trial.environment = UNREACHABLE
    yield trial
    emulator.reset()


@pytest.mark.parametrize("kind", once(SUCCESSORS, on="service-connect"))
def test_migration_works_without_the_app_mesh_api(trial: Trial, kind: str) -> None:
    before = trial.state()
    trial.write(catalog(f'kind = "{kind}"\nmigrate_from = "app-mesh"'))
    planned = trial.planned()
    trial.apply_planned()
    after = trial.state()

    assert not [address for address in after if address.startswith("aws_appmesh_")]
    _assert_nothing_else_moved(before, after, planned)
    assert trial.planned() == {}

    trial.write(catalog(f'kind = "{kind}"'))
    registrations = {"aws_service_discovery_service.llm", "aws_service_discovery_service.cache"}
    unused = {address for address, actions in trial.planned().items() if actions == ["delete"]}
    # The second apply removes registrations that the new mesh doesn't use, from their ECS services too.
    assert unused <= registrations
    assert set(trial.planned()) - unused == {f"aws_ecs_service.{address.rpartition('.')[2]}" for address in unused}
    trial.workspace.apply()
    assert trial.planned() == {}
    trial.workspace.destroy()
    assert _not_of_app_mesh(emulator.leftovers()) == {}


def _assert_nothing_else_moved(before: dict[str, Any], after: dict[str, Any], planned: dict[str, list[str]]) -> None:
    kept = [address for address in before if address.startswith(("aws_vpc.", "aws_ecs_", "aws_iam_role.", "aws_cloud"))]
    assert {"aws_vpc.main_network", "aws_ecs_cluster.main_cluster", "aws_ecs_service.llm"} <= set(kept)
    for address in kept:
        assert address in after
        if "task_definition" not in address:
            assert before[address]["id"] == after[address]["id"], f"{address} was replaced"
            assert planned.get(address, ["update"]) == ["update"]
    registrations = [address for address in before if address.startswith("aws_service_discovery_")]
    assert all(before[address]["id"] == after[address]["id"] for address in registrations)


def _not_of_app_mesh(left: dict[str, list[str]]) -> dict[str, list[str]]:
    """AWS ended App Mesh, and its removed resources are unmanaged."""
    return {kind: names for kind, names in left.items() if kind != "mesh"}


@pytest.mark.slow
def test_without_migrate_from_the_plan_fails_without_the_app_mesh_api(trial: Trial) -> None:
    trial.write(catalog('kind = "none"'))

    with pytest.raises(TerraformError, match="App Mesh"):
        trial.planned()


@pytest.mark.parametrize("file", ["services.toml", "examples/app-mesh.toml", "tests/more_catalogs/everything.toml"])
def test_all_app_mesh_resources_are_removed_from_the_state(file: str, tmp_path: Path) -> None:
    for deployment in load(ROOT / file).deployments:
        output = catalog_output(ROOT / file, tmp_path)[deployment.id]
        made = {
            f"{type_}.{name}"
            for type_, named in output["resource"].items()
            for name in named
            if type_.startswith("aws_appmesh_") or type_ == "aws_acm_certificate"
        }

        assert made and made <= set(retired_resources(deployment))


def test_a_renamed_service_is_also_removed_under_its_old_key(tmp_path: Path) -> None:
    renamed = catalog('kind = "none"\nmigrate_from = "app-mesh"').replace('"llm"', '"model"')
    renamed = renamed.replace("[services.llm]", '[services.model]\nrenamed_from = "llm"')
    output = catalog_output(renamed, tmp_path)["trial"]

    removed = {block["from"] for block in output["removed"]}
    assert {"aws_appmesh_route.llm", "aws_appmesh_route.model", "aws_appmesh_virtual_node.llm"} <= removed
    assert {block["from"] for block in output["moved"]} & removed == set()


def test_removal_from_the_state_destroys_nothing(tmp_path: Path) -> None:
    output = catalog_output(catalog('kind = "none"\nmigrate_from = "app-mesh"'), tmp_path)["trial"]

    assert {"from": "aws_appmesh_mesh.main_mesh", "lifecycle": {"destroy": False}} in output["removed"]
    assert all(block["lifecycle"] == {"destroy": False} for block in output["removed"])
    assert not [type_ for type_ in output["resource"] if type_.startswith("aws_appmesh_")]
    assert set(output["resource"]["aws_service_discovery_service"]) == {"llm", "cache"}


def test_migrate_from_the_current_mesh_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    problems = problems_of('[mesh]\nkind = "app-mesh"\nmigrate_from = "app-mesh"')

    assert problems == [
        "services.toml:3: mesh.migrate_from: is the same as kind (services.toml:2). Write the new mesh there, or "
        "remove migrate_from."
    ]
    assert loaded('[mesh]\nkind = "none"\nmigrate_from = "app-mesh"')


STATE_LIST = """#!/bin/sh
test "$1 $2" = "state list" || exit 0
printf 'aws_vpc.main_network\\naws_appmesh_route.llm\\naws_appmesh_route.old\\naws_appmesh_virtual_node.old\\n'
"""


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_deploy_prints_how_to_remove_leftover_app_mesh_resources(tmp_path: Path, command: str) -> None:
    project = Project(folder=tmp_path)
    project.write_output({"shop": []})
    (tmp_path / "bin" / "terraform").write_text(STATE_LIST)
    configuration = {"resource": {"aws_vpc": {"main_network": {}}}, "removed": [{"from": "aws_appmesh_route.llm"}]}
    (project.stack("shop") / "cdk.tf.json").write_text(json.dumps(configuration))

    done = project.deploy(command)

    assert done.returncode == 0
    assert "terraform state rm aws_appmesh_route.old aws_appmesh_virtual_node.old\n" in done.stderr
    assert "shop: AWS has ended App Mesh" in done.stderr


def test_deploy_ignores_resources_that_are_moved(tmp_path: Path) -> None:
    project = Project(folder=tmp_path)
    project.write_output({"shop": []})
    (tmp_path / "bin" / "terraform").write_text(STATE_LIST)
    routes = {"llm": {}, "new": {}}
    configuration = {
        "resource": {"aws_appmesh_route": routes, "aws_appmesh_virtual_node": {"new": {}}},
        "moved": [
            {"from": f"aws_appmesh_{type_}.old", "to": f"aws_appmesh_{type_}.new"}
            for type_ in ("route", "virtual_node")
        ],
    }
    (project.stack("shop") / "cdk.tf.json").write_text(json.dumps(configuration))

    assert "state rm" not in project.deploy("plan").stderr


def test_deploy_prints_nothing_while_app_mesh_is_in_use(tmp_path: Path) -> None:
    project = Project(folder=tmp_path)
    project.write_output({"shop": []})
    (tmp_path / "bin" / "terraform").write_text(STATE_LIST)
    routes = {"llm": {}, "old": {}}
    configuration = {"resource": {"aws_appmesh_route": routes, "aws_appmesh_virtual_node": {"old": {}}}}
    (project.stack("shop") / "cdk.tf.json").write_text(json.dumps(configuration))

    assert "state rm" not in project.deploy("plan").stderr


def test_synth_reports_when_migrate_from_can_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    notices = loaded(catalog('kind = "none"\nmigrate_from = "app-mesh"')).notices
    (told,) = [str(notice) for notice in notices if notice.place == "mesh.migrate_from"]
    assert told.startswith(
        "services.toml:6: mesh.migrate_from: notice: the next apply removes App Mesh from the state. Remove "
        "migrate_from when every environment is applied and every service has new tasks: "
    )
