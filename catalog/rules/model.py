"""Models whose weights can be fetched and have room."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.files import MODEL, shared_folders
from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.task.model import IMAGE_GIB, LARGEST, task_storage
from catalog.provenance import Provenance


def _models(deployment: Deployment) -> Iterator[tuple[Service, Path]]:
    for service in deployment.services.values():
        if service.model is not None:
            yield service, ("services", service.name, "model")


def no_room(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A task has 200 GiB at most (ECS API reference, EphemeralStorage), and its images lie there too."""
    for service, place in _models(deployment):
        model = service.model
        if model is None or model.cache != "scratch" or model.size_gib is None or not service.on_fargate:
            continue
        storage = task_storage(service)
        if model.size_gib >= storage:
            said = written.is_set(*place[:2], "storage")
            cure = (
                f"write storage = {model.size_gib + IMAGE_GIB}"
                if said and model.size_gib <= LARGEST - IMAGE_GIB
                else ""
            )
            yield Finding(
                place=(*place, "size_gib"),
                message=f"{model.size_gib} GiB do not fit beside the images into {storage} GiB of storage; "
                + (cure or 'write cache = "efs"'),
            )


def no_room_on_the_disk(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """On instances, images and scratch volumes of all tasks share one disk."""
    for service, place in _models(deployment):
        model, capacity = service.model, deployment.capacity_of(service)
        if model is None or model.cache != "scratch" or model.size_gib is None or capacity is None:
            continue
        if model.size_gib + IMAGE_GIB > capacity.disk_gib:
            disk: Path = ("capacity", service.capacity, "disk_gib")
            yield Finding(
                place=(*place, "size_gib"),
                message=f"{model.size_gib} GiB do not fit beside the images on a disk of {capacity.disk_gib} GiB "
                f"({written.location(*disk)}); write disk_gib = {model.size_gib + IMAGE_GIB} or more there, or "
                'cache = "efs"',
            )


def size_unknown(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What is too much for a task's storage ends it while it loads."""
    for service, place in _models(deployment):
        assert service.model is not None
        said = written.is_set(*place[:2], "storage") or service.model.size_gib is not None
        if service.model.cache == "scratch" and service.on_fargate and not said:
            yield Finding(
                place=place,
                message=f"{service.storage} GiB of storage hold the images and the weights; write size_gib, how many "
                "GiB the weights take, and there is room for them",
                level="notice",
            )


def name_taken(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Volumes of a task have different names (ECS API reference, RegisterTaskDefinition)."""
    for service, place in _models(deployment):
        if MODEL in service.volumes:
            yield Finding(
                place=(*place[:2], "volumes", MODEL),
                message=f'"{MODEL}" is the volume of the model ({written.location(*place)}); write another name',
            )
        folders = shared_folders(service)
        for name, folder in folders.items():
            if name != MODEL and folder == folders.get(MODEL):
                message = f"its folder is that of the model ({written.location(*place)}); write another name"
                yield Finding(place=(*place[:2], "volumes", name), message=message)


def start_unknown(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Terraform waits for a rollout by the time that a start may take."""
    for _, place in _models(deployment):
        if not written.is_set(*place[:2], "health", "grace"):
            yield Finding(
                place=place,
                message="a start takes as long as its weights take to arrive and to load; write health.grace, which "
                "rollouts wait for",
                level="notice",
            )
