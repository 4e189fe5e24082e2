"""Folders of a container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.written import Written


def same_path(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A path shows one volume (ECS: duplicate mount points are refused)."""
    for service in deployment.services.values():
        seen: dict[str, str] = {}
        for name, volume in sorted(service.volumes.items()):
            other = seen.setdefault(posixpath.normpath(volume.path), name)
            if other != name:
                there: Path = ("services", service.name, "volumes", other, "path")
                yield Finding(
                    place=("services", service.name, "volumes", name, "path"),
                    message=f'"{volume.path}" is already the path of volume {other} ({written.where(*there)}); '
                    "write another",
                    about=(there,),
                )


def over_everything(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A volume over the root would hide the image (Docker refuses the destination "/")."""
    for service in deployment.services.values():
        for name, volume in service.volumes.items():
            if posixpath.normpath(volume.path) in ("/", "//"):
                place: Path = ("services", service.name, "volumes", name, "path")
                yield Finding(place=place, message='would hide the whole image; write a folder, as in "/tmp"')
