"""`[security]` on the emulated AWS: encryption with a key, deletion protection, and how to remove it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.guards import refuse_protected, refuse_what_aws_protects
from deploy.process import Refusal
from deploy.stacks import Stack
from tests import emulator
from tests.emulator.terraform import TerraformError, find_terraform
from tests.support.fake_terraform import Project
from tests.support.trial import Trial

CATALOG = """
[catalog]
name = "kept"
region = "us-west-2"

[aws]
accounts = ["123456789012"]

[network]
zones = ["us-west-2a", "us-west-2b"]

[mesh]
kind = "none"

[ingress.public]
allow = ["203.0.113.0/24"]

[services.web]
image = "public.ecr.aws/nginx/nginx:1.27"
port = 80
public = true
volumes = { data = { path = "/data", kind = "efs" } }
"""
WITH_KEY = CATALOG + "\n[security]\nkms_key = true\n"
PROTECTED = WITH_KEY + "deletion_protection = true\n"
TASK = "aws_ecs_task_definition.web"
BALANCER = "aws_lb.main_ingress_public"


def test_destroy_fails_before_it_runs_terraform(tmp_path: Path) -> None:
    project = Project(folder=tmp_path)
    project.write_output({"shop-dev": [], "shop-prod": []})
    kept = {"resource": {"aws_lb": {"main_ingress_public": {"lifecycle": {"prevent_destroy": True}}, "other": {}}}}
    (output,) = tmp_path.rglob("stacks/shop-prod")
    (output / "cdk.tf.json").write_text(json.dumps(kept))
    done = project.deploy("destroy")
    assert (done.returncode, project.calls()) == (2, [])
    assert done.stderr == (
        "Error: shop-prod: security.deletion_protection protects aws_lb.main_ingress_public; nothing was deleted. "
        "Write deletion_protection = false, run make apply, then make destroy again.\n"
    )
    assert project.deploy("apply").returncode == 0


@pytest.mark.slow
def test_a_key_encrypts_existing_resources_and_protection_is_removed_in_two_steps(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    trial.write(CATALOG)
    trial.planned()
    trial.apply_planned()

    trial.write(WITH_KEY)
    planned = trial.planned()
    # Only a file system can't change its key (EFS API reference, CreateFileSystem). It and its parts are replaced.
    assert {address for address, actions in planned.items() if "delete" in actions} - {TASK} == {
        "aws_efs_access_point.web_data",
        "aws_efs_backup_policy.main_files",
        "aws_efs_file_system.main_files",
        "aws_efs_file_system_policy.main_files",
        "aws_efs_mount_target.main_files_a",
        "aws_efs_mount_target.main_files_b",
    }
    trial.apply_planned()
    assert trial.planned() == {}
    state = trial.state()
    key = state["aws_kms_key.main_key"]["arn"]
    encrypted = {address: values.get("kms_key_id") for address, values in state.items() if "kms_key_id" in values}
    assert set(encrypted) == {
        "aws_cloudwatch_log_group.main_flow_logs",
        "aws_cloudwatch_log_group.web",
        "aws_efs_file_system.main_files",
    }
    assert set(encrypted.values()) == {key}
    [configuration] = state["aws_ecs_cluster.main_cluster"]["configuration"]
    assert configuration["managed_storage_configuration"][0]["fargate_ephemeral_storage_kms_key_id"] == key

    trial.write(PROTECTED)
    assert trial.planned() == {BALANCER: ["update"]}
    trial.apply_planned()
    here = Stack(id="kept", folder=trial.workspace.folder, dependencies=frozenset())
    with pytest.raises(Refusal, match=r"protects .*aws_efs_file_system.main_files.*nothing was deleted"):
        refuse_protected([here])
    with pytest.raises(TerraformError, match="prevent_destroy"):
        trial.workspace.destroy()
    assert len(trial.state()) == len(state)

    # Without an apply of the changed catalog, AWS would still refuse to delete the load balancer, after its services
    # were destroyed.
    trial.write(WITH_KEY)
    refuse_protected([here])
    with pytest.raises(Refusal, match=f"AWS still protects {BALANCER} from deletion; nothing was deleted"):
        refuse_what_aws_protects(here, terraform=str(find_terraform()))
    assert trial.planned() == {BALANCER: ["update"]}
    trial.apply_planned()
    refuse_what_aws_protects(here, terraform=str(find_terraform()))
    trial.workspace.destroy()
    assert emulator.leftovers() == {}
