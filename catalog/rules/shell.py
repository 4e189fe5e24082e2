"""Where a shell can be opened."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.task.shell import is_open
from catalog.provenance import Provenance


def shell_in_read_only_root(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The agent that opens shells writes into the container's file system (ECS developer guide, "Monitor Amazon ECS
    containers with ECS Exec", considerations)."""
    for service in deployment.services.values():
        if not is_open(deployment, service) or not service.readonly_root:
            continue
        place: Path = ("services", service.name, "readonly_root")
        asked: Path = ("cluster", "exec") if service.exec is None else ("services", service.name, "exec")
        yield Finding(
            place=place,
            message=f"ECS Exec ({written.location(*asked)}) needs a root file system that can be written; leave this out, "
            "or write exec = false beside it",
        )
