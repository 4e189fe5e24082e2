"""Folders of a container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from catalog.files import has_files
from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.provenance import Provenance


def _paths(service: Service) -> Iterator[tuple[str, Path, str]]:
    """What each volume is called in messages, where its path is written, and the path."""
    for name, volume in sorted(service.volumes.items()):
        yield f"volume {name}", ("services", service.name, "volumes", name, "path"), volume.path
    if service.model is not None:
        yield "the model", ("services", service.name, "model", "mount"), service.model.mount


def same_path(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A path shows one volume (ECS: duplicate mount points are refused)."""
    for service in deployment.services.values():
        seen: dict[str, tuple[str, Path]] = {}
        for name, place, path in _paths(service):
            other, there = seen.setdefault(posixpath.normpath(path), (name, place))
            if other != name:
                yield Finding(
                    place=place if written.is_set(*place) else place[:-1],
                    message=f'"{path}" is already the path of {other} ({written.location(*there)}); write another',
                )


def over_everything(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A volume over the root would hide the image (Docker refuses the destination "/")."""
    for service in deployment.services.values():
        for _, place, path in _paths(service):
            if posixpath.normpath(path) in ("/", "//"):
                yield Finding(place=place, message='would hide the whole image; write a folder, as in "/tmp"')


def one_subnet_for_a_zone(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A file system has one mount target in a zone (EFS API reference, CreateMountTarget: MountTargetConflict)."""
    subnets = deployment.catalog.network.private_subnet_ids
    if len(subnets) > 1 and has_files(deployment):
        yield Finding(
            place=("network", "private_subnet_ids"),
            message="the file system gets a mount target in each of them, and AWS takes one for a zone; see that no "
            "two of them are in one zone",
            level="notice",
        )
