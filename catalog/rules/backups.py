"""Backups of volumes on EFS. AWS Backup copies whole file systems, and a deployment has one."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.frame import Place
from catalog.model import Deployment, Workload
from catalog.rules import rule


@rule(Workload)
def backup_of_scratch(workload: Workload, at: Place) -> Iterator[Finding]:
    """The task's own storage is gone when the task stops."""
    for name, volume in sorted(workload.volumes.items()):
        place = at("volumes", name, "backup")
        if volume.kind == "scratch" and place.is_set:
            yield place.error('isn\'t supported for kind = "scratch". Remove backup.')


@rule(Deployment)
def backup_of_the_whole_file_system(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A backup policy belongs to a file system (EFS API reference, PutBackupPolicy), not to a folder."""
    without: dict[str, Place] = {}
    backed_up = ""
    for service in deployment.services.values():
        for name, volume in sorted(service.volumes.items()):
            place = at("services", service.name, "volumes", name)
            if volume.kind == "efs" and volume.backup:
                backed_up = backed_up or place.location
            elif volume.kind == "efs":
                without.setdefault(place("backup").location, place("backup"))
    for place in without.values() if backed_up else ():
        yield place.notice(
            f"has no effect, because AWS backs up the whole file system for another volume ({backed_up}). Remove "
            "backup here, or add backup = false there too."
        )
