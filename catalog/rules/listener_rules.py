"""The rules by which a load balancer tells its services apart."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.priorities import MATCHES, priority_of, priority_of_match, room_of
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_CONDITION_LENGTH = 128
"""Characters of a host or path pattern in a rule (ELBv2 API reference, RuleCondition)."""
_SERVICES_PER_BALANCER = 100
"""Target groups of one Application Load Balancer (its guide, "Quotas", not adjustable)."""


def _behind(deployment: Deployment) -> Iterator[tuple[str, list[Service]]]:
    """Every ingress with the services behind it, those aside that have yet to choose one."""
    several = len(deployment.catalog.ingress) > 1
    for ingress in deployment.catalog.ingress:
        services = deployment.public_services(ingress)
        yield ingress, [s for s in services if not several or (s.public and s.public.ingress)]


def same_rule(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
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
                f"({written.location(*other)}); write another path or host",
            )


def same_priority(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Two rules of a listener cannot have one priority (ELBv2: PriorityInUse). A gateway has routes instead."""
    for ingress, services in _behind(deployment):
        if deployment.catalog.ingress[ingress].gateway:
            continue
        seen: dict[int, Service] = {}
        rules: set[tuple[str, str]] = set()
        for service in services:
            assert service.public is not None
            rule = ((service.public.host or "").lower(), service.public.path)
            if rule in rules:
                continue
            rules.add(rule)
            for priority in _priorities(deployment, service):
                other = seen.setdefault(priority, service)
                if other is not service:
                    place: Path = ("services", other.name, "public")
                    cure = _cure(priority_of(deployment, service), deployment, service, services)
                    yield Finding(
                        place=("services", service.name, "public"),
                        message=f"its rule would have priority {priority}, like that of services.{other.name} "
                        f"({written.location(*place)}); {cure}",
                    )
                    break


def _priorities(deployment: Deployment, service: Service) -> list[int]:
    """Those of a service's rule, and of the rules by which its versions get what they match."""
    versions = deployment.versions.get(service.name, ())
    matches = [priority_of_match(deployment, service, each) for each in versions if each.match is not None]
    return [priority_of(deployment, service), *matches]


def no_room_for_matches(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What a version matches is tried before the rest: there has to be a priority before that of the service."""
    for _, services in _behind(deployment):
        for service in services:
            priorities = _priorities(deployment, service)
            if len(set(priorities)) < len(priorities):
                yield Finding(
                    place=("services", service.name, "public"),
                    message=f"before priority {priorities[0]} there is no room for the matches of its versions; "
                    + _cure(priorities[0] + MATCHES, deployment, service, services),
                )


def _cure(wanted: int, deployment: Deployment, service: Service, services: list[Service]) -> str:
    """What to write: the nearest priority that no rule has."""
    first, last = room_of(deployment, service)
    wanted = min(wanted, last)
    taken = {each for service in services for each in _priorities(deployment, service)}
    near = range(max(first, wanted - 200), min(last, wanted + 200) + 1)
    free = [candidate for candidate in near if candidate not in taken]
    if not free:
        return f"give ingress.{deployment.ingress_of(service)} more priorities than {first} to {last}"
    return f"write priority = {min(free, key=lambda each: (abs(each - wanted), each))} here"


def long_condition(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A rule's host and path have at most 128 characters; two of the path are ours (ELBv2 API, RuleCondition)."""
    for service in deployment.services.values():
        if service.public is None:
            continue
        place: Path = ("services", service.name, "public")
        for key, text, limit in (
            ("path", service.public.path, _CONDITION_LENGTH - 2),
            ("host", service.public.host or "", _CONDITION_LENGTH),
        ):
            if len(text) > limit:
                yield Finding(place=(*place, key), message=f"has {len(text)} characters; use at most {limit}")


def too_many_services(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An Application Load Balancer has at most 100 target groups (its guide, "Quotas", not adjustable)."""
    for ingress, services in _behind(deployment):
        count = sum(len(deployment.workloads_of(service.name)) for service in services)
        if count > _SERVICES_PER_BALANCER:
            what = "services" if count == len(services) else "services and versions"
            message = f"{count} {what} are public through it, a load balancer takes {_SERVICES_PER_BALANCER}; "
            yield Finding(place=("ingress", ingress), message=message + "add another [ingress] for the rest")
