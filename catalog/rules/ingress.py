"""Ingresses, and the services that are public through them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.diagnostics import Finding, did_you_mean, plural
from catalog.frame import Place
from catalog.model import Deployment, Ingress
from catalog.model.service import Public
from catalog.model.types import SECURITY_GROUP_RULES
from catalog.rules import rule

_WORLD = 8
"""A range larger than this belongs to no one organization."""


@rule(Ingress)
def unused_ingress(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer without services costs money and answers nothing."""
    if not at.deployment.public_services(at.name):
        yield at.notice("no service is public through it; write public = true in one, or remove it")


@rule(Ingress)
def empty_allow_list(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A way in that lets nobody in is a mistake."""
    if ingress.allow or ingress.listener_arn:
        return
    place = at("allow")
    if not place.is_set:
        message = 'required key "allow" is missing; add allow = ["10.0.0.0/8"], the address ranges that may connect'
        yield at.error(message)
    else:
        message = 'is empty, so that nobody may connect; write address ranges, as in ["10.0.0.0/8"]'
        yield place.error(message)


@rule(Ingress)
def plain_http_from_internet(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """An ingress that the whole internet may reach is encrypted, unless `insecure` is set."""
    if ingress.certificate or ingress.insecure or ingress.internal:
        return
    for index, cidr in enumerate(ingress.allow):
        if ipaddress.IPv4Network(cidr).prefixlen < _WORLD:
            yield at("allow", index).error(
                f'"{cidr}" opens plain HTTP to the world; add a certificate, or write insecure = true'
            )


@rule(Ingress)
def duplicate_range(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A security group refuses a rule that it has (EC2: InvalidPermission.Duplicate)."""
    for index, cidr in enumerate(ingress.allow):
        if cidr in ingress.allow[:index]:
            yield at("allow", index).error(f'"{cidr}" is listed twice; remove one')


@rule(Ingress)
def many_ranges(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A security group takes 60 rules unless AWS has raised its quota (VPC guide, "Quotas")."""
    ports = 2 if ingress.certificate else 1
    if len(ingress.allow) * ports > SECURITY_GROUP_RULES:
        message = (
            f"{len(ingress.allow)} ranges on {ports} {plural('port', ports)} are more than the "
            f"{SECURITY_GROUP_RULES} rules of a security group; join ranges, or have AWS raise the quota"
        )
        yield at("allow").notice(message)


@rule(Ingress)
def record_without_name(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A record needs a name."""
    if ingress.zone_id and not ingress.domain:
        message = 'a record needs a name; add domain = "chat.example.com", or remove zone_id'
        yield at("zone_id").error(message)


@rule(Deployment)
def duplicate_record(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A zone has one record of a name (Route 53: "already exists")."""
    seen: dict[tuple[str, str], str] = {}
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        if not (ingress.zone_id and ingress.domain):
            continue
        other = seen.setdefault((ingress.zone_id, ingress.domain.lower()), name)
        if other != name:
            place = at("ingress", other, "domain")
            yield at("ingress", name, "domain").error(
                f'"{ingress.domain}" is already the name of ingress.{other} ({place.location}); write another'
            )


@rule(Ingress)
def certificate_of_another_region(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer takes certificates of its own region (ACM guide, "Services integrated with ACM")."""
    region = ingress.certificate.split(":")[3] if ingress.certificate else at.deployment.region
    if region != at.deployment.region:
        yield at("certificate").error(
            f'lies in "{region}", a load balancer in {at.deployment.region} cannot use it; '
            f"write the ARN of one in {at.deployment.region}"
        )


@rule(Public)
def public_without_port(public: Public, at: Place) -> Iterator[Finding]:
    """A load balancer needs a port to send requests to (ECS API reference, LoadBalancer.containerPort)."""
    if at.service.port is None:
        message = f"there is no port to send requests to; add port to services.{at.service.name}"
        yield at.error(message)


@rule(Public)
def public_over_tcp(public: Public, at: Place) -> Iterator[Finding]:
    """An Application Load Balancer takes HTTP and HTTPS only (ELBv2 API reference, CreateListener.Protocol)."""
    if at.service.is_tcp:
        message = 'a load balancer speaks HTTP; write protocol = "http", "http2" or "grpc", or remove public'
        yield at.error(message)


@rule(Public)
def unknown_ingress(public: Public, at: Place) -> Iterator[Finding]:
    """A service names an ingress of this catalog."""
    known = sorted(at.deployment.catalog.ingress)
    name = public.ingress
    if name is None or name in known:
        return
    close = did_you_mean(name, known)
    add = f'add [ingress.{name}] with allow = ["10.0.0.0/8"]'
    instead = f", or use {' or '.join(known)}" if known else ""
    fix = f'did you mean "{close}"?' if close else add + instead
    yield at("ingress").error(f'unknown ingress "{name}"; {fix}')


@rule(Public)
def no_ingress(public: Public, at: Place) -> Iterator[Finding]:
    """A public service needs an ingress."""
    if not at.deployment.catalog.ingress and public.ingress is None:
        message = 'there is no way in; add [ingress.public] with allow = ["10.0.0.0/8"], the ranges that may connect'
        yield at.error(message)


@rule(Public)
def ambiguous_ingress(public: Public, at: Place) -> Iterator[Finding]:
    """A public service names its ingress if there are several."""
    known = sorted(at.deployment.catalog.ingress)
    if len(known) > 1 and public.ingress is None:
        message = f'there are several ingresses; write ingress = "{known[0]}", or name {" or ".join(known[1:])}'
        yield at.error(message)


@rule(Public)
def http2_without_certificate(public: Public, at: Place) -> Iterator[Finding]:
    """Target groups of HTTP/2 and gRPC take HTTPS listeners only (ALB guide, "Protocol version")."""
    only = len(at.deployment.catalog.ingress) == 1
    ingress = public.ingress or (next(iter(at.deployment.catalog.ingress), "") if only else "")
    settings = at.deployment.catalog.ingress.get(ingress)
    if settings is None or settings.gateway or settings.certificate or settings.listener_arn:
        return
    if at.service.protocol in ("http2", "grpc"):
        yield at.parent("protocol").error(
            f"a load balancer passes {at.service.protocol} on from HTTPS only; "
            f'give [ingress.{ingress}] a certificate, or write protocol = "http"'
        )


@rule(Public)
def host_without_record(public: Public, at: Place) -> Iterator[Finding]:
    """An alias record bears one name, the ingress's own (Route 53 developer guide, "Choosing between alias and
    non-alias records")."""
    ingress = at.deployment.ingress_of(at.service) or ""
    settings = at.deployment.catalog.ingress.get(ingress)
    host = public.host
    if host is None or settings is None or not settings.zone_id or not settings.domain:
        return
    if host.lower() != settings.domain.lower():
        yield at("host").notice(
            f'"{host}" needs a record of its own that leads to the load balancer; only the domain of '
            f'[ingress.{ingress}], "{settings.domain}", gets one here'
        )


@rule(Ingress)
def unused_domain(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Without a zone no record is made for it, and services that say another host are reached under that."""
    public = at.deployment.public_services(at.name)
    if ingress.domain is None or ingress.zone_id is not None or not public:
        return
    if all(service.public is not None and service.public.host for service in public):
        message = "no record is made without zone_id, and all services behind it say a host of their own"
        yield at("domain").notice(f"{message}; add zone_id, or remove it")
