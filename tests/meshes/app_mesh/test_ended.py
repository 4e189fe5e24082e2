"""AWS has ended App Mesh: an apply stops before it creates anything that costs money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.costs import BILLED, WAITING
from tests import emulator
from tests.conftest import ROOT
from tests.emulator.terraform import TerraformError
from tests.support.fake_terraform import Project
from tests.support.synth import catalog_output
from tests.support.trial import Trial

FREE = {
    "aws_appautoscaling_policy",
    "aws_appautoscaling_scheduled_action",
    "aws_appautoscaling_target",
    "aws_cloudwatch_log_group",
    "aws_default_security_group",
    "aws_ecs_capacity_provider",
    "aws_ecs_cluster",
    "aws_ecs_cluster_capacity_providers",
    "aws_ecs_task_definition",
    "aws_efs_access_point",
    "aws_efs_backup_policy",
    "aws_efs_file_system_policy",
    "aws_efs_mount_target",
    "aws_flow_log",
    "aws_iam_instance_profile",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_internet_gateway",
    "aws_kms_alias",
    "aws_launch_template",
    "aws_lb_listener",
    "aws_lb_listener_rule",
    "aws_lb_target_group",
    "aws_route",
    "aws_route53_record",
    "aws_route_table",
    "aws_route_table_association",
    "aws_s3_bucket",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_security_group",
    "aws_service_discovery_http_namespace",
    "aws_service_discovery_service",
    "aws_subnet",
    "aws_vpc",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_wafv2_web_acl_association",
    "terraform_data",
}
"""Types that cost nothing while nothing uses them, or that exist only with another resource."""
OF_MESHES = ("aws_appmesh_", "aws_vpclattice_")
CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
[mesh]
kind = "app-mesh"
[network]
nat = "single"
flow_logs = false
[ingress.public]
allow = ["192.0.2.0/24"]
[services.web]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
port = 8080
public = true
"""
MESH = "aws_appmesh_mesh.main_mesh"


def test_every_type_of_the_output_is_known_to_cost_something_or_nothing() -> None:
    files = (ROOT / "tests" / "addresses").glob("*.txt")
    addresses = [line.split()[-1] for file in files for line in file.read_text("utf-8").splitlines()]
    types = {address.partition(".")[0] for address in addresses}

    assert {each for each in types if not each.startswith(OF_MESHES)} - FREE <= BILLED
    assert types >= FREE
    assert not FREE & BILLED


@pytest.mark.parametrize("file", ["services.toml", "examples/app-mesh.toml", "tests/more_catalogs/everything.toml"])
def test_what_costs_money_waits_for_the_mesh(file: str, tmp_path: Path) -> None:
    for id_, output in catalog_output(ROOT / file, tmp_path).items():
        mesh = output["resource"].get("aws_appmesh_mesh", {})
        billed = {f"{each}.{name}": body for each in WAITING for name, body in output["resource"].get(each, {}).items()}

        assert billed
        for address, body in billed.items():
            assert not mesh or MESH in body["depends_on"], f"{id_}: {address}"
        assert "depends_on" not in mesh.get("main_mesh", {})


def test_nothing_waits_on_other_meshes(tmp_path: Path) -> None:
    output = catalog_output(CATALOG.replace("app-mesh", "service-connect"), tmp_path)["trial"]

    assert "aws_appmesh" not in json.dumps(output)


@pytest.fixture
def trial(aws: None, tmp_path: Path) -> Iterator[Trial]:
    emulator.reset()
    emulator.end_app_mesh()
    yield Trial(tmp_path)
    emulator.reset()


def test_terraform_apply_creates_nothing_that_costs_money(trial: Trial) -> None:
    trial.write(CATALOG)

    with pytest.raises(TerraformError, match="creating App Mesh Service Mesh"):
        trial.workspace.apply()

    billed = {"NAT gateway", "elastic IP", "load balancer", "hosted zone", "service", "namespace"}
    assert "VPC" in emulator.leftovers()
    assert not billed & emulator.leftovers().keys()
    assert {address.partition(".")[0] for address in trial.state()} & WAITING == set()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The driver, for a deployment on App Mesh and one without."""
    project = Project(folder=tmp_path)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_APP_MESH", "APP_MESH"):
        project.environment.pop(name, None)
    project.write_output({"shop-dev": [], "shop-prod": []})
    _write(project, "shop-dev", {"resource": {"aws_vpc": {"main_network": {}}}})
    _write(project, "shop-prod", {"resource": {"aws_vpc": {"main_network": {}}, "aws_appmesh_mesh": {"main_mesh": {}}}})
    return project


def _write(project: Project, stack: str, configuration: dict[str, Any]) -> None:
    (project.stack(stack) / "cdk.tf.json").write_text(json.dumps(configuration))


def test_apply_refuses_a_mesh_that_aws_has_ended_before_it_runs_terraform(project: Project) -> None:
    done = project.deploy("apply")

    assert done.returncode == 2
    assert done.stderr == (
        "Error: shop-prod: AWS ended App Mesh on 2026-09-30, so the apply would fail; nothing was changed. "
        'Write kind = "service-connect" in [mesh]. If shop-prod exists, also write migrate_from = "app-mesh" there '
        "(docs/migrating-from-app-mesh.md). If App Mesh answers in your account, run make apply APP_MESH=1.\n"
    )
    assert project.calls() == []


@pytest.mark.parametrize(
    "variables",
    [
        {"APP_MESH": "1"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
        {"AWS_ENDPOINT_URL_APP_MESH": "http://127.0.0.1:4566"},
    ],
)
def test_apply_goes_on_if_app_mesh_answers(project: Project, variables: dict[str, str]) -> None:
    assert project.deploy("apply", **variables).returncode == 0
    assert "shop-prod: apply" in project.calls()


@pytest.mark.parametrize("variables", [{"APP_MESH": "0"}, {"AWS_ENDPOINT_URL_ECS": "http://127.0.0.1:4566"}])
def test_other_variables_change_nothing(project: Project, variables: dict[str, str]) -> None:
    assert project.deploy("apply", **variables).returncode == 2


@pytest.mark.parametrize("command", ["plan", "destroy"])
def test_other_commands_go_on(project: Project, command: str) -> None:
    assert project.deploy(command).returncode == 0


def test_a_deployment_that_moves_away_is_applied(project: Project) -> None:
    removed = [{"from": MESH, "lifecycle": {"destroy": False}}]
    _write(project, "shop-prod", {"resource": {"aws_vpc": {"main_network": {}}}, "removed": removed})

    assert project.deploy("apply").returncode == 0
