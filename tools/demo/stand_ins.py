"""Stand-ins: what a catalog names as existing, created in the emulated AWS before Terraform runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catalog import unknowns
from catalog.diagnostics import Finding, Path, Problem
from catalog.load import Loaded
from catalog.model import Deployment
from tests.emulator import existing

_ARN = re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:[^:]*:[^*?]+")
_GROUP, _SUBNET, _VPC = (re.compile(rf"{kind}-[0-9a-f]+") for kind in ("sg", "subnet", "vpc"))
_OTHER_ID = re.compile(r"(eipalloc|eni|fs|fsap|igw|lt|nat|pcx|pl|rtb|tgw|vpce)-[0-9a-f]{8,17}")
"""Ids that Terraform looks up, and that only overrides can name."""
_TEXTS = {"environment", "vars", "tags", "aws", "state", "command", "entrypoint", "headers"}
"""Tables and lists whose strings Terraform doesn't look up."""


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """A resource that a catalog names, and how the emulator creates it."""

    kind: str
    name: str
    location: str
    """`services.toml:12`."""
    create: Callable[[], None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({self.location})"


def create(loaded: Loaded) -> list[StandIn]:
    """Create everything that the deployments name, once each. Returns what was created."""
    created: dict[tuple[str, str], StandIn] = {}
    for deployment in loaded.deployments:
        for each in _of(deployment, loaded):
            if (each.kind, each.name) not in created:
                each.create()
                created[each.kind, each.name] = each
    return list(created.values())


def impossible(loaded: Loaded) -> list[Problem]:
    """What the demo can't create, with file and line."""
    problems: dict[Problem, None] = {}
    for deployment in loaded.deployments:
        for finding in _impossible(deployment):
            problems[loaded.reports[deployment.id].problem(finding)] = None
    return list(problems)


def _impossible(deployment: Deployment) -> Iterator[Finding]:
    known, wanted = existing.zones(deployment.region), deployment.catalog.network.zones
    if not known:
        advice = 'Write another one, such as "us-west-2", in a copy of the catalog for the demo.'
        yield Finding(place=("catalog", "region"), message=f'the demo has no region "{deployment.region}". {advice}')
    elif isinstance(wanted, tuple) and (missing := sorted(set(wanted) - set(known))):
        advice = f"Use some of {', '.join(known)}, or a number, in a copy of the catalog for the demo."
        yield Finding(place=("network", "zones"), message=f"the demo has no zone {', '.join(missing)}. {advice}")
    for place, value in _strings(deployment.catalog.overrides, ("overrides",)):
        if _OTHER_ID.fullmatch(value):
            advice = "Remove this override in a copy of the catalog for the demo."
            yield Finding(place=place, message=f'the demo can\'t create "{value}". {advice}')


def _of(deployment: Deployment, loaded: Loaded) -> Iterator[StandIn]:
    """What one deployment names: networks first, because others are in them."""
    report = loaded.reports[deployment.id]

    def stand_in(kind: str, name: str, place: Path, create: Callable[..., None], *at: Any, **how: Any) -> StandIn:
        return StandIn(kind=kind, name=name, location=report.location(*place), create=partial(create, *at, **how))

    region, network, catalog = deployment.region, deployment.catalog.network, deployment.catalog
    found = dict(_strings(catalog.model_dump(exclude={*_TEXTS}), ()))
    if network.vpc_id:
        yield stand_in("VPC", network.vpc_id, ("network", "vpc_id"), existing.vpc, network.vpc_id, region=region)
    in_vpc = {"region": region, "vpc_id": network.vpc_id}
    listed = [each for each in found.items() if _SUBNET.fullmatch(each[1])]
    numbers = {id_: number for number, id_ in enumerate(dict.fromkeys(id_ for _, id_ in listed))}
    for place, id_ in listed:
        yield stand_in("subnet", id_, place, existing.subnet, id_, number=numbers[id_], **in_vpc)
    for place, id_ in found.items():
        if _GROUP.fullmatch(id_):
            yield stand_in("security group", id_, place, existing.security_group, id_, **in_vpc)
        elif _VPC.fullmatch(id_) and id_ != network.vpc_id:
            yield stand_in("VPC", id_, place, existing.vpc, id_, region=region)
    yield from _joined(deployment, stand_in)
    for place, arn in found.items():
        if _ARN.fullmatch(arn) and (each := _by_arn(arn)):
            yield stand_in(each[0], arn, place, each[1], arn)
    yield from _secrets(found, stand_in)
    yield from _data(deployment, stand_in)


_Make = Callable[..., StandIn]


def _joined(deployment: Deployment, stand_in: _Make) -> Iterator[StandIn]:
    """The cluster, namespace, listeners and zones that a deployment joins."""
    catalog, network, region = deployment.catalog, deployment.catalog.network, deployment.region
    if arn := catalog.cluster.arn:
        arn = _known(arn)
        yield stand_in("cluster", arn, ("cluster", "arn"), existing.cluster, arn)
    if id_ := catalog.discovery.namespace_id:
        vpc_id = network.vpc_id if catalog.discovery.kind == "dns" else None
        place = ("discovery", "namespace_id")
        yield stand_in(
            "namespace", id_, place, existing.namespace, id_, name=deployment.namespace, region=region, vpc_id=vpc_id
        )
    for name, ingress in catalog.ingress.items():
        public = [service.public for service in deployment.public_services(name)]
        hosts = [host for host in (ingress.domain, *(each and each.host for each in public)) if host]
        if ingress.zone_id and hosts:
            # A zone holds names below its own: the longest that all of them end with.
            zone = _common_ending(hosts)
            yield stand_in(
                "hosted zone", ingress.zone_id, ("ingress", name, "zone_id"), existing.hosted_zone, ingress.zone_id,
                name=zone,
            )  # fmt: skip
        if ingress.listener_arn:
            encrypted = any(each.protocol in ("http2", "grpc") for each in deployment.public_services(name))
            arn = _known(ingress.listener_arn)
            yield stand_in(
                "listener", arn, ("ingress", name, "listener_arn"), existing.listener, arn,
                subnet_ids=list(network.private_subnet_ids), security_group_id=ingress.security_group_id,
                https=encrypted or ingress.login is not None, internal=ingress.internal,
            )  # fmt: skip


def _common_ending(hosts: list[str]) -> str:
    labels = [host.lower().split(".")[::-1] for host in hosts]
    common: list[str] = []
    for level in zip(*labels, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    longest = common[:-1] if len(common) == min(map(len, labels)) and len(common) > 2 else common
    return ".".join(longest[::-1])


def _by_arn(arn: str) -> tuple[str, Callable[[str], None]] | None:
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    if service == "iam" and resource.startswith("policy/"):
        return "IAM policy", existing.policy
    if service == "ssm" and resource.startswith("parameter/"):
        return "SSM parameter", existing.parameter
    return existing.BY_ARN.get(service)


def _secrets(found: dict[Path, str], stand_in: _Make) -> Iterator[StandIn]:
    """Secrets, with all keys that the catalog reads from each."""
    keys: dict[str, set[str]] = {}
    places: dict[str, Path] = {}
    for place, arn in found.items():
        if _ARN.fullmatch(arn) and arn.split(":")[2] == "secretsmanager":
            read = keys.setdefault(arn, set())
            places.setdefault(arn, place)
            if place[-1] == "arn" and (key := found.get((*place[:-1], "key"))):
                read.add(key)
    for arn, read in keys.items():
        yield stand_in("secret", arn, places[arn], existing.secret, arn, keys=sorted(read))


def _data(deployment: Deployment, stand_in: _Make) -> Iterator[StandIn]:
    """Buckets, queues and tables, which a catalog may name without an ARN."""
    region = deployment.region
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.logs and ingress.logs.bucket:
            bucket = ingress.logs.bucket
            yield stand_in(
                "bucket", bucket, ("ingress", name, "logs", "bucket"), existing.bucket, bucket, region=region
            )
    for workload in deployment.running:
        if workload.model:
            bucket, _, folder = workload.model.source.removeprefix("s3://").partition("/")
            object_ = "/".join(filter(None, (folder.strip("/"), "weights.bin")))
            yield stand_in(
                "bucket", f"s3://{bucket}/{object_}", (*workload.place, "model"), existing.bucket, bucket,
                region=region, object_=object_,
            )  # fmt: skip
        access = workload.access
        for key in ("s3_read", "s3_write"):
            for source in getattr(access, key):
                bucket = re.sub(r"^(s3://|arn:aws[a-z-]*:s3:::)", "", source).partition("/")[0]
                yield stand_in(
                    "bucket", bucket, (*workload.place, "access", key), existing.bucket, bucket, region=region
                )
        named = [
            (("access", key), "queue", each) for key in ("sqs_consume", "sqs_send") for each in getattr(access, key)
        ]
        named += [(("access", "dynamodb"), "table", each) for each in access.dynamodb]
        if workload.scale and workload.scale.backlog:
            named.append((("scale", "backlog", "queue"), "queue", workload.scale.backlog.queue))
        for place, kind, each in named:
            name, there = _name_and_region(each, region)
            make = existing.queue if kind == "queue" else existing.table
            yield stand_in(kind, name, (*workload.place, *place), make, name, region=there)


def _name_and_region(value: str, region: str) -> tuple[str, str]:
    """The name of a queue or table, and its region, from either's name or ARN."""
    if not value.startswith("arn:"):
        return value, region
    parts = value.split(":", 5)
    return parts[5].removeprefix("table/").partition("/")[0], parts[3] or region


def _strings(value: Any, at: Path) -> Iterator[tuple[Path, str]]:
    """Every string below a value, with its place. The account that only Terraform knows is the emulator's."""
    if isinstance(value, str):
        yield at, _known(value)
    elif isinstance(value, dict | list | tuple):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            if key not in _TEXTS:
                yield from _strings(each, (*at, key))


def _known(value: str) -> str:
    return value.replace(unknowns.ACCOUNT, existing.ACCOUNT)
