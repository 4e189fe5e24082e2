"""EFS on the emulator: a policy comes and goes."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests import emulator


def test_a_file_system_can_be_rid_of_its_policy(aws: None) -> None:
    efs = emulator.client("efs", region="us-west-2")
    system = efs.create_file_system(CreationToken="check")["FileSystemId"]
    efs.put_file_system_policy(FileSystemId=system, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))

    efs.delete_file_system_policy(FileSystemId=system)

    with pytest.raises(ClientError, match="PolicyNotFound"):
        efs.describe_file_system_policy(FileSystemId=system)
    efs.delete_file_system(FileSystemId=system)
