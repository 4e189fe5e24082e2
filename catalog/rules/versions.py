"""Other versions of a service, and who gets which requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.model import Deployment, Service
from catalog.priorities import match_priority
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_GROUPS = 5
"""Target groups of one action (ALB guide, "Quotas")."""
_TARGETS = 10
"""Targets of one route (App Mesh API reference, HttpRouteAction), target groups of one rule (VPC Lattice API reference,
ForwardAction)."""
_VALUES = 5
"""Condition values of one rule (ALB guide, "Quotas")."""
_METHOD = re.compile(r"/\w+(\.\w+)*(/\w+)?")


def _versions(deployment: Deployment) -> Iterator[tuple[Service, int, Service, Path]]:
    """Every version with its service, its number and its table."""
    for name, versions in deployment.versions.items():
        for index, version in enumerate(versions):
            yield deployment.services[name], index, version, ("services", name, "versions", index)


def name_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A version is known by its name."""
    for service, index, version, place in _versions(deployment):
        earlier = [each.version for each in deployment.versions[service.name][:index]]
        if version.version in earlier:
            other: Path = (*place[:3], earlier.index(version.version), "name")
            yield Finding(
                place=(*place, "name"),
                message=f'"{version.version}" is already a version of {service.name} ({written.location(*other)}); '
                "write another",
            )


