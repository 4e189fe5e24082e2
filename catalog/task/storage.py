"""Storage of tasks: persistent volumes, and model artifacts with the container that downloads them."""

from __future__ import annotations

from catalog import names
from catalog.analysis.images import image_of, place_of
from catalog.analysis.policies import bucket_and_prefix, s3_read_statements
from catalog.model import Deployment, Workload
from catalog.task.addition import Addition

DEFAULT_USER = 1000
"""User and group ID of the files in a shared folder, unless the catalog sets others. Model artifacts always have it."""
NFS = 2049
"""The port of a mount target (EFS user guide, "Using VPC security groups")."""
MODEL = "model"
"""The volume of a service's model."""
LOADER = "model_loader"
"""The container that downloads it; the `_` distinguishes it from services and sidecars."""
LARGEST_STORAGE = 200
"""GiB of a task's storage (ECS API reference, EphemeralStorage)."""
_FETCH = (
    'aws s3 sync "$SOURCE" "$TARGET" --exact-timestamps --no-progress && '
    '{ test -n "$(ls -A "$TARGET")" || { echo "nothing lies in $SOURCE" >&2; exit 1; }; }'
)
"""Times are compared too (AWS CLI reference, `s3 sync --exact-timestamps`): by size alone, retrained artifacts of
the same size would count as unchanged. The command also fails if the folder is empty, which `s3 sync` doesn't."""
IMAGE_GIB = 10
"""GiB of a task's storage that is kept for its images."""


def shared_folders(workload: Workload) -> dict[str, str]:
    """The folder on the file system for each `efs` volume of a service. Its versions share these folders.

    Each model source has its own folder, because old and new tasks would otherwise load a mixture of both models.
    """
    folders = {
        name: f"/{workload.aws_key}/{name}" for name, volume in sorted(workload.volumes.items()) if volume.kind == "efs"
    }
    if workload.model is not None and workload.model.cache == "efs":
        folders[MODEL] = f"/{workload.aws_key}/{MODEL}-{names.digest(workload.model.source)}"
    return folders


def numeric_user(user: str | None) -> tuple[int, int] | None:
    """User and group ID of `uid:gid` or `uid`, which is also the group then; None for names."""
    uid, _, gid = (user or "").partition(":")
    return (int(uid), int(gid or uid)) if uid.isdecimal() and (gid or uid).isdecimal() else None


def owner_of(workload: Workload, volume: str) -> tuple[int, int]:
    """User and group ID of all files of a shared folder: `volumes.NAME.user`, the service's numeric `user`, or 1000.

    Never root, to whom EFS denies access without elasticfilesystem:ClientRootAccess (EFS user guide, "Using IAM to
    control file system data access").
    """
    folder = workload.volumes.get(volume)
    owner = numeric_user(folder.user or workload.user) if folder is not None else None
    return owner if owner is not None and owner[0] else (DEFAULT_USER, DEFAULT_USER)


def has_files(deployment: Deployment) -> bool:
    """Whether a deployment needs a file system."""
    return any(map(shared_folders, deployment.workloads.values()))


def has_backups(deployment: Deployment) -> bool:
    """Whether AWS Backup copies the file system: if any volume on it has `backup`. The artifacts of models alone don't
    require it, because S3 has them."""
    volumes = (volume for workload in deployment.workloads.values() for volume in workload.volumes.values())
    return any(volume.kind == "efs" and volume.backup for volume in volumes)


def model_addition(deployment: Deployment, workload: Workload) -> Addition:
    """The loader container, which ends after the download. The service waits for it, and mounts the artifacts
    read-only.

    It has no share of the task, because the service starts only after it.
    """
    model = workload.model
    if model is None:
        return Addition()
    bucket, prefix = bucket_and_prefix(model.source)
    source = "/".join(filter(None, ("s3:/", bucket, prefix)))
    loader = {
        "name": LOADER,
        "image": image_of(deployment, "loader"),
        "essential": False,
        "entryPoint": ["sh", "-c"],
        "command": [_FETCH],
        "environment": [
            {"name": "AWS_REGION", "value": deployment.region},
            {"name": "SOURCE", "value": source},
            {"name": "TARGET", "value": model.mount},
        ],
        "mountPoints": [{"sourceVolume": MODEL, "containerPath": model.mount, "readOnly": False}],
    }
    return Addition(
        containers=(loader,),
        own={
            "dependsOn": [{"containerName": LOADER, "condition": "SUCCESS"}],
            "mountPoints": [{"sourceVolume": MODEL, "containerPath": model.mount, "readOnly": True}],
        },
        volumes=(MODEL,) if model.cache == "scratch" else (),
        places={LOADER: place_of(deployment, "loader", requested_by=(*workload.place, "model"))},
        statements=tuple(s3_read_statements(model.source, partition=deployment.partition)),
    )


def task_storage(workload: Workload) -> int:
    """GiB of a task's own storage: the configured size, or enough for its model and images."""
    model = workload.model
    if model is None or model.cache != "scratch" or model.size_gib is None or "storage" in workload.model_fields_set:
        return workload.storage
    return min(LARGEST_STORAGE, max(workload.storage, model.size_gib + IMAGE_GIB))
