"""Model artifacts and volumes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.frame import Place
from catalog.model import Deployment, Service, Workload
from catalog.model.container import Model
from catalog.rules import rule
from catalog.task.storage import IMAGE_GIB, LARGEST_STORAGE, MODEL, has_files, shared_folders, task_storage


@rule(Model)
def weights_exceed_storage(model: Model, at: Place) -> Iterator[Finding]:
    """A task has 200 GiB at most (ECS API reference, EphemeralStorage), and its images lie there too."""
    if model.cache != "scratch" or model.size_gib is None or not at.workload.on_fargate:
        return
    storage = task_storage(at.workload)
    if model.size_gib >= storage:
        said = at.parent("storage").is_set
        fix = (
            f"write storage = {model.size_gib + IMAGE_GIB}"
            if said and model.size_gib <= LARGEST_STORAGE - IMAGE_GIB
            else ""
        )
        yield at("size_gib").error(
            f"{model.size_gib} GiB do not fit beside the images into {storage} GiB of storage; "
            + (fix or 'write cache = "efs"')
        )


@rule(Model)
def weights_exceed_disk(model: Model, at: Place) -> Iterator[Finding]:
    """On instances, images and scratch volumes of all tasks share one disk."""
    capacity = at.deployment.capacity_of(at.workload)
    if model.cache != "scratch" or model.size_gib is None or capacity is None:
        return
    if model.size_gib + IMAGE_GIB > capacity.disk_gib:
        disk = at.catalog("capacity", at.workload.capacity, "disk_gib")
        yield at("size_gib").error(
            f"{model.size_gib} GiB do not fit beside the images on a disk of {capacity.disk_gib} GiB "
            f"({disk.location}); write disk_gib = {model.size_gib + IMAGE_GIB} or more there, or "
            'cache = "efs"'
        )


@rule(Model)
def unknown_weights_size(model: Model, at: Place) -> Iterator[Finding]:
    """Weights that exceed a task's storage end the task while they load."""
    said = at.parent("storage").is_set or model.size_gib is not None
    if model.cache == "scratch" and at.workload.on_fargate and not said:
        yield at.notice(
            f"{at.workload.storage} GiB of storage hold the images and the weights; write size_gib, how many "
            "GiB the weights take, and there is room for them"
        )


@rule(Model)
def volume_name_taken(model: Model, at: Place) -> Iterator[Finding]:
    """Volumes of a task have different names (ECS API reference, RegisterTaskDefinition)."""
    if MODEL in at.workload.volumes:
        yield at.parent("volumes", MODEL).error(
            f'"{MODEL}" is the volume of the model ({at.location}); write another name'
        )
    folders = shared_folders(at.workload)
    for name, folder in folders.items():
        if name != MODEL and folder == folders.get(MODEL):
            message = f"its folder is that of the model ({at.location}); write another name"
            yield at.parent("volumes", name).error(message)


@rule(Service)
def unknown_start_time(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform waits for a rollout by the time that a start may take."""
    if service.model is not None and not at("health", "grace").is_set:
        yield at("model").notice(
            "a start takes as long as its weights take to arrive and to load; write health.grace, which "
            "rollouts wait for"
        )


def _mounts(workload: Workload, at: Place) -> Iterator[tuple[str, str, Place]]:
    """Each volume as messages call it, its path in the container, and the place of that path."""
    for name, volume in sorted(workload.volumes.items()):
        yield f"volume {name}", volume.path, at("volumes", name, "path")
    if workload.model is not None:
        yield "the model", workload.model.mount, at("model", "mount")


@rule(Workload)
def duplicate_mount_path(workload: Workload, at: Place) -> Iterator[Finding]:
    """A path shows one volume (ECS: duplicate mount points are refused)."""
    seen: dict[str, tuple[str, Place]] = {}
    for name, path, place in _mounts(workload, at):
        other, there = seen.setdefault(posixpath.normpath(path), (name, place))
        if other != name:
            yield (place if place.is_set else place.parent).error(
                f'"{path}" is already the path of {other} ({there.location}); write another'
            )


@rule(Workload)
def mount_over_root(workload: Workload, at: Place) -> Iterator[Finding]:
    """A volume over the root would hide the image (Docker refuses the destination "/")."""
    for _, path, place in _mounts(workload, at):
        if posixpath.normpath(path) in ("/", "//"):
            yield place.error('would hide the whole image; write a folder, as in "/tmp"')


@rule(Deployment)
def mount_targets_in_one_zone(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A file system has one mount target in a zone (EFS API reference, CreateMountTarget: MountTargetConflict)."""
    subnets = deployment.catalog.network.private_subnet_ids
    if len(subnets) > 1 and has_files(deployment):
        yield at("network", "private_subnet_ids").notice(
            "the file system gets a mount target in each of them, and AWS takes one for a zone; see that no "
            "two of them are in one zone"
        )
