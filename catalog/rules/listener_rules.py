"""The rules by which a load balancer tells its services apart."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.priorities import LAST, MATCHES, priority_of, priority_of_match
from catalog.problems import Finding, Path
from catalog.written import Written

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
                    free = _free(priority_of(service), deployment, services)
                    yield Finding(
                        place=("services", service.name, "public"),
                        message=f"its rule would have priority {priority}, like that of services.{other.name} "
                        f"({written.where(*place)}); write priority = {free} here",
                        about=(place,),
                    )
                    break


def _priorities(deployment: Deployment, service: Service) -> list[int]:
    """Those of a service's rule, and of the rules by which its versions get what they match."""
    versions = deployment.versions.get(service.name, ())
    return [priority_of(service), *(priority_of_match(service, each) for each in versions if each.match is not None)]


def no_room_for_matches(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """What a version matches is tried before the rest: there has to be a priority before that of the service."""
    for _, services in _behind(deployment):
        for service in services:
            priorities = _priorities(deployment, service)
            if len(set(priorities)) < len(priorities):
                yield Finding(
                    place=("services", service.name, "public"),
                    message=f"before priority {priorities[0]} there is no room for the matches of its versions; "
                    f"write priority = {_free(priorities[0] + MATCHES, deployment, services)} here",
                    about=(("services", service.name, "versions"),),
                )


def _free(priority: int, deployment: Deployment, services: list[Service]) -> int:
    """The nearest priority that no rule has."""
    taken = {each for service in services for each in _priorities(deployment, service)}
    return min(
        (
            candidate
            for candidate in range(max(1, priority - 200), min(LAST, priority + 200) + 1)
            if candidate not in taken
        ),
        key=lambda candidate: (abs(candidate - priority), candidate),
    )


def long_condition(deployment: Deployment, written: Written) -> Iterator[Finding]:
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


def too_many_services(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An Application Load Balancer has at most 100 target groups (its guide, "Quotas", not adjustable)."""
    for ingress, services in _behind(deployment):
        count = sum(len(deployment.workloads_of(service.name)) for service in services)
        if count > _SERVICES_PER_BALANCER:
            what = "services" if count == len(services) else "services and versions"
            message = f"{count} {what} are public through it, a load balancer takes {_SERVICES_PER_BALANCER}; "
            yield Finding(place=("ingress", ingress), message=message + "add another [ingress] for the rest")
