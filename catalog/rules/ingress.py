"""Ingresses, and the services that are public through them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.analysis.load_balancers import names_without_record
from catalog.diagnostics import Finding, did_you_mean, listed, or_list, plural
from catalog.frame import Place
from catalog.model import Deployment, Ingress
from catalog.model.service import Public
from catalog.model.types import SECURITY_GROUP_RULES
from catalog.reading.references import without_ingress
from catalog.rules import rule

_WORLD = 8
"""No organization has a range larger than this."""


@rule(Ingress)
def unused_ingress(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer without services costs money and serves nothing."""
    if not at.deployment.public_services(at.name):
        yield at.notice("no service uses it. Write public = true in a service, or remove it.")


@rule(Ingress)
def empty_allow_list(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """An ingress without allowed ranges has no effect."""
    if ingress.allow or ingress.listener_arn:
        return
    place = at("allow")
    if not place.is_set:
        message = 'required key "allow" is missing. Add allow = ["10.0.0.0/8"], the address ranges that may connect.'
        yield at.error(message)
    else:
        message = 'is empty, so no client can connect. Write address ranges: allow = ["10.0.0.0/8"].'
        yield place.error(message)


@rule(Ingress)
def plain_http_from_internet(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """An ingress that the internet can reach requires TLS, unless `insecure` is set."""
    if ingress.certificate or ingress.insecure or ingress.internal:
        return
    for index, cidr in enumerate(ingress.allow):
        if ipaddress.IPv4Network(cidr).prefixlen < _WORLD:
            yield at("allow", index).error(
                f'"{cidr}" opens plain HTTP to the internet. Add a certificate, or write insecure = true.'
            )


@rule(Ingress)
def duplicate_range(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """EC2 refuses a duplicate rule in a security group (EC2: InvalidPermission.Duplicate)."""
    for index, cidr in enumerate(ingress.allow):
        if cidr in ingress.allow[:index]:
            yield at("allow", index).error(f'"{cidr}" is listed twice. Remove one.')


@rule(Ingress)
def many_ranges(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """The default quota of a security group is 60 rules (VPC guide, "Quotas")."""
    ports = 2 if ingress.certificate else 1
    if len(ingress.allow) * ports > SECURITY_GROUP_RULES:
        message = (
            f"{len(ingress.allow)} ranges on {ports} {plural('port', ports)} exceed the default quota of "
            f"{SECURITY_GROUP_RULES} rules for a security group. Join ranges, or ask AWS for a higher quota."
        )
        yield at("allow").notice(message)


@rule(Ingress)
def record_without_name(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A DNS record requires a name."""
    if ingress.zone_id and not ingress.domain:
        message = 'requires domain, the name of the record. Add domain = "chat.example.com", or remove zone_id.'
        yield at("zone_id").error(message)


@rule(Deployment)
def duplicate_record(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Names of records are unique in a zone (Route 53: "already exists")."""
    seen: dict[tuple[str, str], str] = {}
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        if not (ingress.zone_id and ingress.domain):
            continue
        other = seen.setdefault((ingress.zone_id, ingress.domain.lower()), name)
        if other != name:
            place = at("ingress", other, "domain")
            yield at("ingress", name, "domain").error(
                f'"{ingress.domain}" is also the domain of ingress.{other} ({place.location}). Write another.'
            )


@rule(Ingress)
def certificate_of_another_region(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer supports certificates of its own region (ACM guide, "Services integrated with ACM")."""
    region = ingress.certificate.split(":")[3] if ingress.certificate else at.deployment.region
    if region != at.deployment.region and at.deployment.is_region_known:
        yield at("certificate").error(
            f'is in "{region}", and a load balancer in {at.deployment.region} can\'t use it. '
            f"Write the ARN of a certificate in {at.deployment.region}."
        )


@rule(Public)
def public_without_port(public: Public, at: Place) -> Iterator[Finding]:
    """A load balancer requires a container port (ECS API reference, LoadBalancer.containerPort)."""
    if at.service.port is None:
        message = f"requires port. Add port to services.{at.service.name}."
        yield at.error(message)


@rule(Public)
def public_over_tcp(public: Public, at: Place) -> Iterator[Finding]:
    """An Application Load Balancer supports HTTP and HTTPS only (ELBv2 API reference, CreateListener.Protocol)."""
    if at.service.is_tcp:
        message = 'isn\'t supported for protocol = "tcp". Write protocol = "http", "http2" or "grpc", or remove public.'
        yield at.error(message)


@rule(Public)
def unknown_ingress(public: Public, at: Place) -> Iterator[Finding]:
    """A public service uses an ingress of this catalog."""
    known = sorted(at.deployment.catalog.ingress)
    name = public.ingress
    if name is None or name in known:
        return
    close = did_you_mean(name, known)
    add = f'. Add [ingress.{name}] with allow = ["10.0.0.0/8"]'
    instead = f", or use {or_list(known)}" if known else ""
    fix = f'; did you mean "{close}"?' if close else f"{add}{instead}."
    yield at("ingress").error(f'unknown ingress "{name}"{fix}')


@rule(Public)
def no_ingress(public: Public, at: Place) -> Iterator[Finding]:
    """A public service requires an ingress."""
    if not at.deployment.catalog.ingress and public.ingress is None:
        message = 'requires an ingress. Add [ingress.public] with allow = ["10.0.0.0/8"], the ranges that may connect.'
        if by := at.catalog("ingress").removed_by:
            message = without_ingress(by, at.path)
        yield at.error(message)


@rule(Public)
def ambiguous_ingress(public: Public, at: Place) -> Iterator[Finding]:
    """A public service must set its ingress if there are several."""
    known = sorted(at.deployment.catalog.ingress)
    if len(known) > 1 and public.ingress is None:
        message = f"requires ingress, because the catalog has several. Write ingress = {or_list(known)}."
        yield at.error(message)


@rule(Public)
def http2_without_certificate(public: Public, at: Place) -> Iterator[Finding]:
    """Target groups of HTTP/2 and gRPC require an HTTPS listener (ALB guide, "Protocol version")."""
    only = len(at.deployment.catalog.ingress) == 1
    ingress = public.ingress or (next(iter(at.deployment.catalog.ingress), "") if only else "")
    settings = at.deployment.catalog.ingress.get(ingress)
    if settings is None or settings.gateway or settings.certificate or settings.listener_arn:
        return
    if at.service.protocol in ("http2", "grpc"):
        yield at.parent("protocol").error(
            f"behind a load balancer, {at.service.protocol} requires HTTPS. "
            f'Add a certificate to [ingress.{ingress}], or write protocol = "http".'
        )


@rule(Public)
def host_without_record(public: Public, at: Place) -> Iterator[Finding]:
    """An alias record has one name, the ingress's domain (Route 53 developer guide, "Choosing between alias and
    non-alias records")."""
    ingress = at.deployment.ingress_of(at.service) or ""
    settings = at.deployment.catalog.ingress.get(ingress)
    host = public.host
    if host is None or settings is None or not settings.zone_id or not settings.domain:
        return
    if host.lower() != settings.domain.lower():
        yield at("host").notice(
            f'"{host}" requires a DNS record for the load balancer, and Terraform creates one only for the domain of '
            f'[ingress.{ingress}], "{settings.domain}". Create the record.'
        )


@rule(Ingress)
def names_without_records(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Clients find a load balancer under another name by a DNS record (ELB user guide, "DNS name")."""
    found = names_without_record(at.deployment, at.name)
    if not found:
        return
    public = at.deployment.public_services(at.name)
    with_host = next((service.name for service in public if service.public and service.public.host), None)
    is_domain = ingress.domain is not None and ingress.domain.lower() in found
    place = at("domain") if is_domain or with_host is None else at.catalog("services", with_host, "public", "host")
    zone = 'Add zone_id = "Z0123456789ABC", the Route 53 zone of the domain, or create' if is_domain else "Create"
    requires, record = ("requires a DNS record", "a record") if len(found) == 1 else ("require DNS records", "records")
    yield place.notice(
        f"{listed(found)} {requires}, and Terraform creates none. {zone} {record} (CNAME or alias) for the load "
        f"balancer's DNS name: terraform output load_balancers has it as {at.name}."
    )


@rule(Ingress)
def certificate_without_name(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A certificate is for names of its owner, and never for the load balancer's own name (ACM user guide,
    "Characteristics")."""
    if ingress.certificate is None or ingress.domain is not None:
        return
    if any(
        service.public is not None and service.public.host is None for service in at.deployment.public_services(at.name)
    ):
        yield at("certificate").notice(
            "is for other names than the load balancer's own, which clients get without domain. Add domain = "
            '"chat.example.com", a name in the certificate, and zone_id = "Z0123456789ABC", its Route 53 zone.'
        )


@rule(Ingress)
def unused_domain(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A domain has an effect if it has a zone, or if a service behind the ingress sets no host."""
    public = at.deployment.public_services(at.name)
    if ingress.domain is None or ingress.zone_id is not None or not public:
        return
    if all(service.public is not None and service.public.host for service in public):
        message = "has no effect without zone_id, as all services behind it set a host"
        yield at("domain").notice(f"{message}. Add zone_id, or remove it.")
