"""Versions of a service, and who gets which requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.analysis.load_balancers import match_priority
from catalog.diagnostics import Finding
from catalog.frame import Place, ServiceVersion
from catalog.model import Deployment
from catalog.rules import rule

_GROUPS = 5
"""Target groups of one action (ALB guide, "Quotas")."""
_TARGETS = 10
"""Targets of one route (mesh API reference, HttpRouteAction), target groups of one rule (mesh API reference,
ForwardAction)."""
_VALUES = 5
"""Condition values of one rule (ALB guide, "Quotas")."""
_METHOD = re.compile(r"/\w+(\.\w+)*(/\w+)?")


@rule(ServiceVersion)
def duplicate_version_name(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A version is known by its name."""
    names = [each.version for each in at.deployment.versions[at.service.name]]
    first = names.index(version.version)
    if first != at.path[-1]:
        there = at.parent(first, "name").location
        yield at("name").error(
            f'"{version.version}" is already a version of {at.service.name} ({there}); write another'
        )


@rule(Deployment)
def versions_of_main(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The addresses of shared parts begin with `main_` (docs/decisions/0003), and those of its versions would."""
    if deployment.versions.get("main"):
        yield at("services", "main", "versions").error('a service called "main" has none; rename it')
    for name, service in deployment.services.items():
        if service.renamed_from == "main" and deployment.versions.get(name):
            message = 'what was called "main" has none yet; add them when renamed_from is applied and removed'
            yield at("services", name, "versions").error(message)


@rule(Deployment)
def weights_above_100(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Weights are percentages; the service itself keeps the rest."""
    for name, versions in deployment.versions.items():
        total = sum(version.weight for version in versions)
        place = at("services", name, "versions")
        if total > 100:
            yield place.error(f"have {total} percent of its requests; let them add up to 100 at most")
        elif total == 100:
            message = f"have all requests of {name}, which itself stays deployed and gets none"
            yield place.notice(message)


@rule(ServiceVersion)
def weight_without_port(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """Only what has a port gets requests to share."""
    for key, said in (("weight", version.weight > 0), ("match", version.match is not None)):
        if at.service.port is None and said:
            yield at(key).error(f"{at.service.name} has no port, and so no requests to share; remove it, or add port")


@rule(ServiceVersion)
def version_without_requests(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A version that nobody reaches costs what any other does."""
    if at.service.port is None:
        return
    if version.weight == 0 and version.match is None:
        yield at.notice("is deployed and gets no requests; write weight or match, unless it only waits")
    elif at.service.public is None and not at.deployment.callers_of(at.service.name):
        yield at("weight" if version.weight else "match").notice(
            f"nobody calls {at.service.name}, and it is not public: there are no requests to share"
        )


@rule(ServiceVersion)
def match_of_tcp(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """TCP knows neither paths nor headers."""
    if at.service.is_tcp and version.match is not None:
        message = "tcp knows neither paths nor headers; write weight instead"
        yield at("match").error(message)


@rule(ServiceVersion)
def empty_match(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A match of everything would leave the service nothing."""
    match = version.match
    everything = {"/", at.service.public.path} if at.service.public else {"/"}
    if match is not None and match.path in everything and not match.headers:
        message = 'matches every request; write path or headers, as in { headers = { x-version = "next" } }'
        yield at("match").error(message)


@rule(ServiceVersion)
def invalid_match_header(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """Load balancers compare hosts by a condition of their own (ELBv2 API reference, HttpHeaderConditionConfig), and
    drop headers with other characters than letters, digits and hyphens, as ours are told to
    (routing.http.drop_invalid_header_fields.enabled)."""
    for name in version.match.headers if version.match else ():
        where = at("match", "headers", name)
        if name.lower() == "host":
            message = "hosts are compared by public.host, and services by their own; write another header"
            yield where.error(message)
        elif at.service.public is not None and not re.fullmatch(r"[A-Za-z0-9-]+", name):
            yield where.error(
                "a load balancer drops headers with other characters than letters, digits and hyphens; "
                "write one like x-version"
            )


@rule(ServiceVersion)
def weight_without_tasks(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """Requests that a weight sends where nothing runs are answered with errors."""
    if version.weight and not version.most_tasks and at.service.port is not None:
        key = "replicas" if at("replicas").is_set else "weight"
        yield at(key).warning(
            f"gets {version.weight} percent of the requests of {at.service.name}, and runs no task; write "
            "replicas, or weight = 0"
        )


@rule(ServiceVersion)
def match_path_of_grpc(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """gRPC is routed by service and method (mesh API reference, GrpcRouteMatch)."""
    match = version.match
    if at.service.protocol == "grpc" and match is not None and match.path != "/" and not _METHOD.fullmatch(match.path):
        yield at("match", "path").error(
            f'"{match.path}" is not a gRPC service or method; write "/package.Service" or "/package.Service/Method"'
        )


@rule(ServiceVersion)
def match_path_outside_public_path(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A load balancer sends a service what is under its path, and nothing else."""
    match = version.match
    if at.service.public is None or match is None or match.path == "/":
        return
    under = at.service.public.path.rstrip("/")
    if match.path != under and not match.path.startswith(f"{under}/"):
        public = at.catalog("services", at.service.name, "public")
        yield at("match", "path").error(
            f'"{match.path}" is not under "{at.service.public.path}", where {at.service.name} is reached from '
            f'outside ({public.location}); write one that begins with "{under}/"'
        )


@rule(Deployment)
def too_many_versions(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Requests are shared among so many, and no more."""
    for name, versions in deployment.versions.items():
        public = deployment.services[name].public is not None
        most = (_GROUPS if public else _TARGETS) - 1
        if len(versions) > most:
            who = "a load balancer" if public else "a mesh"
            yield at("services", name, "versions").error(
                f"{len(versions)} versions and the service itself are more than {who} shares requests among; "
                f"write at most {most}"
            )


@rule(ServiceVersion)
def too_many_match_headers(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A load balancer's rule compares five values (ALB guide, "Quotas")."""
    if at.service.public is None or version.match is None:
        return
    own = version.match.path in ("/", at.service.public.path)
    paths = 2 if own and at.service.public.path != "/" else 1
    most = _VALUES - paths - (at.service.public.host is not None)
    if len(version.match.headers) > most:
        yield at("match", "headers").error(
            f"{len(version.match.headers)} headers are more than a load balancer's rule compares beside "
            f"path and host; write at most {most}"
        )


@rule(Deployment)
def duplicate_match_priority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Two rules of a listener cannot have one priority (mesh API reference, CreateRule.priority)."""
    for name, versions in deployment.versions.items():
        seen: dict[int, int] = {}
        for index, version in enumerate(versions):
            if version.match is None:
                continue
            priority = match_priority(version)
            other = seen.setdefault(priority, index)
            if other != index:
                place = at("services", name, "versions", other)
                taken = {match_priority(each) for each in versions if each.match is not None}
                free = min(set(range(1, 101)) - taken, key=lambda each: (abs(each - priority), each))
                yield at("services", name, "versions", index, "match").error(
                    f"would have priority {priority}, like that of {versions[other].version} "
                    f"({place('match').location}); write priority = {free} here"
                )


@rule(ServiceVersion)
def shared_queue(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """Each would run as many tasks as all of the queue takes: a backlog is divided by one ECS service's tasks."""
    service = at.service
    others = [service, *at.deployment.versions[service.name][: int(at.path[-1])]]
    queues = {each.scale.backlog.queue for each in others if each.scale and each.scale.backlog}
    if version.scale and version.scale.backlog and version.scale.backlog.queue in queues:
        yield at.error(
            f"scales by the backlog of the same queue as {service.name}, and both would run tasks for all "
            "of it; write replicas here, or another scale"
        )
