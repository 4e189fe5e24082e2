"""A listener that exists: what must be said of it, and what is its owner's to say."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.model.network import Ingress
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_NEEDED = {"security_group_id": '"sg-…", a group of its load balancer', "priorities": "[1000, 1999], those left to you"}
_OF_THE_OWNER = ("allow", "certificate", "insecure", "zone_id", "internal", "waf", "logs", "gateway")


def _joined(deployment: Deployment) -> Iterator[tuple[str, Ingress, str, Path]]:
    """Every ingress that is a listener that exists: its name, settings, the listener and where it is named."""
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        if ingress.listener_arn is not None:
            yield name, ingress, ingress.listener_arn, ("ingress", name, "listener_arn")


def listener_incomplete(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Tasks let in the members of a group, and of two rules with one priority a listener refuses the second (ELBv2:
    PriorityInUse)."""
    for name, ingress, _, place in _joined(deployment):
        for key, example in _NEEDED.items():
            if getattr(ingress, key) is None:
                message = f"this listener needs {key}; add {key} = {example}"
                yield Finding(place=place, message=message)


def without_listener(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer of our own has a group of its own, and all priorities."""
    for name, ingress in deployment.catalog.ingress.items():
        for key in _NEEDED:
            if ingress.listener_arn is None and getattr(ingress, key) is not None:
                message = "is said of a listener that exists; add its listener_arn, or remove this"
                about: Path = ("ingress", name, "listener_arn")
                yield Finding(place=("ingress", name, key), message=message)


def settings_of_the_listener(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Of a load balancer that exists nothing is written."""
    for name, _, _, place in _joined(deployment):
        for key in _OF_THE_OWNER:
            if written.is_set("ingress", name, key):
                message = f"belongs to whoever owns the listener (listener_arn, {written.location(*place)}); leave it out"
                yield Finding(place=("ingress", name, key), message=message)


def listener_in_a_new_network(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A target group lies in the VPC of its load balancer (ELBv2 API reference, CreateTargetGroup.VpcId)."""
    for _, _, _, place in _joined(deployment):
        if not deployment.uses_existing_network:
            message = (
                "its load balancer lies in a VPC that exists; name that by vpc_id and private_subnet_ids in [network]"
            )
            yield Finding(place=place, message=message)


def same_listener(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Two ways in by one listener could not tell their rules apart."""
    seen: dict[str, str] = {}
    for name, _, arn, place in _joined(deployment):
        other = seen.setdefault(arn, name)
        if other != name:
            first: Path = ("ingress", other, "listener_arn")
            yield Finding(
                place=place,
                message=f"is the listener of ingress.{other} already ({written.location(*first)}); leave out one of the "
                "two ingresses",
            )


def priority_of_others(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A rule has one of the priorities that were left to this deployment."""
    for service in deployment.services.values():
        name = deployment.ingress_of(service) or ""
        settings = deployment.catalog.ingress.get(name)
        priority = service.public.priority if service.public else None
        if priority is None or settings is None or settings.listener_arn is None or settings.priorities is None:
            continue
        first, last = settings.priorities
        if not first <= priority <= last:
            place: Path = ("ingress", name, "priorities")
            yield Finding(
                place=("services", service.name, "public", "priority"),
                message=f"{priority} is not one of the {first} to {last} that are left to you "
                f"({written.location(*place)}); write one of these, or leave it out",
            )
