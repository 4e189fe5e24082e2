"""Services that are reached from outside, and the load balancer rules that lead to them."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.priorities import priority_of
from catalog.problems import Finding, Path, did_you_mean
from catalog.rules.written import Written

_CONDITION_LENGTH = 128
"""Characters of a host or path pattern in a rule (ELBv2 API reference, RuleCondition)."""
_SERVICES_PER_BALANCER = 100
"""Target groups of one Application Load Balancer (its guide, "Quotas", not adjustable)."""


def _public(deployment: Deployment) -> Iterator[tuple[Service, Path]]:
    for service in deployment.services.values():
        if service.public is not None:
            yield service, ("services", service.name, "public")


def public_without_port(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A load balancer needs a port to send requests to (ECS API reference, LoadBalancer.containerPort)."""
    for service, place in _public(deployment):
        if service.port is None:
            message = f"there is no port to send requests to; add port to services.{service.name}"
            yield Finding(place=place, message=message, about=((*place[:2], "port"),))


def public_over_tcp(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An Application Load Balancer takes HTTP and HTTPS only (ELBv2 API reference, CreateListener.Protocol)."""
    for service, place in _public(deployment):
        if service.is_tcp:
            message = 'a load balancer speaks HTTP; write protocol = "http", "http2" or "grpc", or remove public'
            yield Finding(place=place, message=message, about=((*place[:2], "protocol"),))


def unknown_ingress(deployment: Deployment, written: Written) -> Iterator[Finding]:
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
            place=(*place, "ingress"), message=f'unknown ingress "{name}"; {cure}', about=(("ingress", name),)
        )


def no_ingress(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Nothing is reached from outside without a way in."""
    for service, place in _public(deployment):
        if not deployment.catalog.ingress and service.public and service.public.ingress is None:
            message = (
                'there is no way in; add [ingress.public] with allow = ["10.0.0.0/8"], the ranges that may connect'
            )
            yield Finding(place=place, message=message, about=(("ingress",),))


def ingress_not_chosen(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Where there are several ways in, a service says which is its own."""
    known = sorted(deployment.catalog.ingress)
    for service, place in _public(deployment):
        if len(known) > 1 and service.public and service.public.ingress is None:
            message = f'there are several ingresses; write ingress = "{known[0]}", or name {" or ".join(known[1:])}'
            yield Finding(place=place, message=message, about=(("ingress",),))


def _behind(deployment: Deployment) -> Iterator[tuple[str, list[Service]]]:
    """Every ingress with the services behind it."""
    for ingress in deployment.catalog.ingress:
        yield ingress, list(deployment.public_services(ingress))


def same_rule(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Of two services under one host and path, the load balancer would only ever reach one."""
    for ingress, services in _behind(deployment):
        seen: dict[tuple[str, str], str] = {}
        for service in services:
            assert service.public is not None
            rule = ((service.public.host or "").lower(), service.public.path)
            if rule not in seen:
                seen[rule] = service.name
                continue
            other: Path = ("services", seen[rule], "public")
            under = "".join(rule)
            yield Finding(
                place=("services", service.name, "public"),
                message=f'"{under}" of ingress "{ingress}" is taken by services.{seen[rule]} '
                f"({written.where(*other)}); write another path or host",
                about=(other,),
            )


def same_priority(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Two rules of a listener cannot have one priority (ELBv2: PriorityInUse)."""
    for _, services in _behind(deployment):
        seen: dict[int, Service] = {}
        rules: set[tuple[str, str]] = set()
        for service in services:
            assert service.public is not None
            rule = ((service.public.host or "").lower(), service.public.path)
            if rule in rules:
                continue
            rules.add(rule)
            priority = priority_of(service)
            other = seen.setdefault(priority, service)
            if other is not service:
                place: Path = ("services", other.name, "public")
                yield Finding(
                    place=("services", service.name, "public"),
                    message=f"its rule would have priority {priority}, like that of services.{other.name} "
                    f"({written.where(*place)}); write priority = {_free(priority, services)} here",
                    about=(place,),
                )


def _free(priority: int, services: list[Service]) -> int:
    """The nearest priority that no rule has."""
    taken = {priority_of(service) for service in services}
    return min(
        (
            candidate
            for candidate in range(max(1, priority - 200), min(50000, priority + 200) + 1)
            if candidate not in taken
        ),
        key=lambda candidate: (abs(candidate - priority), candidate),
    )


def long_condition(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A rule's host and path have at most 128 characters; two of the path are ours (ELBv2 API, RuleCondition)."""
    for service, place in _public(deployment):
        assert service.public is not None
        for key, text, limit in (
            ("path", service.public.path, _CONDITION_LENGTH - 2),
            ("host", service.public.host or "", _CONDITION_LENGTH),
        ):
            if len(text) > limit:
                yield Finding(place=(*place, key), message=f"has {len(text)} characters; use at most {limit}")


def http2_without_certificate(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Target groups of HTTP/2 and gRPC take HTTPS listeners only (ALB guide, "Protocol version")."""
    for service, place in _public(deployment):
        ingress = deployment.ingress_of(service)
        settings = deployment.catalog.ingress.get(ingress) if ingress else None
        if service.protocol in ("http2", "grpc") and settings is not None and settings.certificate is None:
            yield Finding(
                place=(*place[:2], "protocol"),
                message=f"a load balancer passes {service.protocol} on from HTTPS only; "
                f'give [ingress.{ingress}] a certificate, or write protocol = "http"',
                about=(place, ("ingress", str(ingress), "certificate")),
            )


def too_many_services(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An Application Load Balancer has at most 100 target groups (its guide, "Quotas", not adjustable)."""
    for ingress, services in _behind(deployment):
        if len(services) > _SERVICES_PER_BALANCER:
            message = (
                f"{len(services)} services are public through it, a load balancer takes {_SERVICES_PER_BALANCER}; "
            )
            yield Finding(place=("ingress", ingress), message=message + "add another [ingress] for the rest")
