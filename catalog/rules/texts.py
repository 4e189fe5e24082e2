"""Texts that look like more than they are."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.reading.placeholders import addresses_in
from catalog.rules.each import containers
from catalog.provenance import Provenance


def _texts(deployment: Deployment) -> Iterator[tuple[Path, str]]:
    for place, container in containers(deployment.services):
        for index, text in enumerate(container.command or ()):
            yield (*place, "command", index), text
        for index, text in enumerate(container.entrypoint or ()):
            yield (*place, "entrypoint", index), text
        if container.health.command is not None:
            yield (*place, "health", "command"), " ".join(container.health.command)


def address_left_as_text(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Addresses are filled in within environment only; everywhere else they are text."""
    for place, text in _texts(deployment):
        for placeholder in addresses_in(text):
            callee = placeholder.partition(".")[0]
            if callee in deployment.services or callee in deployment.catalog.external:
                yield Finding(
                    place=place,
                    message=f"{{{placeholder}}} stays as it is here, only environment gets addresses; put it into "
                    "a variable there, and let a shell read that",
                    level="notice",
                )
