"""Texts that look like more than they are."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.problems import Finding, Path
from catalog.reading.placeholders import addresses_in
from catalog.written import Written


def _texts(service: Service) -> Iterator[tuple[Path, str]]:
    place: Path = ("services", service.name)
    for index, text in enumerate(service.command or ()):
        yield (*place, "command", index), text
    for index, text in enumerate(service.entrypoint or ()):
        yield (*place, "entrypoint", index), text
    if service.health.command is not None:
        yield (*place, "health", "command"), " ".join(service.health.command)


def address_left_as_text(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Addresses are filled in within environment only; everywhere else they are text."""
    for service in deployment.services.values():
        for place, text in _texts(service):
            for placeholder in addresses_in(text):
                callee = placeholder.partition(".")[0]
                if callee in deployment.services or callee in deployment.catalog.external:
                    yield Finding(
                        place=place,
                        message=f"{{{placeholder}}} stays as it is here, only environment gets addresses; put it into "
                        "a variable there, and let a shell read that",
                        level="notice",
                    )


def definition_too_large(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A task definition has at most 64 KiB (ECS developer guide, "Service quotas")."""
    for service in deployment.services.values():
        size = sum(len(name.encode()) + len(value.encode()) for name, value in service.environment.items())
        size += sum(len(part.encode()) for part in (*(service.command or ()), *(service.entrypoint or ())))
        if size > _LARGEST:
            yield Finding(
                place=("services", service.name),
                message=f"command and environment have {size // 1024} KiB, and a whole task definition at most 64; "
                "put long texts into the image, or into a bucket",
            )


_LARGEST = 60 * 1024
"""Bytes that are left of 64 KiB beside what every definition holds."""
