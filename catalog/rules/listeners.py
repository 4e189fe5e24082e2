"""Listener rules, and existing listeners."""

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
"""Target groups of one Application Load Balancer (ALB guide, "Quotas", not adjustable)."""
_REQUIRED = {
    "security_group_id": '"sg-0a1b2c3d", a group of its load balancer',
    "priorities": "[1000, 1999], the range that this catalog may use",
}
_EXTERNALLY_MANAGED = ("allow", "certificate", "insecure", "zone_id", "internal", "waf", "logs", "gateway")


def _behind(deployment: Deployment) -> Iterator[tuple[str, list[Service]]]:
    """Every ingress with the services behind it, except those that must still choose one."""
    several = len(deployment.catalog.ingress) > 1
    for ingress in deployment.catalog.ingress:
        services = deployment.public_services(ingress)
        yield ingress, [s for s in services if not several or (s.public and s.public.ingress)]


@rule(Deployment)
def duplicate_listener_rule(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A listener applies only one of two rules for the same host and path (ALB guide, "Listener rules")."""
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
                f'"{under}" of ingress "{ingress}" is used by services.{seen[condition]} too '
                f"({other.location}). Write another path or host."
            )


@rule(Deployment)
def duplicate_rule_priority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Priorities are unique in a listener (ELBv2: PriorityInUse). A gateway has routes without priorities."""
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
                        f"its rule would have priority {priority}, as that of services.{other.name} does "
                        f"({place.location}). {fix}"
                    )
                    break


def _priorities(deployment: Deployment, service: Service) -> list[int]:
    """Priorities of a service's rule, and of the rules for the matches of its versions."""
    versions = deployment.versions.get(service.name, ())
    matches = [priority_of_match(deployment, service, each) for each in versions if each.match is not None]
    return [priority_of(deployment, service), *matches]


@rule(Deployment)
def no_priority_for_matches(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The rule for a version's match requires a lower priority than that of its service (ALB guide, "Listener
    rules")."""
    for _, services in _behind(deployment):
        for service in services:
            priorities = _priorities(deployment, service)
            if len(set(priorities)) < len(priorities):
                yield at("services", service.name, "public").error(
                    f"priority {priorities[0]} leaves no lower ones for the matches of its versions. "
                    + _fix(priorities[0] + MATCHES, deployment, service, services)
                )


def _fix(wanted: int, deployment: Deployment, service: Service, services: list[Service]) -> str:
    """The advice: the nearest priority that no rule has."""
    first, last = priority_range(deployment, service)
    wanted = min(wanted, last)
    taken = {each for service in services for each in _priorities(deployment, service)}
    near = range(max(first, wanted - 200), min(last, wanted + 200) + 1)
    free = [candidate for candidate in near if candidate not in taken]
    if not free:
        return f"Set more ingress.{deployment.ingress_of(service)}.priorities than {first} to {last}."
    return f"Write priority = {min(free, key=lambda each: (abs(each - wanted), each))} here."


@rule(Public)
def long_rule_condition(public: Public, at: Place) -> Iterator[Finding]:
    """Host and path of a rule have at most 128 characters, of which `stacks` adds two to a path (ELBv2 API reference,
    RuleCondition)."""
    for key, text, limit in (
        ("path", public.path, _CONDITION_LENGTH - 2),
        ("host", public.host or "", _CONDITION_LENGTH),
    ):
        if len(text) > limit:
            yield at(key).error(f"has {len(text)} characters. Use at most {limit}.")


@rule(Deployment)
def too_many_target_groups(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An Application Load Balancer has at most 100 target groups (ALB guide, "Quotas", not adjustable)."""
    for ingress, services in _behind(deployment):
        count = sum(len(deployment.workloads_of(service.name)) for service in services)
        if count > _SERVICES_PER_BALANCER:
            what = "services" if count == len(services) else "services and versions"
            message = f"{count} {what} use it, and a load balancer allows at most {_SERVICES_PER_BALANCER}. "
            yield at("ingress", ingress).error(message + "Add another [ingress] for the rest.")


@rule(Ingress)
def incomplete_listener(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Tasks allow ingress from a security group, and priorities are unique in a listener (ELBv2: PriorityInUse)."""
    for key, example in _REQUIRED.items() if ingress.listener_arn is not None else ():
        if getattr(ingress, key) is None:
            yield at("listener_arn").error(f"requires {key}. Add {key} = {example}.")


@rule(Ingress)
def listener_settings_without_listener(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A load balancer that Terraform creates has its own security group and all priorities."""
    for key in _REQUIRED if ingress.listener_arn is None else ():
        if getattr(ingress, key) is not None:
            yield at(key).error(f"has an effect only on an existing listener. Add listener_arn, or remove {key}.")


@rule(Ingress)
def settings_of_existing_listener(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """Terraform doesn't change an existing load balancer."""
    for key in _EXTERNALLY_MANAGED if ingress.listener_arn is not None else ():
        if at(key).is_set:
            there = at("listener_arn").location
            yield at(key).error(f"has no effect on an existing listener (listener_arn, {there}). Remove {key}.")


@rule(Ingress)
def existing_listener_in_new_network(ingress: Ingress, at: Place) -> Iterator[Finding]:
    """A target group is in the VPC of its load balancer (ELBv2 API reference, CreateTargetGroup.VpcId)."""
    if ingress.listener_arn is not None and not at.deployment.uses_existing_network:
        yield at("listener_arn").error(
            "requires the existing VPC of its load balancer. Set network.vpc_id and network.private_subnet_ids."
        )


@rule(Deployment)
def duplicate_listener(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Two ingresses of one listener would create conflicting rules."""
    seen: dict[str, str] = {}
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        if ingress.listener_arn is None:
            continue
        other = seen.setdefault(ingress.listener_arn, name)
        if other != name:
            first = at("ingress", other, "listener_arn").location
            yield at("ingress", name, "listener_arn").error(
                f"is used by both ingress.{name} and ingress.{other} ({first}). Remove one of them."
            )


@rule(Service)
def priority_out_of_range(service: Service, at: Place) -> Iterator[Finding]:
    """A rule on an existing listener uses a priority of the ingress's `priorities`."""
    name = at.deployment.ingress_of(service) or ""
    settings = at.deployment.catalog.ingress.get(name)
    priority = service.public.priority if service.public else None
    if priority is None or settings is None or settings.listener_arn is None or settings.priorities is None:
        return
    first, last = settings.priorities
    if not first <= priority <= last:
        place = at.catalog("ingress", name, "priorities")
        yield at("public", "priority").error(
            f"{priority} isn't in the priorities of the ingress, {first} to {last} ({place.location}). "
            "Write one of these, or remove priority."
        )
