"""Who may call whom: every name in `calls` leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, did_you_mean
from catalog.provenance import Provenance


def unknown_callee(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A call leads to a service or an external of this catalog."""
    known = [*deployment.services, *deployment.catalog.external]
    for service in deployment.services.values():
        for index, name in enumerate(service.calls):
            if name in deployment.services or name in deployment.catalog.external:
                continue
            close = did_you_mean(name, [other for other in known if other != service.name])
            cure = f'did you mean "{close}"?' if close else f"add [services.{name}] or [external.{name}]"
            for new in (new for new, old in deployment.renamed.items() if old == name):
                cure = f'it is renamed: write "{new}" ({written.location("services", new, "renamed_from")})'
            yield Finding(
                place=("services", service.name, "calls", index),
                message=f'unknown service "{name}"; {cure}',
            )


def callee_without_port(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A callee listens: without a port it has no address (App Mesh User Guide: a node without listener has none)."""
    for service in deployment.services.values():
        for index, name in enumerate(service.calls):
            callee = deployment.services.get(name)
            if callee is not None and callee.port is None:
                yield Finding(
                    place=("services", service.name, "calls", index),
                    message=f'"{name}" has no port to call; add port to services.{name}, or remove the call',
                )


def callee_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A list of calls names each callee once: of two equal backends App Mesh keeps one (aws/aws-app-mesh-roadmap issue
    170), and Terraform would want the other forever."""
    for service in deployment.services.values():
        for index, name in enumerate(service.calls):
            if name in service.calls[:index]:
                message = f'"{name}" is listed twice; remove one'
                yield Finding(place=("services", service.name, "calls", index), message=message)


def name_of_service_and_external(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """One name, one meaning: `calls` and placeholders do not say which of the two is meant."""
    for name in sorted(deployment.services.keys() & deployment.catalog.external.keys()):
        message = f'"{name}" is also a service ({written.location("services", name)}); rename one of them'
        yield Finding(place=("external", name), message=message)


def external_nobody_calls(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An external opens nothing until a service calls it."""
    for name in deployment.catalog.external:
        if not deployment.callers_of(name) and name not in deployment.services:
            message = f'no service calls it; add "{name}" to the calls of one, or remove it'
            yield Finding(place=("external", name), message=message, level="notice")
