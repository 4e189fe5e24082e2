"""Folders that outlive tasks: which volumes lie on the deployment's file system, and where there."""

from __future__ import annotations

from catalog import names
from catalog.model import Deployment, Workload

NFS = 2049
"""The port of a mount target (EFS user guide, "Using VPC security groups")."""
MODEL = "model"
"""The volume of a service's model."""


def shared_folders(workload: Workload) -> dict[str, str]:
    """The volumes of a service that lie on the file system: the folder there, by volume. Its versions share it.

    Another model has another folder: tasks of before and after a change would load a mixture of both.
    """
    folders = {
        name: f"/{workload.aws_key}/{name}" for name, volume in sorted(workload.volumes.items()) if volume.kind == "efs"
    }
    if workload.model is not None and workload.model.cache == "efs":
        folders[MODEL] = f"/{workload.aws_key}/{MODEL}-{names.digest(workload.model.source)}"
    return folders


def has_files(deployment: Deployment) -> bool:
    """Whether a deployment needs a file system."""
    return any(map(shared_folders, deployment.workloads.values()))
