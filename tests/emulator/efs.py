"""The EFS operation that moto lacks: deleting a file system's policy."""

from __future__ import annotations

from typing import Any

from moto.efs.exceptions import FileSystemNotFound
from moto.efs.responses import EFSResponse


def delete_file_system_policy(self: Any) -> tuple[int, dict[str, str], str]:
    """Delete the policy if there is one; the response is an empty 200 (EFS API reference, DeleteFileSystemPolicy)."""
    file_system_id = self._get_param("FileSystemId")
    file_system = self.efs_backend.file_systems_by_id.get(file_system_id)
    if file_system is None:
        raise FileSystemNotFound(file_system_id)
    file_system.file_system_policy = None
    return 200, {"Content-Type": "application/json"}, ""


def install() -> None:
    """Add the operation to moto."""
    EFSResponse.delete_file_system_policy = delete_file_system_policy  # type: ignore[attr-defined]
