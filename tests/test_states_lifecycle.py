"""Several Terraform states of one deployment, applied, moved between and destroyed on the emulated AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.states_trial import S3, States, walk


@pytest.mark.slow
def test_services_live_in_states_of_their_own_in_s3_move_and_go(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    s3 = emulator.client("s3", region="us-west-2")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    walk(States(tmp_path, kind="service-connect", state=S3))


@pytest.mark.slow
def test_iam_admits_callers_that_live_in_another_state(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    walk(States(tmp_path, kind="vpc-lattice", state="", signed=True))
