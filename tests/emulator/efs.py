"""The EFS operations that moto lacks: deleting a file system's policy, and setting its backup policy."""

from __future__ import annotations

import json
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.efs.exceptions import BadRequest, FileSystemNotFound
from moto.efs.models import FileSystem, efs_backends
from moto.efs.responses import EFSResponse

from . import validation

_JSON = {"Content-Type": "application/json"}


def delete_file_system_policy(self: Any) -> tuple[int, dict[str, str], str]:
    """Delete the policy if there is one; the response is an empty 200 (EFS API reference, DeleteFileSystemPolicy)."""
    _found(self).file_system_policy = None
    return 200, _JSON, ""


def put_backup_policy(self: Any) -> tuple[int, dict[str, str], str]:
    """Turn the daily backups of a file system on or off (EFS API reference, PutBackupPolicy)."""
    policy = self._get_param("BackupPolicy")
    request = {"FileSystemId": self._get_param("FileSystemId"), "BackupPolicy": policy}
    if found := validation.problems("efs", "PutBackupPolicy", request):
        raise BadRequest("; ".join(found))
    system = _found(self)
    system._backup, system._backup_policy = policy["Status"] == "ENABLED", policy
    return 200, _JSON, json.dumps({"BackupPolicy": policy})


def without_backups(*, region: str, account: str = DEFAULT_ACCOUNT_ID) -> list[str]:
    """The names of file systems without backups. The API's default is none (EFS API reference, CreateFileSystem)."""
    systems = efs_backends[account][region].file_systems_by_id.values()
    return sorted(each.info_json()["Name"] or each.file_system_id for each in systems if not each._backup)


def _found(response: Any) -> Any:
    file_system_id = response._get_param("FileSystemId")
    file_system = response.efs_backend.file_systems_by_id.get(file_system_id)
    if file_system is None:
        raise FileSystemNotFound(file_system_id)
    return file_system


def _backup_policy(self: FileSystem) -> dict[str, str] | None:
    """A file system has a policy once one was put, even if it turned the backups off."""
    return getattr(self, "_backup_policy", {"Status": "ENABLED"} if self._backup else None)


def install() -> None:
    """Add the operations to moto."""
    FileSystem.backup_policy = property(_backup_policy)  # type: ignore[assignment,method-assign]
    for function in (delete_file_system_policy, put_backup_policy):
        setattr(EFSResponse, function.__name__, function)
