"""EFS as AWS has it, where moto has less: a file system's policy can be taken away again."""

from __future__ import annotations

from typing import Any

from moto.efs.exceptions import FileSystemNotFound
from moto.efs.responses import EFSResponse


def delete_file_system_policy(self: Any) -> tuple[int, dict[str, str], str]:
    """EFS API reference, DeleteFileSystemPolicy: also where there is none, and 200 with nothing in it."""
    file_system_id = self._get_param("FileSystemId")
    file_system = self.efs_backend.file_systems_by_id.get(file_system_id)
    if file_system is None:
        raise FileSystemNotFound(file_system_id)
    file_system.file_system_policy = None
    return 200, {"Content-Type": "application/json"}, ""


def install() -> None:
    """Add what is missing to moto."""
    EFSResponse.delete_file_system_policy = delete_file_system_policy  # type: ignore[attr-defined]
