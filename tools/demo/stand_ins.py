"""Stand-ins for existing resources that a catalog names, created in the emulated AWS before Terraform runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catalog.diagnostics import CatalogError, Finding, Path
from catalog.load import Loaded
from catalog.model import Deployment
from tests.emulator import existing
from tools.demo.impossible import REPLACE
from tools.demo.looked_up import ARN, known, looked_up

_GROUP, _SUBNET, _VPC = (re.compile(rf"{kind}-[0-9a-f]+") for kind in ("sg", "subnet", "vpc"))


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """A resource that a catalog names, and how the emulator creates it."""

    kind: str
    name: str
    location: str
    """`services.toml:12`."""
    place: Path
    deployment: str
    create: Callable[[], None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({self.location})"


def collect(loaded: Loaded) -> list[StandIn]:
    """Everything that the deployments name as existing, once each, in the order of creation."""
    shared = _Shared(loaded)
    found: dict[tuple[str, str], StandIn] = {}
    for deployment in loaded.deployments:
        for each in _Named(deployment, loaded, shared).all():
            found.setdefault((each.kind, each.name), each)
    return list(found.values())


def create(loaded: Loaded) -> list[StandIn]:
    """Create everything that the deployments name as existing. Returns what was created. Raises CatalogError."""
    created = collect(loaded)
    for each in created:
        try:
            each.create()
        except Exception as error:  # moto's own, which have no common class
            reason = " ".join(str(error).split()) or type(error).__name__
            message = f"the demo can't create the {each.kind} {each.name}: {reason[:200]}. {REPLACE}"
            finding = Finding(place=each.place, message=message)
            raise CatalogError([loaded.reports[each.deployment].problem(finding)]) from error
    return created


class _Shared:
    """Requirements of all deployments on a resource that they share, because it's created once."""

    def __init__(self, loaded: Loaded) -> None:
        self.hosts: dict[str, list[str]] = {}
        """Names in each hosted zone, by the zone's id."""
        self.secret_keys: dict[str, set[str]] = {}
        """The keys that are read from each secret, by its ARN."""
        self.encrypted: set[str] = set()
        """ARNs of listeners that must use HTTPS."""
        for deployment in loaded.deployments:
            for name, ingress in deployment.catalog.ingress.items():
                services = deployment.public_services(name)
                hosts = [ingress.domain, *(service.public.host for service in services if service.public)]
                self.hosts.setdefault(ingress.zone_id or "", []).extend(host for host in hosts if host)
                if ingress.login or any(service.protocol in ("http2", "grpc") for service in services):
                    self.encrypted.add(known(ingress.listener_arn or ""))
            found = dict(looked_up(deployment.catalog))
            for place, arn in found.items():
                if place[-1] == "arn" and (key := found.get((*place[:-1], "key"))):
                    self.secret_keys.setdefault(arn, set()).add(key)


