"""Secrets that ECS can read and pass on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.endpoints import has_way_out
from catalog.frame import Place, containers_of
from catalog.model import Service, Workload
from catalog.problems import Finding
from catalog.rules import rule
from catalog.task import addition_of, secrets_of


def _secrets(workload: Workload, at: Place) -> Iterator[tuple[str, str | None, Place]]:
    """Every secret that ECS reads at a start: its ARN, its key, and its place."""
    for container, place in containers_of(workload, at):
        for name, secret in container.secrets.items():
            yield secret.arn, secret.key, place("secrets", name)
        if container.credentials is not None:
            yield container.credentials, None, place("credentials")
    for name, secret in workload.logs.router.secrets.items() if workload.logs.router else ():
        yield secret.arn, secret.key, at("logs", "router", "secrets", name)


def _read(workload: Workload, at: Place) -> Iterator[tuple[str, None, Place]]:
    """Secrets that are read while a service runs. One with a wildcard is meant as it stands."""
    for index, arn in enumerate(workload.access.secrets_read):
        if "*" not in arn and "?" not in arn:
            yield arn, None, at("access", "secrets_read", index)


@rule(Workload)
def secret_and_plain_variable(workload: Workload, at: Place) -> Iterator[Finding]:
    """A variable has one value (ECS: "The secret name must be unique and not shared with any new or existing
    environment variables")."""
    # As it is written: the addresses of callees give way to a secret of their name.
    for container, place in containers_of(at.as_written, at):
        for name in sorted(container.secrets.keys() & container.environment.keys()):
            there = place("environment", name).location
            yield place("secrets", name).error(f"is also in environment ({there}); remove one of them")


@rule(Service)
def followed_parameter(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform can ask which versions a secret of Secrets Manager has without reading any; of a parameter it gets the
    value too, and keeps it in the state."""
    for arn, _, place in _secrets(service, at) if service.secrets_follow else ():
        if place.name != "credentials" and arn.split(":")[2] == "ssm":
            yield place.error(
                f"a parameter cannot be followed ({at('secrets_follow').location}): Terraform would keep its value "
                "in the state; write the ARN of a Secrets Manager secret, or secrets_follow = false"
            )


@rule(Workload)
def key_of_a_parameter(workload: Workload, at: Place) -> Iterator[Finding]:
    """Only secrets of Secrets Manager have keys (ECS API reference, Secret.valueFrom)."""
    for arn, key, place in _secrets(workload, at):
        if key is not None and arn.split(":")[2] == "ssm":
            message = "a parameter has one value and no keys; remove it, or write the ARN of a Secrets Manager secret"
            yield place("key").error(message)


@rule(Service)
def follows_nothing(service: Service, at: Place) -> Iterator[Finding]:
    """Only secrets that ECS reads at a start can be followed."""
    place = at("secrets_follow")
    if service.secrets_follow and place.is_set_here and not secrets_of(service, addition_of(at.deployment, service)):
        message = f"{service.name} has no secrets; add some, or remove it"
        yield place.notice(message)


@rule(Workload)
def incomplete_secret_arn(workload: Workload, at: Place) -> Iterator[Finding]:
    """A secret's ARN ends with a hyphen and six characters that AWS adds (Secrets Manager User Guide, "ARN")."""
    for arn, _, place in (*_secrets(workload, at), *_read(workload, at)):
        parts = arn.split(":")
        if parts[2] != "secretsmanager":
            continue
        if len(parts) > 7:
            message = f'names a key behind the secret; write {{ arn = "…", key = "{parts[7]}" }}'
            message = (
                message if "secrets" in place.path and parts[7] else "goes on behind the secret; end it after the name"
            )
        elif parts[5] != "secret" or len(parts) < 7:
            message = 'is not the ARN of a secret; it goes on with ":secret:" and the name'
        elif not re.fullmatch(r".+-[A-Za-z0-9]{6}", parts[6]):
            message = "lacks the hyphen and six characters that AWS adds to a secret's name; copy the whole ARN"
        else:
            continue
        yield place.error(message)


@rule(Workload)
def invalid_parameter_arn(workload: Workload, at: Place) -> Iterator[Finding]:
    """The only values of Systems Manager are parameters (ECS API reference, Secret.valueFrom)."""
    for arn, _, place in _secrets(workload, at):
        if arn.split(":")[2] == "ssm" and not arn.split(":")[5].startswith("parameter/"):
            message = 'is not the ARN of a parameter; it goes on with ":parameter/" and the name'
            yield place.error(message)


@rule(Workload)
def secret_unreachable(workload: Workload, at: Place) -> Iterator[Finding]:
    """Endpoints lead to their own region (PrivateLink guide, "Access AWS services")."""
    if has_way_out(at.deployment):
        return
    nat = at.catalog("network", "nat")
    for arn, _, place in _secrets(workload, at):
        region = arn.split(":")[3]
        if region != at.deployment.region:
            yield place.error(
                f'lies in "{region}", and with nat = "none" ({nat.location}) tasks reach only '
                f'{at.deployment.region}; copy it there, or write nat = "single"'
            )
