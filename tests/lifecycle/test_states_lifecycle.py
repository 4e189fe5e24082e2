"""Several Terraform states of one deployment, applied and destroyed on the emulated AWS, with moves of services."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.support.states_trial import S3, States, running, walk


@pytest.mark.slow
def test_services_have_their_own_states_in_s3_and_can_be_moved_and_removed(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    s3 = emulator.client("s3", region="us-west-2")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    walk(States(tmp_path, kind="service-connect", state=S3))


@pytest.mark.nightly
def test_iam_admits_callers_in_another_state(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    walk(States(tmp_path, kind="vpc-lattice", state="", signed=True))


@pytest.mark.nightly
def test_mesh_resources_of_stacks_are_removed_after_their_services_leave_the_mesh(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    states = States(tmp_path, kind="service-connect", state="")
    states.write(web='stack = "front"', llm='stack = "rag"')
    states.deploy("apply")
    before = running()
    for kind in ("vpc-lattice", "none"):
        states.switch(kind)
        states.write(web='stack = "front"', llm='stack = "rag"')
        said = states.deploy("apply")
        assert said.index("=== trial_front: terraform apply") < said.index("=== trial: terraform apply of deletions")
        assert states.planned() == dict.fromkeys(("trial", "trial_rag", "trial_front"), "no changes")
    assert running() == before
    states.deploy("destroy")
    assert emulator.leftovers() == {}
