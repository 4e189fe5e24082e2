"""Listener rules, and listeners that exist."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.load_balancers import MATCHES, priority_of, priority_of_match, priority_range
from catalog.diagnostics import Finding
from catalog.frame import Place
from catalog.model import Deployment, Ingress, Service
from catalog.model.service import Public
from catalog.rules import rule

_CONDITION_LENGTH = 128
"""Characters of a host or path pattern in a rule (ELBv2 API reference, RuleCondition)."""
_SERVICES_PER_BALANCER = 100
"""Target groups of one Application Load Balancer (its guide, "Quotas", not adjustable)."""
_NEEDED = {"security_group_id": '"sg-…", a group of its load balancer', "priorities": "[1000, 1999], those left to you"}
_OF_THE_OWNER = ("allow", "certificate", "insecure", "zone_id", "internal", "waf", "logs", "gateway")


def _behind(deployment: Deployment) -> Iterator[tuple[str, list[Service]]]:
    """Every ingress with the services behind it, those aside that have yet to choose one."""
    several = len(deployment.catalog.ingress) > 1
    for ingress in deployment.catalog.ingress:
        services = deployment.public_services(ingress)
        yield ingress, [s for s in services if not several or (s.public and s.public.ingress)]


@rule(Deployment)
def duplicate_listener_rule(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A load balancer reaches only one of two services under the same host and path."""
    for ingress, services in _behind(deployment):
        seen: dict[tuple[str, str], str] = {}
        for service in services:
            assert service.public is not None
            condition = ((service.public.host or "").lower(), service.public.path)
            if condition not in seen:
                seen[condition] = service.name
                continue
            other = at("services", seen[condition], "public")
            under = "".join(condition)
            yield at("services", service.name, "public").error(
                f'"{under}" of ingress "{ingress}" is taken by services.{seen[condition]} '
                f"({other.location}); write another path or host"
            )


@rule(Deployment)
def duplicate_rule_priority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Two rules of a listener cannot have one priority (ELBv2: PriorityInUse). A gateway has routes instead."""
    for ingress, services in _behind(deployment):
        if deployment.catalog.ingress[ingress].gateway:
            continue
        seen: dict[int, Service] = {}
        conditions: set[tuple[str, str]] = set()
        for service in services:
            assert service.public is not None
            condition = ((service.public.host or "").lower(), service.public.path)
            if condition in conditions:
                continue
            conditions.add(condition)
            for priority in _priorities(deployment, service):
                other = seen.setdefault(priority, service)
                if other is not service:
                    place = at("services", other.name, "public")
                    fix = _fix(priority_of(deployment, service), deployment, service, services)
                    yield at("services", service.name, "public").error(
                        f"its rule would have priority {priority}, like that of services.{other.name} "
                        f"({place.location}); {fix}"
                    )
                    break


def _priorities(deployment: Deployment, service: Service) -> list[int]:
    """Those of a service's rule, and of the rules by which its versions get what they match."""
    versions = deployment.versions.get(service.name, ())
    matches = [priority_of_match(deployment, service, each) for each in versions if each.match is not None]
    return [priority_of(deployment, service), *matches]


