"""The ways in: who may connect, and under which name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_WORLD = 8
"""A range larger than this belongs to no one organization."""
_RULES_PER_GROUP = 60
"""Rules of a security group in one direction, unless AWS has raised it (VPC guide, "Quotas")."""


def unused(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer without services costs money and answers nothing."""
    for name in deployment.catalog.ingress:
        if not deployment.public_services(name):
            message = "no service is public through it; write public = true in one, or remove it"
            yield Finding(place=("ingress", name), message=message, level="notice")


def nobody_may_connect(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A way in that lets nobody in is a mistake."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.allow or ingress.listener_arn:
            continue
        place: Path = ("ingress", name, "allow")
        if not written.is_set(*place):
            message = 'required key "allow" is missing; add allow = ["10.0.0.0/8"], the address ranges that may connect'
            yield Finding(place=place[:2], message=message)
        else:
            message = 'is empty, so that nobody may connect; write address ranges, as in ["10.0.0.0/8"]'
            yield Finding(place=place, message=message)


def plain_http_to_the_world(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What the whole internet may reach is encrypted, unless somebody says that it need not be."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.certificate or ingress.insecure or ingress.internal:
            continue
        for index, cidr in enumerate(ingress.allow):
            if ipaddress.IPv4Network(cidr).prefixlen < _WORLD:
                yield Finding(
                    place=("ingress", name, "allow", index),
                    message=f'"{cidr}" opens plain HTTP to the world; add a certificate, or write insecure = true',
                )


def range_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A security group refuses a rule that it has (EC2: InvalidPermission.Duplicate)."""
    for name, ingress in deployment.catalog.ingress.items():
        for index, cidr in enumerate(ingress.allow):
            if cidr in ingress.allow[:index]:
                yield Finding(place=("ingress", name, "allow", index), message=f'"{cidr}" is listed twice; remove one')


def many_ranges(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A security group takes 60 rules unless AWS has raised its quota (VPC guide, "Quotas")."""
    for name, ingress in deployment.catalog.ingress.items():
        ports = 2 if ingress.certificate else 1
        if len(ingress.allow) * ports > _RULES_PER_GROUP:
            message = (
                f"{len(ingress.allow)} ranges on {ports} port{'s'[: ports - 1]} are more than the "
                f"{_RULES_PER_GROUP} rules of a security group; join ranges, or have AWS raise the quota"
            )
            yield Finding(place=("ingress", name, "allow"), message=message, level="notice")


def record_without_name(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A record needs a name."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.zone_id and not ingress.domain:
            message = 'a record needs a name; add domain = "chat.example.com", or remove zone_id'
            place: Path = ("ingress", name, "zone_id")
            yield Finding(place=place, message=message)


def same_record(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A zone has one record of a name (Route 53: "already exists")."""
    seen: dict[tuple[str, str], str] = {}
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        if not (ingress.zone_id and ingress.domain):
            continue
        other = seen.setdefault((ingress.zone_id, ingress.domain.lower()), name)
        if other != name:
            place: Path = ("ingress", other, "domain")
            yield Finding(
                place=("ingress", name, "domain"),
                message=f'"{ingress.domain}" is already the name of ingress.{other} ({written.location(*place)}); '
                "write another",
            )


def certificate_elsewhere(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer takes certificates of its own region (ACM guide, "Services integrated with ACM")."""
    for name, ingress in deployment.catalog.ingress.items():
        region = ingress.certificate.split(":")[3] if ingress.certificate else deployment.region
        if region != deployment.region:
            yield Finding(
                place=("ingress", name, "certificate"),
                message=f'lies in "{region}", a load balancer in {deployment.region} cannot use it; '
                f"write the ARN of one in {deployment.region}",
            )
