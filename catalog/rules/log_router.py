"""Where logs are sent on to."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance


def without_output(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """ECS makes an output of Fluent Bit of the options, and of none where there are none (ECS developer guide, "Send
    Amazon ECS logs to an AWS service or AWS Partner"): then nothing that the service writes arrives anywhere."""
    for service in deployment.services.values():
        router = service.logs.router
        if router is None:
            continue
        place: Path = ("services", service.name, "logs", "router")
        named = any(key.lower() == "name" for key in router.options)
        if (router.options or router.secrets) and not named:
            message = 'no output plugin of Fluent Bit is named; add options.Name, as in Name = "cloudwatch_logs"'
        elif not named and router.config is None:
            message = 'nothing is routed anywhere; write options = { Name = "…" } with an output plugin of Fluent Bit, '
            message += "or config"
        else:
            continue
        yield Finding(place=place, message=message)


def both_secret_and_plain(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An option has one value (ECS API reference, LogConfiguration, `options` and `secretOptions`)."""
    for service in deployment.services.values():
        router = service.logs.router
        for name in sorted(router.secrets.keys() & router.options.keys()) if router is not None else ():
            place: Path = ("services", service.name, "logs", "router")
            other: Path = (*place, "options", name)
            message = f"is also in options ({written.location(*other)}); remove one of them"
            yield Finding(place=(*place, "secrets", name), message=message)
