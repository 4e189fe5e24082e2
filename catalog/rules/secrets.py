"""Secrets that ECS can read and hand over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.endpoints import has_way_out
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.rules.each import containers
from catalog.task import addition_of, secrets_of
from catalog.provenance import Provenance


def _secrets(deployment: Deployment) -> Iterator[tuple[Path, str, str | None]]:
    """Every secret's place, ARN and key."""
    for place, container in containers(deployment.services):
        for name, secret in container.secrets.items():
            yield (*place, "secrets", name), secret.arn, secret.key
        if container.credentials is not None:
            yield (*place, "credentials"), container.credentials, None
    for service in deployment.services.values():
        for name, secret in service.logs.router.secrets.items() if service.logs.router else ():
            yield ("services", service.name, "logs", "router", "secrets", name), secret.arn, secret.key


def _read(deployment: Deployment) -> Iterator[tuple[Path, str, None]]:
    """Secrets that are read while a service runs. One with a wildcard is meant as it stands."""
    for service in deployment.services.values():
        for index, arn in enumerate(service.access.secrets_read):
            if "*" not in arn and "?" not in arn:
                yield ("services", service.name, "access", "secrets_read", index), arn, None


def both_secret_and_plain(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A variable has one value (ECS: "The secret name must be unique and not shared with any new or existing
    environment variables")."""
    for place, container in containers(deployment.catalog.services):
        for name in sorted(container.secrets.keys() & container.environment.keys()):
            other: Path = (*place, "environment", name)
            message = f"is also in environment ({written.location(*other)}); remove one of them"
            yield Finding(place=(*place, "secrets", name), message=message)


def not_followed(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Terraform can ask which versions a secret of Secrets Manager has without reading any; of a parameter it gets the
    value too, and keeps it in the state."""
    for service in deployment.services.values():
        asked: Path = ("services", service.name, "secrets_follow")
        if not service.secrets_follow:
            continue
        for place, arn, _ in _secrets(deployment):
            if place[1] == service.name and place[-1] != "credentials" and arn.split(":")[2] == "ssm":
                yield Finding(
                    place=place,
                    message=f"a parameter cannot be followed ({written.location(*asked)}): Terraform would keep its value "
                    "in the state; write the ARN of a Secrets Manager secret, or secrets_follow = false",
                )


def key_of_a_parameter(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Only secrets of Secrets Manager have keys (ECS API reference, Secret.valueFrom)."""
    for place, arn, key in _secrets(deployment):
        if key is not None and arn.split(":")[2] == "ssm":
            message = "a parameter has one value and no keys; remove it, or write the ARN of a Secrets Manager secret"
            yield Finding(place=(*place, "key"), message=message)


def follows_nothing(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What is followed is what ECS reads at a start."""
    for service in deployment.services.values():
        place: Path = ("services", service.name, "secrets_follow")
        if service.secrets_follow and written.is_set_here(*place) and not secrets_of(service, addition_of(deployment, service)):
            message = f"{service.name} has no secrets; add some, or remove it"
            yield Finding(place=place, message=message, level="notice")


def incomplete_arn(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A secret's ARN ends with a hyphen and six characters that AWS adds (Secrets Manager User Guide, "ARN")."""
    for place, arn, _ in (*_secrets(deployment), *_read(deployment)):
        parts = arn.split(":")
        if parts[2] != "secretsmanager":
            continue
        if len(parts) > 7:
            message = f'names a key behind the secret; write {{ arn = "…", key = "{parts[7]}" }}'
            message = message if "secrets" in place and parts[7] else "goes on behind the secret; end it after the name"
        elif parts[5] != "secret" or len(parts) < 7:
            message = 'is not the ARN of a secret; it goes on with ":secret:" and the name'
        elif not re.fullmatch(r".+-[A-Za-z0-9]{6}", parts[6]):
            message = "lacks the hyphen and six characters that AWS adds to a secret's name; copy the whole ARN"
        else:
            continue
        yield Finding(place=place, message=message)


def not_a_parameter(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Of Systems Manager, only parameters are values (ECS API reference, Secret.valueFrom)."""
    for place, arn, _ in _secrets(deployment):
        if arn.split(":")[2] == "ssm" and not arn.split(":")[5].startswith("parameter/"):
            message = 'is not the ARN of a parameter; it goes on with ":parameter/" and the name'
            yield Finding(place=place, message=message)


def out_of_reach(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Endpoints lead to their own region (PrivateLink guide, "Access AWS services")."""
    if has_way_out(deployment):
        return
    nat: Path = ("network", "nat")
    for place, arn, _ in _secrets(deployment):
        region = arn.split(":")[3]
        if region != deployment.region:
            yield Finding(
                place=place,
                message=f'lies in "{region}", and with nat = "none" ({written.location(*nat)}) tasks reach only '
                f'{deployment.region}; copy it there, or write nat = "single"',
            )
