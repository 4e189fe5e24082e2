"""The DNS resolver of a VPC on a simulated clock, and callers that ask it once a second.

    with resolver.watching(region="us-west-2") as watch:
        trial.apply_planned()
        watch.elapse(1000)
    watch.unanswered  # seconds without an answer, by caller and host name

Of the private zones of the VPC that match a name, the most specific one answers (Route 53 developer guide,
"Considerations when working with a private hosted zone"). If it has no record, the resolver keeps that answer for the
zone's negative TTL, which is the smaller one of the SOA record's TTL and minimum (RFC 2308, section 5): 900 s in a zone
of Route 53 (developer guide, "The start of authority (SOA) record"), and 15 s in one of Cloud Map (its API reference,
SOA.TTL). VPC Lattice's own names are in a public zone of Route 53.

Time passes only in calls that wait for AWS, so that it doesn't depend on the machine. Everything else takes no time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.ecs.models import ecs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.route53 import route53_backends
from moto.servicediscovery import servicediscovery_backends

from . import calls
from .calls import Application, Environ
from .lattice_store import lattice_backends

BEFORE = {"ecs:UpdateService": 60, "ecs:CreateService": 60, "route53:ChangeResourceRecordSets": 30}
"""Seconds until a call has its effect: new tasks replace the old ones, a record is on all name servers."""
AFTER = {"route53:CreateHostedZone": 30}
"""Seconds until a client that waits goes on, while the effect is there: a zone until it is INSYNC."""
NEGATIVE_TTL = 900
NEGATIVE_TTL_OF_CLOUD_MAP = 15
_ADDRESS_VARIABLE = re.compile(r"[A-Z0-9_]+_(?:URL|HOST)")
_HOST = re.compile(r"(?:[a-z+]+://)?([a-z0-9.-]+)(?::\d+)?(?:/.*)?")


@dataclass(kw_only=True)
class Resolver:
    """The resolver of one VPC. It keeps only the answers that a name has no record."""

    region: str
    vpc: str
    account: str = DEFAULT_ACCOUNT_ID
    _missing: dict[str, int] = field(default_factory=dict)
    """The second from which on a name is looked up again."""

    def resolve(self, host: str, *, second: int) -> list[str]:
        """The addresses of a host; none if there's no record, or if there was none a short time ago."""
        if second < self._missing.get(host, 0):
            return []
        zone = max(self._zones(host), key=lambda each: len(each.name), default=None)
        found = list(self._records(zone, host)) if zone is not None else list(self._of_lattice(host))
        if not found:
            of_cloud_map = zone is not None and self._namespace(zone) is not None
            self._missing[host] = second + (NEGATIVE_TTL_OF_CLOUD_MAP if of_cloud_map else NEGATIVE_TTL)
        return found

    def _zones(self, host: str) -> Iterator[Any]:
        for zone in tuple(route53_backends[self.account]["aws"].zones.values()):
            if any(each["vpc_id"] == self.vpc for each in zone.vpcs) and f".{host}.".endswith(
                f".{zone.name.rstrip('.')}."
            ):
                yield zone

    def _namespace(self, zone: Any) -> Any:
        namespaces = servicediscovery_backends[self.account][self.region].list_namespaces()
        ids = {(each.dns_properties or {}).get("HostedZoneId", "").rpartition("/")[2]: each for each in namespaces}
        return ids.get(zone.id.rpartition("/")[2])

    def _records(self, zone: Any, host: str) -> Iterator[str]:
        for record in zone.rrsets:
            if record.name.rstrip(".") == host and record.type == "A":
                alias = (record.alias_target or {}).get("DNSName", "").rstrip(".")
                yield from self._of_lattice(alias) if alias else record.records
        if (namespace := self._namespace(zone)) is not None:
            for service in tuple(servicediscovery_backends[self.account][self.region].services.values()):
                if service.namespace_id == namespace.id and f"{service.name}.{namespace.name}" == host:
                    yield from (each.attributes["AWS_INSTANCE_IPV4"] for each in service.instances)

    def _of_lattice(self, host: str) -> Iterator[str]:
        for service in lattice_backends[self.account][self.region].all("Service"):
            if service["dnsEntry"]["domainName"] == host:
                yield "169.254.171.0"


@dataclass(kw_only=True)
class Watch:
    """The tasks of all ECS services of a region, each of which looks up its callees once a second."""

    region: str
    second: int = 0
    unanswered: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Seconds without an answer, by the caller and the host name."""
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Lookups, by the same."""
    served: list[str] = field(default_factory=list)
    """All calls in their order, as service:operation."""
    _resolvers: dict[str, Resolver] = field(default_factory=dict)

    def elapse(self, seconds: int) -> None:
        callees = list(self._callees()) if seconds else []
        for _ in range(seconds):
            for caller, vpc, host in callees:
                resolver = self._resolvers.setdefault(vpc, Resolver(region=self.region, vpc=vpc))
                self.asked[caller, host] += 1
                if not resolver.resolve(host, second=self.second):
                    self.unanswered[caller, host] += 1
            self.second += 1

    def _callees(self) -> Iterator[tuple[str, str, str]]:
        """Each running service, its VPC, and the hosts in the variables of its containers."""
        backend = ecs_backends[DEFAULT_ACCOUNT_ID][self.region]
        for service in tuple(backend.services.values()):
            if service.status != "ACTIVE" or not service.tasks:
                continue
            [subnet, *_] = service.settings["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
            vpc = ec2_backends[DEFAULT_ACCOUNT_ID][self.region].get_subnet(subnet).vpc_id
            task = backend.describe_task_definition(service.settings["taskDefinition"])
            for container in task.container_definitions:
                for each in container.get("environment") or ():
                    found = _HOST.fullmatch(each["value"])
                    if found and _ADDRESS_VARIABLE.fullmatch(each["name"]):
                        yield service.name, vpc, found[1]


_watch: Watch | None = None


@contextmanager
def watching(*, region: str) -> Iterator[Watch]:
    """Let time pass in the calls of the emulator, and callers look up their callees meanwhile."""
    global _watch
    _watch = Watch(region=region)
    try:
        yield _watch
    finally:
        _watch = None


def _serve(serve: Application) -> Application:
    def served(server: Any, environ: Environ, start_response: Any) -> Iterable[bytes]:
        call = calls.read(environ) if _watch is not None else None
        if _watch is None or call is None:
            return serve(server, environ, start_response)
        _watch.elapse(BEFORE.get(str(call), 0))
        answer = [b"".join(serve(server, environ, start_response))]
        _watch.elapse(AFTER.get(str(call), 0))
        _watch.served.append(str(call))
        return answer

    return served


def install() -> None:
    """See every request that is served, one at a time: before `faults`, which serves them."""
    DomainDispatcherApplication.__call__ = _serve(DomainDispatcherApplication.__call__)
