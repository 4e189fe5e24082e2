"""Services that are reached from outside."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.problems import Finding, Path, did_you_mean
from catalog.provenance import Provenance


def _public(deployment: Deployment) -> Iterator[tuple[Service, Path]]:
    for service in deployment.services.values():
        if service.public is not None:
            yield service, ("services", service.name, "public")


def public_without_port(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer needs a port to send requests to (ECS API reference, LoadBalancer.containerPort)."""
    for service, place in _public(deployment):
        if service.port is None:
            message = f"there is no port to send requests to; add port to services.{service.name}"
            yield Finding(place=place, message=message)


def public_over_tcp(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An Application Load Balancer takes HTTP and HTTPS only (ELBv2 API reference, CreateListener.Protocol)."""
    for service, place in _public(deployment):
        if service.is_tcp:
            message = 'a load balancer speaks HTTP; write protocol = "http", "http2" or "grpc", or remove public'
            yield Finding(place=place, message=message)


def unknown_ingress(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A service names an ingress of this catalog."""
    known = sorted(deployment.catalog.ingress)
    for service, place in _public(deployment):
        name = service.public.ingress if service.public else None
        if name is None or name in known:
            continue
        close = did_you_mean(name, known)
        add = f'add [ingress.{name}] with allow = ["10.0.0.0/8"]'
        instead = f", or use {' or '.join(known)}" if known else ""
        cure = f'did you mean "{close}"?' if close else add + instead
        yield Finding(
            place=(*place, "ingress"), message=f'unknown ingress "{name}"; {cure}'
        )


def no_ingress(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Nothing is reached from outside without a way in."""
    for service, place in _public(deployment):
        if not deployment.catalog.ingress and service.public and service.public.ingress is None:
            message = (
                'there is no way in; add [ingress.public] with allow = ["10.0.0.0/8"], the ranges that may connect'
            )
            yield Finding(place=place, message=message)


def ingress_not_chosen(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Where there are several ways in, a service says which is its own."""
    known = sorted(deployment.catalog.ingress)
    for service, place in _public(deployment):
        if len(known) > 1 and service.public and service.public.ingress is None:
            message = f'there are several ingresses; write ingress = "{known[0]}", or name {" or ".join(known[1:])}'
            yield Finding(place=place, message=message)


def http2_without_certificate(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Target groups of HTTP/2 and gRPC take HTTPS listeners only (ALB guide, "Protocol version")."""
    only = len(deployment.catalog.ingress) == 1
    for service, place in _public(deployment):
        assert service.public is not None
        ingress = service.public.ingress or (next(iter(deployment.catalog.ingress), "") if only else "")
        settings = deployment.catalog.ingress.get(ingress)
        if settings is None or settings.gateway or settings.certificate or settings.listener_arn:
            continue
        if service.protocol in ("http2", "grpc"):
            yield Finding(
                place=(*place[:2], "protocol"),
                message=f"a load balancer passes {service.protocol} on from HTTPS only; "
                f'give [ingress.{ingress}] a certificate, or write protocol = "http"',
            )


def host_without_record(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An alias record bears one name, the ingress's own (Route 53 developer guide, "Choosing between alias and
    non-alias records")."""
    for service, place in _public(deployment):
        ingress = deployment.ingress_of(service) or ""
        settings = deployment.catalog.ingress.get(ingress)
        host = service.public.host if service.public else None
        if host is None or settings is None or not settings.zone_id or not settings.domain:
            continue
        if host.lower() != settings.domain.lower():
            yield Finding(
                place=(*place, "host"),
                message=f'"{host}" needs a record of its own that leads to the load balancer; only the domain of '
                f'[ingress.{ingress}], "{settings.domain}", gets one here',
                level="notice",
            )
