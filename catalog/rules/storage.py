"""Model artifacts and volumes: sizes, paths, and the users of persistent and scratch volumes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from catalog.diagnostics import Finding, listed
from catalog.frame import Container, Place
from catalog.model import Deployment, Service, Workload
from catalog.model.container import Model, Volume
from catalog.rules import rule
from catalog.task.storage import (
    DEFAULT_USER,
    IMAGE_GIB,
    LARGEST_STORAGE,
    MODEL,
    has_files,
    numeric_user,
    owner_of,
    shared_folders,
    task_storage,
)

_LARGEST_ID = 2**32 - 1
"""EFS API reference, PosixUser."""


@rule(Model)
def weights_exceed_storage(model: Model, at: Place) -> Iterator[Finding]:
    """A Fargate task has at most 200 GiB of storage, its images included (ECS API reference, EphemeralStorage)."""
    if model.cache != "scratch" or model.size_gib is None or not at.workload.on_fargate:
        return
    storage = task_storage(at.workload)
    if model.size_gib >= storage:
        is_set = at.parent("storage").is_set
        fix = (
            f"Use storage = {model.size_gib + IMAGE_GIB}."
            if is_set and model.size_gib <= LARGEST_STORAGE - IMAGE_GIB
            else ""
        )
        yield at("size_gib").error(
            f"{model.size_gib} GiB and the images exceed {storage} GiB of storage. " + (fix or 'Use cache = "efs".')
        )


@rule(Model)
def unknown_weights_size(model: Model, at: Place) -> Iterator[Finding]:
    """Model artifacts that exceed a Fargate task's storage stop the task during the download."""
    is_known = at.parent("storage").is_set or model.size_gib is not None
    if model.cache == "scratch" and at.workload.on_fargate and not is_known:
        yield at.notice(
            f"the images and the model artifacts share {at.workload.storage} GiB of storage. Add size_gib, the size of "
            "the artifacts in GiB, so that the task has enough."
        )


@rule(Model)
def volume_name_taken(model: Model, at: Place) -> Iterator[Finding]:
    """A task's volumes have different names (ECS API reference, RegisterTaskDefinition)."""
    if MODEL in at.workload.volumes:
        yield at.parent("volumes", MODEL).error(
            f'"{MODEL}" is also the volume of the model ({at.location}). Use another name.'
        )
    folders = shared_folders(at.workload)
    for name, folder in folders.items():
        if name != MODEL and folder == folders.get(MODEL):
            message = f"has the same folder as the model ({at.location}). Use another name."
            yield at.parent("volumes", name).error(message)


