"""Versions of a service, and the routing of requests to them."""

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
    """Names of versions are unique in a service."""
    names = [each.version for each in at.deployment.versions[at.service.name]]
    first = names.index(version.version)
    if first != at.path[-1]:
        there = at.parent(first, "name").location
        yield at("name").error(
            f'"{version.version}" is also the name of another version of {at.service.name} ({there}). Write another.'
        )


@rule(Deployment)
def versions_of_main(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The addresses of shared resources begin with `main_` (docs/decisions/0003), and so would those of versions."""
    if deployment.versions.get("main"):
        yield at("services", "main", "versions").error(
            'isn\'t supported for a service with the name "main". Rename the service.'
        )
    for name, service in deployment.services.items():
        if service.renamed_from == "main" and deployment.versions.get(name):
            message = 'isn\'t supported with renamed_from = "main". Apply, remove renamed_from, and then add versions.'
            yield at("services", name, "versions").error(message)


@rule(Deployment)
def weights_above_100(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Weights are percentages, and the service itself gets the rest."""
    for name, versions in deployment.versions.items():
        total = sum(version.weight for version in versions)
        place = at("services", name, "versions")
        if total > 100:
            yield place.error(f"have a total weight of {total}, which must be at most 100. Lower some weights.")
        elif total == 100:
            message = f"have a total weight of 100, so {name} itself runs without requests"
            yield place.notice(message)


@rule(ServiceVersion)
def weight_without_port(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A service without a port gets no requests."""
    for key, is_set in (("weight", version.weight > 0), ("match", version.match is not None)):
        if at.service.port is None and is_set:
            yield at(key).error(f"has no effect, as {at.service.name} has no port. Remove {key}, or add port.")


@rule(ServiceVersion)
def version_without_requests(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A version costs the same with or without requests."""
    if at.service.port is None:
        return
    if version.weight == 0 and version.match is None:
        yield at.notice("runs without requests. Add weight or match when it should get some.")
    elif at.service.public is None and not at.deployment.callers_of(at.service.name):
        yield at("weight" if version.weight else "match").notice(
            f"has no effect, as no service calls {at.service.name} and it isn't public"
        )


@rule(ServiceVersion)
def match_of_tcp(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """TCP has no paths and no headers."""
    if at.service.is_tcp and version.match is not None:
        message = 'isn\'t supported for protocol = "tcp". Write weight instead.'
        yield at("match").error(message)


@rule(ServiceVersion)
def empty_match(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A match of every request would leave none for the service."""
    match = version.match
    everything = {"/", at.service.public.path} if at.service.public else {"/"}
    if match is not None and match.path in everything and not match.headers:
        message = 'matches every request. Add path or headers: match = { headers = { x-version = "next" } }.'
        yield at("match").error(message)


@rule(ServiceVersion)
def invalid_match_header(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """The header condition of a load balancer doesn't support Host (ELBv2 API reference, HttpHeaderConditionConfig).
    Load balancers drop headers with other characters than letters, digits and hyphens, as Terraform sets
    routing.http.drop_invalid_header_fields.enabled."""
    for name in version.match.headers if version.match else ():
        where = at("match", "headers", name)
        if name.lower() == "host":
            message = "isn't supported as a header to match. Use public.host, or another header."
            yield where.error(message)
        elif at.service.public is not None and not re.fullmatch(r"[A-Za-z0-9-]+", name):
            yield where.error(
                "a load balancer drops headers with other characters than letters, digits and hyphens. "
                "Use a header like x-version."
            )


@rule(ServiceVersion)
def weight_without_tasks(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """Requests to a version without tasks fail."""
    if version.weight and not version.most_tasks and at.service.port is not None:
        key = "replicas" if at("replicas").is_set else "weight"
        yield at(key).warning(
            f"gets {version.weight} percent of the requests of {at.service.name} and runs no tasks, so they fail. "
            "Write replicas = 1 or more, or weight = 0."
        )


@rule(ServiceVersion)
def match_path_of_grpc(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """gRPC is routed by service and method (mesh API reference, GrpcRouteMatch)."""
    match = version.match
    if at.service.protocol == "grpc" and match is not None and match.path != "/" and not _METHOD.fullmatch(match.path):
        yield at("match", "path").error(
            f'"{match.path}" isn\'t a gRPC service or method. Write "/package.Service" or "/package.Service/Method".'
        )


@rule(ServiceVersion)
def match_path_outside_public_path(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A load balancer sends a service only the requests under its public path."""
    match = version.match
    if at.service.public is None or match is None or match.path == "/":
        return
    under = at.service.public.path.rstrip("/")
    if match.path != under and not match.path.startswith(f"{under}/"):
        public = at.catalog("services", at.service.name, "public")
        yield at("match", "path").error(
            f'"{match.path}" isn\'t under "{at.service.public.path}", the public path of {at.service.name} '
            f'({public.location}). Write a path that begins with "{under}/".'
        )


@rule(Deployment)
def too_many_versions(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Load balancers and meshes limit the targets of one rule or route (ALB guide, "Quotas"; mesh API reference)."""
    for name, versions in deployment.versions.items():
        public = deployment.services[name].public is not None
        most = (_GROUPS if public else _TARGETS) - 1
        if len(versions) > most:
            who = "a load balancer" if public else "a mesh"
            yield at("services", name, "versions").error(
                f"has {len(versions)} versions, and {who} allows at most {most} beside the service. Remove some."
            )


@rule(ServiceVersion)
def too_many_match_headers(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """A rule of a load balancer compares at most five values (ALB guide, "Quotas")."""
    if at.service.public is None or version.match is None:
        return
    own = version.match.path in ("/", at.service.public.path)
    paths = 2 if own and at.service.public.path != "/" else 1
    most = _VALUES - paths - (at.service.public.host is not None)
    if len(version.match.headers) > most:
        yield at("match", "headers").error(
            f"has {len(version.match.headers)} headers, and a load balancer's rule allows at most {most} beside path "
            "and host. Remove some."
        )


@rule(Deployment)
def duplicate_match_priority(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Priorities are unique in a listener (mesh API reference, CreateRule.priority)."""
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
                    f"would have priority {priority}, as {versions[other].version} does "
                    f"({place('match').location}). Write priority = {free} here."
                )


@rule(ServiceVersion)
def shared_queue(version: ServiceVersion, at: Place) -> Iterator[Finding]:
    """Each of the services would run tasks for the complete backlog, which is divided by the tasks of one ECS
    service."""
    service = at.service
    others = [service, *at.deployment.versions[service.name][: int(at.path[-1])]]
    queues = {each.scale.backlog.queue_name for each in others if each.scale and each.scale.backlog}
    if version.scale and version.scale.backlog and version.scale.backlog.queue_name in queues:
        yield at.error(
            f"scales by the backlog of the same queue as {service.name}, so both would run tasks for the complete "
            "backlog. Write replicas here, or scale by another metric."
        )