@rule(Deployment)
def no_priority_for_matches(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A version's match needs a priority before that of its service, as the rule is tried first."""
    for _, services in _behind(deployment):
        for service in services:
            priorities = _priorities(deployment, service)
            if len(set(priorities)) < len(priorities):
                yield at("services", service.name, "public").error(
                    f"before priority {priorities[0]} there is no room for the matches of its versions; "
                    + _fix(priorities[0] + MATCHES, deployment, service, services)
                )


def _fix(wanted: int, deployment: Deployment, service: Service, services: list[Service]) -> str:
    """The nearest priority that no rule has, as what to write."""
    first, last = priority_range(deployment, service)
    wanted = min(wanted, last)
    taken = {each for service in services for each in _priorities(deployment, service)}
    near = range(max(first, wanted - 200), min(last, wanted + 200) + 1)
    free = [candidate for candidate in near if candidate not in taken]
    if not free:
        return f"give ingress.{deployment.ingress_of(service)} more priorities than {first} to {last}"
    return f"write priority = {min(free, key=lambda each: (abs(each - wanted), each))} here"


@rule(Public)
def long_rule_condition(public: Public, at: Place) -> Iterator[Finding]:
    """A rule's host and path have at most 128 characters; two of the path are ours (ELBv2 API, RuleCondition)."""
    for key, text, limit in (
        ("path", public.path, _CONDITION_LENGTH - 2),
        ("host", public.host or "", _CONDITION_LENGTH),
    ):
        if len(text) > limit:
            yield at(key).error(f"has {len(text)} characters; use at most {limit}")


@rule(Deployment)
def too_many_target_groups(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An Application Load Balancer has at most 100 target groups (its guide, "Quotas", not adjustable)."""
    for ingress, services in _behind(deployment):
        count = sum(len(deployment.workloads_of(service.name)) for service in services)
        if count > _SERVICES_PER_BALANCER:
            what = "services" if count == len(services) else "services and versions"
            message = f"{count} {what} are public through it, a load balancer takes {_SERVICES_PER_BALANCER}; "
            yield at("ingress", ingress).error(message + "add another [ingress] for the rest")


@rule(Ingress)
def incomplete_listener(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Tasks let in the members of a group, and of two rules with one priority a listener refuses the second (ELBv2:
    PriorityInUse)."""
    for key, example in _NEEDED.items() if ingress.listener_arn is not None else ():
        if getattr(ingress, key) is None:
            yield at("listener_arn").error(f"this listener needs {key}; add {key} = {example}")


@rule(Ingress)
def listener_settings_without_listener(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer of our own has a group of its own, and all priorities."""
    for key in _NEEDED if ingress.listener_arn is None else ():
        if getattr(ingress, key) is not None:
            yield at(key).error("is said of a listener that exists; add its listener_arn, or remove this")


@rule(Ingress)
def settings_of_existing_listener(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Terraform changes no setting of an existing load balancer."""
    for key in _OF_THE_OWNER if ingress.listener_arn is not None else ():
        if at(key).is_set:
            there = at("listener_arn").location
            yield at(key).error(f"belongs to whoever owns the listener (listener_arn, {there}); leave it out")


@rule(Ingress)
def existing_listener_in_new_network(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A target group lies in the VPC of its load balancer (ELBv2 API reference, CreateTargetGroup.VpcId)."""
    if ingress.listener_arn is not None and not at.deployment.uses_existing_network:
        yield at("listener_arn").error(
            "its load balancer lies in a VPC that exists; name that by vpc_id and private_subnet_ids in [network]"
        )


@rule(Deployment)
def duplicate_listener(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Two ways in by one listener could not tell their rules apart."""
    seen: dict[str, str] = {}
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        if ingress.listener_arn is None:
            continue
        other = seen.setdefault(ingress.listener_arn, name)
        if other != name:
            first = at("ingress", other, "listener_arn").location
            yield at("ingress", name, "listener_arn").error(
                f"is the listener of ingress.{other} already ({first}); leave out one of the two ingresses"
            )


@rule(Service)
def priority_out_of_range(service: Service, at: Place) -> Iterator[Finding]:
    """A rule has one of the priorities that were left to this deployment."""
    name = at.deployment.ingress_of(service) or ""
    settings = at.deployment.catalog.ingress.get(name)
    priority = service.public.priority if service.public else None
    if priority is None or settings is None or settings.listener_arn is None or settings.priorities is None:
        return
    first, last = settings.priorities
    if not first <= priority <= last:
        place = at.catalog("ingress", name, "priorities")
        yield at("public", "priority").error(
            f"{priority} is not one of the {first} to {last} that are left to you "
            f"({place.location}); write one of these, or leave it out"
        )