@rule(Service)
def unknown_start_time(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform's timeout of a rollout depends on health.grace."""
    if service.model is not None and not at("health", "grace").is_set:
        yield at("model").notice(
            "a start includes downloading and loading the model artifacts. Set health.grace to the time that takes, so "
            "that rollouts wait for it."
        )


def _mounts(workload: Workload, at: Place) -> Iterator[tuple[str, str, Place]]:
    """Yields each volume's name in messages, its path in the container, and the place of that path."""
    for name, volume in sorted(workload.volumes.items()):
        yield f"volume {name}", volume.path, at("volumes", name, "path")
    if workload.model is not None:
        yield "the model", workload.model.mount, at("model", "mount")


@rule(Workload)
def duplicate_mount_path(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS refuses two mount points with one path."""
    seen: dict[str, tuple[str, Place]] = {}
    for name, path, place in _mounts(workload, at):
        other, there = seen.setdefault(posixpath.normpath(path), (name, place))
        if other != name:
            yield (place if place.is_set else place.parent).error(
                f'"{path}" is also the path of {other} ({there.location}). Use another path.'
            )


@rule(Workload)
def mount_over_root(workload: Workload, at: Place) -> Iterator[Finding]:
    """Docker refuses to mount a volume over "/"."""
    for _, path, place in _mounts(workload, at):
        if posixpath.normpath(path) in ("/", "//"):
            yield place.error('must not be "/", which would hide the image. Use a folder such as "/tmp".')


@rule(Deployment)
def mount_targets_in_one_zone(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A file system has one mount target per zone (EFS API reference, CreateMountTarget: MountTargetConflict)."""
    subnets = deployment.catalog.network.private_subnet_ids
    if len(subnets) > 1 and has_files(deployment):
        yield at("network", "private_subnet_ids").notice(
            "EFS allows one mount target per zone, and Terraform creates one in each of these subnets. Use subnets in "
            "different zones."
        )


@rule(Workload)
def owner_of_files(workload: Workload, at: Place) -> Iterator[Finding]:
    """An access point has one numeric user (EFS API reference, PosixUser), who is root only with ClientRootAccess (EFS
    user guide, "Using IAM to control file system data access")."""
    for name, volume in sorted(workload.volumes.items()):
        place = at("volumes", name, "user")
        if volume.user is not None:
            yield from _invalid_owner(volume, place)
        elif volume.kind == "efs" and _is_named(workload.user):
            yield at("volumes", name).warning(
                f"files belong to {DEFAULT_USER}:{DEFAULT_USER}, because EFS requires numeric IDs and user is "
                f'"{workload.user}" ({at("user").location}). Add user = "uid:gid" to this volume, with the IDs of that '
                "user in the image."
            )


def _invalid_owner(volume: Volume, at: Place) -> Iterator[Finding]:
    uid, gid = numeric_user(volume.user) or (0, 0)
    if volume.kind != "efs":
        yield at.error('isn\'t supported for kind = "scratch". Remove user.')
    elif uid == 0:
        yield at.error(
            f"must not be root, to which EFS denies access. Use another user: root in the container can still read and "
            f'write all files. The default is "{DEFAULT_USER}:{DEFAULT_USER}".'
        )
    elif max(uid, gid) > _LARGEST_ID:
        yield at.error(f"EFS allows IDs of at most {_LARGEST_ID}. Use smaller ones.")


def _is_named(user: str | None) -> bool:
    return user is not None and numeric_user(user) is None and not _is_root(user)


def _is_root(user: str) -> bool:
    return user.partition(":")[0] in ("root", "0")


@rule(Deployment)
def owner_differs_between_versions(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A service and its versions use the same access point (EFS API reference, CreateAccessPoint)."""
    owners: dict[str, tuple[Workload, tuple[int, int]]] = {}
    for workload in deployment.workloads.values():
        for name, folder in shared_folders(workload).items():
            owner = owner_of(workload, name)
            first, used = owners.setdefault(folder, (workload, owner))
            if used != owner:
                yield at(*workload.place).error(
                    f"volume {name} is shared with {first.title}, whose files belong to {used[0]}:{used[1]}, not "
                    f'{owner[0]}:{owner[1]}. Add user = "{used[0]}:{used[1]}" to the volume of both.'
                )


@rule(Deployment)
def private_folders_of_a_profile(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Services that inherit an EFS volume from one profile, or from the defaults, don't share its folder."""
    inherited: dict[tuple[str, str], list[tuple[Service, Place]]] = {}
    for service in deployment.services.values():
        for name, volume in service.volumes.items():
            place = at("services", service.name, "volumes", name)
            if volume.kind == "efs" and place("kind").is_set and not place("kind").is_set_here:
                inherited.setdefault((name, place("kind").location), []).append((service, place))
    for (name, _), users in inherited.items():
        if len(users) > 1:
            folders = [f"{service.name} uses {shared_folders(service)[name]}" for service, _ in users]
            yield users[0][1].notice(f"services don't share this volume: {listed(folders)}")


@rule(Service)
def overlapping_rollout_on_files(service: Service, at: Place) -> Iterator[Finding]:
    """A rollout with a maximum above 100 percent starts the new task beside the old one (ECS API reference,
    DeploymentConfiguration). Databases lock their folder, so that the new task can't start."""
    folders = sorted(name for name, volume in service.volumes.items() if volume.kind == "efs")
    is_set = at("deploy", "min").is_set or at("deploy", "max").is_set
    overlaps = service.deploy.max > 100 and not is_set
    if folders and overlaps and service.replicas == 1 and service.scale is None:
        yield at("volumes", folders[0]).notice(
            "a rollout starts the new task while the old one still uses this folder, and fails if the program locks "
            "its files, as databases do. Write deploy = { min = 0, max = 100 } beside volumes to stop the old "
            "task first, or deploy = { min = 100, max = 200 } if both can use it."
        )


@rule(Container)
def scratch_of_another_user(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate mounts a scratch volume as root with mode 0755, unless the image declares a VOLUME at the same path (ECS
    developer guide, "Use bind mounts")."""
    if container.user is None or _is_root(container.user) or not at.workload.on_fargate:
        return
    for name, mount in sorted(container.volumes.items()):
        volume = at.workload.volumes.get(name)
        if volume is not None and volume.kind == "scratch":
            path = volume.path if not isinstance(mount, str) else mount
            yield at("volumes", name).notice(
                f'Fargate mounts it as root with mode 0755, so that user "{container.user}" ({at("user").location}) '
                f'can\'t write to it. Add VOLUME "{path}" to the Dockerfile of the image, after a chown of that folder '
                "to the user."
            )


@rule(Service)
def copies_of_a_database(service: Service, at: Place) -> Iterator[Finding]:
    """Callers of a tcp service reach any of its tasks, and each task has its own data."""
    if service.is_tcp and service.replicas > 1 and service.scale is None and service.port is not None:
        yield at("replicas").notice(
            f"callers reach any of the {service.replicas} tasks of {service.name}, which don't share their data. Write "
            "replicas = 1 for a database or a cache that doesn't replicate by itself."
        )