def of_main(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The addresses of shared parts begin with `main_` (docs/decisions/0003), and those of its versions would."""
    if deployment.versions.get("main"):
        yield Finding(place=("services", "main", "versions"), message='a service called "main" has none; rename it')
    for name, service in deployment.services.items():
        if service.renamed_from == "main" and deployment.versions.get(name):
            message = 'what was called "main" has none yet; add them when renamed_from is applied and removed'
            yield Finding(place=("services", name, "versions"), message=message)


def more_than_all(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Weights are percentages; the service itself keeps the rest."""
    for name, versions in deployment.versions.items():
        total = sum(version.weight for version in versions)
        place: Path = ("services", name, "versions")
        if total > 100:
            yield Finding(place=place, message=f"have {total} percent of its requests; let them add up to 100 at most")
        elif total == 100:
            message = f"have all requests of {name}, which itself stays deployed and gets none"
            yield Finding(place=place, message=message, level="notice")


def requests_without_port(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Only what has a port gets requests to share."""
    for service, _, version, place in _versions(deployment):
        for key, said in (("weight", version.weight > 0), ("match", version.match is not None)):
            if service.port is None and said:
                yield Finding(
                    place=(*place, key),
                    message=f"{service.name} has no port, and so no requests to share; remove it, or add port",
                )


def nothing_to_get(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A version that nobody reaches costs what any other does."""
    for service, _, version, place in _versions(deployment):
        if service.port is None:
            continue
        if version.weight == 0 and version.match is None:
            yield Finding(
                place=place,
                message="is deployed and gets no requests; write weight or match, unless it only waits",
                level="notice",
            )
        elif service.public is None and not deployment.callers_of(service.name):
            yield Finding(
                place=(*place, "weight" if version.weight else "match"),
                message=f"nobody calls {service.name}, and it is not public: there are no requests to share",
                level="notice",
            )


def match_of_tcp(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """TCP knows neither paths nor headers."""
    for service, _, version, place in _versions(deployment):
        if service.is_tcp and version.match is not None:
            message = "tcp knows neither paths nor headers; write weight instead"
            yield Finding(place=(*place, "match"), message=message)


def empty_match(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A match of everything would leave the service nothing."""
    for service, _, version, place in _versions(deployment):
        match = version.match
        everything = {"/", service.public.path} if service.public else {"/"}
        if match is not None and match.path in everything and not match.headers:
            message = 'matches every request; write path or headers, as in { headers = { x-version = "next" } }'
            rests_on = tuple((*place, "match", key) for key in ("path", "headers"))
            yield Finding(place=(*place, "match"), message=message)


def header_that_is_none(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Load balancers compare hosts by a condition of their own (ELBv2 API reference, HttpHeaderConditionConfig), and
    drop headers with other characters than letters, digits and hyphens, as ours are told to
    (routing.http.drop_invalid_header_fields.enabled)."""
    for service, _, version, place in _versions(deployment):
        for name in version.match.headers if version.match else ():
            where: Path = (*place, "match", "headers", name)
            if name.lower() == "host":
                message = "hosts are compared by public.host, and services by their own; write another header"
                yield Finding(place=where, message=message)
            elif service.public is not None and not re.fullmatch(r"[A-Za-z0-9-]+", name):
                yield Finding(
                    place=where,
                    message="a load balancer drops headers with other characters than letters, digits and hyphens; "
                    "write one like x-version",
                )


def requests_for_no_task(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Requests that a weight sends where nothing runs are answered with errors."""
    for service, _, version, place in _versions(deployment):
        if version.weight and not version.most_tasks and service.port is not None:
            key = "replicas" if written.is_set(*place, "replicas") else "weight"
            yield Finding(
                place=(*place, key),
                message=f"gets {version.weight} percent of the requests of {service.name}, and runs no task; write "
                "replicas, or weight = 0",
                level="warning",
            )


def path_of_grpc(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """gRPC is routed by service and method (App Mesh API reference, GrpcRouteMatch)."""
    for service, _, version, place in _versions(deployment):
        match = version.match
        if service.protocol == "grpc" and match is not None and match.path != "/" and not _METHOD.fullmatch(match.path):
            yield Finding(
                place=(*place, "match", "path"),
                message=f'"{match.path}" is not a gRPC service or method; write "/package.Service" or '
                '"/package.Service/Method"',
            )


def path_out_of_reach(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer sends a service what is under its path, and nothing else."""
    for service, _, version, place in _versions(deployment):
        match = version.match
        if service.public is None or match is None or match.path == "/":
            continue
        under = service.public.path.rstrip("/")
        if match.path != under and not match.path.startswith(f"{under}/"):
            public: Path = (*place[:2], "public")
            yield Finding(
                place=(*place, "match", "path"),
                message=f'"{match.path}" is not under "{service.public.path}", where {service.name} is reached from '
                f'outside ({written.location(*public)}); write one that begins with "{under}/"',
            )


def too_many(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Requests are shared among so many, and no more."""
    for name, versions in deployment.versions.items():
        public = deployment.services[name].public is not None
        most = (_GROUPS if public else _TARGETS) - 1
        if len(versions) > most:
            who = "a load balancer" if public else "a mesh"
            yield Finding(
                place=("services", name, "versions"),
                message=f"{len(versions)} versions and the service itself are more than {who} shares requests among; "
                f"write at most {most}",
            )


def many_headers(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer's rule compares five values (ALB guide, "Quotas")."""
    for service, _, version, place in _versions(deployment):
        if service.public is None or version.match is None:
            continue
        own = version.match.path in ("/", service.public.path)
        paths = 2 if own and service.public.path != "/" else 1
        most = _VALUES - paths - (service.public.host is not None)
        if len(version.match.headers) > most:
            yield Finding(
                place=(*place, "match", "headers"),
                message=f"{len(version.match.headers)} headers are more than a load balancer's rule compares beside "
                f"path and host; write at most {most}",
            )


def same_match_priority(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Two rules of a listener cannot have one priority (VPC Lattice API reference, CreateRule.priority)."""
    for name, versions in deployment.versions.items():
        seen: dict[int, int] = {}
        for index, version in enumerate(versions):
            if version.match is None:
                continue
            priority = match_priority(version)
            other = seen.setdefault(priority, index)
            if other != index:
                place: Path = ("services", name, "versions", other)
                taken = {match_priority(each) for each in versions if each.match is not None}
                free = min(set(range(1, 101)) - taken, key=lambda each: (abs(each - priority), each))
                yield Finding(
                    place=(*place[:3], index, "match"),
                    message=f"would have priority {priority}, like that of {versions[other].version} "
                    f"({written.location(*place, 'match')}); write priority = {free} here",
                )


def same_queue(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Each would run as many tasks as all of the queue takes: a backlog is divided by one ECS service's tasks."""
    for service, index, version, place in _versions(deployment):
        others = [service, *deployment.versions[service.name][:index]]
        queues = {each.scale.backlog.queue for each in others if each.scale and each.scale.backlog}
        if version.scale and version.scale.backlog and version.scale.backlog.queue in queues:
            yield Finding(
                place=place,
                message=f"scales by the backlog of the same queue as {service.name}, and both would run tasks for all "
                "of it; write replicas here, or another scale",
            )
