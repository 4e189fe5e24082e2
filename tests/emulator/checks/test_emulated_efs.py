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


def test_a_file_system_has_no_backups_unless_they_are_turned_on(aws: None) -> None:
    efs = emulator.client("efs", region="us-west-2")
    tags = [{"Key": "Name", "Value": "shop-files"}]
    system = efs.create_file_system(CreationToken="check", Tags=tags)["FileSystemId"]
    assert emulator.without_backups(region="us-west-2") == ["shop-files"]

    efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "ENABLED"})

    assert efs.describe_backup_policy(FileSystemId=system)["BackupPolicy"] == {"Status": "ENABLED"}
    assert emulator.without_backups(region="us-west-2") == []
    with pytest.raises(ClientError, match="Status"):
        efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "daily"})
    efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "DISABLED"})
    assert emulator.without_backups(region="us-west-2") == ["shop-files"]
