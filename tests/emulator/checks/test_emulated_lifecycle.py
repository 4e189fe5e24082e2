"""Real Terraform applies a whole stack to the emulator, finds nothing to change, and removes it again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.emulator import terraform

STACK = Path(__file__).parent / "chat_stack"


@pytest.fixture
def installed() -> None:
    """Terraform, or a reason to skip. DEMAND_TERRAFORM=1 forbids the skip."""
    if terraform.find_terraform() is None:
        if os.environ.get("DEMAND_TERRAFORM") == "1":
            pytest.fail("DEMAND_TERRAFORM=1, and terraform is not on the PATH")
        pytest.skip("terraform is not on the PATH")


@pytest.mark.slow
def test_a_stack_applies_settles_rolls_back_and_goes(installed: None, aws: Any, tmp_path: Path) -> None:
    work = terraform.workspace(STACK, tmp_path)
    work.init()
    work.validate()
    work.apply()
    assert not work.plan(), "a second plan finds changes"
    assert work.output()["service"].endswith("service/example/chat")

    found = aws("servicediscovery").discover_instances(NamespaceName="example.internal", ServiceName="chat")
    assert len({each["Attributes"]["AWS_INSTANCE_IPV4"] for each in found["Instances"]}) == 2

    emulator.rollback_next("chat")
    generated = work.folder / "cdk.tf.json"
    generated.write_text(generated.read_text().replace("small", "large"))
    with pytest.raises(terraform.TerraformError, match="The deployment was rolled back"):
        work.apply()
    work.apply()
    assert not work.plan(), "a plan after the repeated deployment finds changes"

    work.destroy()
    assert emulator.leftovers() == {}
    kept = [arn.rsplit("/", 1)[-1] for arn in emulator.active_task_definitions()]
    assert kept == ["chat:1", "chat:2"], "revisions with skip_destroy stay"


@pytest.mark.slow
def test_a_name_where_a_reference_is_needed_fails(installed: None, aws: Any, tmp_path: Path) -> None:
    work = terraform.workspace(STACK, tmp_path)
    generated = work.folder / "cdk.tf.json"
    stack = json.loads(generated.read_text())
    target = stack["resource"]["aws_appmesh_route"]["chat"]["spec"]["http_route"]["action"]["weighted_target"][0]
    target["virtual_node"] = "ghost"
    generated.write_text(json.dumps(stack))
    work.init()
    with pytest.raises(terraform.TerraformError, match="virtualNode/ghost does not exist"):
        work.apply("-target=aws_appmesh_route.chat")


@pytest.mark.slow
def test_a_stacks_own_s3_backend_locks_and_keeps_its_state(installed: None, aws: Any, tmp_path: Path) -> None:
    aws("s3").create_bucket(Bucket="state")
    work = terraform.workspace(STACK, tmp_path, keep_backend=True)
    work.init()
    work.apply("-target=aws_appmesh_mesh.this")
    assert [each["Key"] for each in aws("s3").list_objects_v2(Bucket="state")["Contents"]] == ["example"]
    assert work.show()["values"]["root_module"]["resources"][0]["address"] == "aws_appmesh_mesh.this"
    lock = {"ID": "held", "Operation": "OperationTypeApply", "Who": "somebody"}
    aws("s3").put_object(Bucket="state", Key="example.tflock", Body=json.dumps(lock))
    with pytest.raises(terraform.TerraformError, match="Error acquiring the state lock"):
        work.destroy()
    aws("s3").delete_object(Bucket="state", Key="example.tflock")
    work.destroy()


@pytest.mark.parametrize(("demand", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_missing_terraform_is_skipped_unless_demanded(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, demand: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(terraform, "find_terraform", lambda: None)
    monkeypatch.setenv("DEMAND_TERRAFORM", demand)
    with pytest.raises(outcome, match="terraform is not on the PATH"):
        request.getfixturevalue("installed")