@dataclass(frozen=True)
class _Named:
    """The stand-ins for one deployment."""

    deployment: Deployment
    loaded: Loaded
    shared: _Shared

    def all(self) -> Iterator[StandIn]:
        """Networks first, because others are in them."""
        region, network, catalog = self.deployment.region, self.deployment.catalog.network, self.deployment.catalog
        found = list(looked_up(catalog))
        if network.vpc_id:
            yield self._one("VPC", network.vpc_id, ("network", "vpc_id"), existing.vpc, network.vpc_id, region=region)
        in_vpc = {"region": region, "vpc_id": network.vpc_id}
        for place, id_ in found:
            number = place[-1] if isinstance(place[-1], int) else 0
            if _SUBNET.fullmatch(id_):
                yield self._one("subnet", id_, place, existing.subnet, id_, number=number, **in_vpc)
            elif _GROUP.fullmatch(id_):
                yield self._one("security group", id_, place, existing.security_group, id_, **in_vpc)
            elif _VPC.fullmatch(id_):
                yield self._one("VPC", id_, place, existing.vpc, id_, region=region)
        yield from self._joined()
        for place, arn in found:
            if ARN.fullmatch(arn) and (kind_and_create := self._by_arn(arn)):
                yield self._one(kind_and_create[0], arn, place, kind_and_create[1], arn)
        yield from self._data()

    def _one(
        self, kind: str, name: str, place: Path, create: Callable[..., None], *arguments: Any, **keywords: Any
    ) -> StandIn:
        return StandIn(
            kind=kind,
            name=name,
            location=self.loaded.reports[self.deployment.id].location(*place),
            place=place,
            deployment=self.deployment.id,
            create=partial(create, *arguments, **keywords),
        )

    def _joined(self) -> Iterator[StandIn]:
        """The cluster, namespace, listeners and zones that a deployment joins."""
        catalog, network = self.deployment.catalog, self.deployment.catalog.network
        if catalog.cluster.arn:
            arn = known(catalog.cluster.arn)
            yield self._one("cluster", arn, ("cluster", "arn"), existing.cluster, arn)
        if id_ := catalog.discovery.namespace_id:
            create = partial(existing.namespace, name=self.deployment.namespace, region=self.deployment.region)
            vpc_id = network.vpc_id if catalog.discovery.kind == "dns" else None
            yield self._one("namespace", id_, ("discovery", "namespace_id"), create, id_, vpc_id=vpc_id)
        for name, ingress in catalog.ingress.items():
            if (id_ := ingress.zone_id) and (hosts := self.shared.hosts[id_]):
                create = partial(existing.hosted_zone, name=zone_of(hosts))
                yield self._one("hosted zone", id_, ("ingress", name, "zone_id"), create, id_)
            if ingress.listener_arn:
                arn = known(ingress.listener_arn)
                yield self._one(
                    "listener", arn, ("ingress", name, "listener_arn"), existing.listener, arn,
                    subnet_ids=list(network.private_subnet_ids), security_group_id=ingress.security_group_id,
                    https=arn in self.shared.encrypted, internal=ingress.internal,
                )  # fmt: skip

    def _by_arn(self, arn: str) -> tuple[str, Callable[[str], None]] | None:
        """The kind of an ARN and its function. None if Terraform doesn't look it up, or `_data` yields it."""
        service, resource = arn.split(":")[2], arn.split(":", 5)[5]
        if service == "iam" and resource.startswith("policy/"):
            return "IAM policy", existing.policy
        if service == "ssm" and resource.startswith("parameter/"):
            return "SSM parameter", existing.parameter
        if service == "secretsmanager":
            return "secret", partial(existing.secret, keys=sorted(self.shared.secret_keys.get(arn, ())))
        return existing.BY_ARN.get(service)

    def _data(self) -> Iterator[StandIn]:
        """Buckets, queues and tables, which a catalog may name without an ARN."""
        region = self.deployment.region
        for name, ingress in self.deployment.catalog.ingress.items():
            if ingress.logs and (bucket := ingress.logs.bucket):
                at: Path = ("ingress", name, "logs", "bucket")
                yield self._one("bucket", bucket, at, existing.bucket, bucket, region=region)
        for workload in self.deployment.running:
            access, place = workload.access, workload.place
            if workload.model:
                bucket, _, folder = workload.model.source.removeprefix("s3://").partition("/")
                object_ = "/".join(filter(None, (folder.strip("/"), "weights.bin")))
                with_object = partial(existing.bucket, object_=object_)
                at = (*place, "model")
                yield self._one("bucket", f"s3://{bucket}/{object_}", at, with_object, bucket, region=region)
            for key in ("s3_read", "s3_write", "s3_delete"):
                for index, source in enumerate(getattr(access, key)):
                    bucket = re.sub(r"^(s3://|arn:aws[a-z-]*:s3:::)", "", source).partition("/")[0]
                    at = (*place, "access", key, index)
                    yield self._one("bucket", bucket, at, existing.bucket, bucket, region=region)
            for key, kind, create in (
                ("sqs_consume", "queue", existing.queue),
                ("sqs_send", "queue", existing.queue),
                ("dynamodb", "table", existing.table),
            ):
                for index, value in enumerate(getattr(access, key)):
                    yield self._named(kind, value, (*place, "access", key, index), create)
            if workload.scale and workload.scale.backlog:
                at = (*place, "scale", "backlog", "queue")
                yield self._named("queue", workload.scale.backlog.queue, at, existing.queue)

    def _named(self, kind: str, value: str, place: Path, create: Callable[..., None]) -> StandIn:
        """A queue or table, from its name or ARN."""
        here = self.deployment.region
        parts = value.split(":", 5) if value.startswith("arn:") else ["", "", "", here, "", value]
        name, region = parts[5].removeprefix("table/").partition("/")[0], parts[3] or here
        shown = name if region == here else f"{name} in {region}"
        return self._one(kind, shown, place, create, name, region=region)


def zone_of(hosts: Iterable[str]) -> str:
    """The longest domain that all hosts are below. A host of two labels is its own zone: `example.com`."""
    labels = [host.lower().split(".")[::-1] for host in hosts]
    common: list[str] = []
    for level in zip(*labels, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    is_a_host = len(common) == min(map(len, labels)) and len(common) > 2
    return ".".join((common[:-1] if is_a_host else common)[::-1])
