"""Keys that are written, and of which nothing comes: each is told, so that nobody trusts one in vain."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.meshes import mesh_of
from catalog.model import Deployment, Service
from catalog.model.network import EVERY_PUBLIC
from catalog.problems import Finding, Path
from catalog.rules.each import containers
from catalog.task import addition_of
from catalog.provenance import Provenance

_OF_CALLS = {
    "pool": "how much callers may ask of it at once",
    "outlier": "when callers leave out one of its tasks",
    "retries": "what callers try again",
    "idle_timeout": "how long connections of callers may be silent",
}


def limits_without_caller(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Callers that a mesh gives nothing are told of what it lacks; a service without callers is none of its matter.
    Balancers take an idle timeout of their own from it, and a mesh's own gateway calls as services do."""
    lacking = {key for key, verdict in mesh_of(deployment).parity.items() if not verdict.carried}
    for service in deployment.services.values():
        if service.port is None or deployment.callers_of(service.name) or _through_gateway(deployment, service):
            continue
        for key, what in _OF_CALLS.items():
            place: Path = ("services", service.name, key)
            says = {"idle_timeout": service.public is None, "retries": service.retries.attempts > 0}.get(key, True)
            if key in lacking and says and written.is_set_here(*place) and getattr(service, key) is not None:
                message = f"says {what}, and no service calls {service.name}; remove it, or add the call"
                yield Finding(place=place, message=message, level="notice")


def _through_gateway(deployment: Deployment, service: Service) -> bool:
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    return ingress is not None and ingress.gateway


def times_of_no_probe(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Times are those of the container's own check, or of probes by a balancer or a mesh."""
    parity = mesh_of(deployment).parity
    for place, container in containers(deployment.services):
        service = deployment.services[str(place[1])]
        probes = parity["probes_of_grpc" if service.protocol == "grpc" else "probes"].carried
        probed = len(place) == 2 and service.port is not None and (service.public is not None or probes)
        if container.health.command is not None or probed:
            continue
        # Of a service, grace is also how long its first deployment may take.
        for key in ("interval", "timeout") if len(place) == 2 else ("interval", "timeout", "grace"):
            here: Path = (*place, "health", key)
            if written.is_set_here(*here):
                message = "nothing is probed; write command beside it, or remove it"
                yield Finding(place=here, message=message, level="notice")


def ways_out_beside_any(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Where everything may be reached, no rule says what (EC2 API reference, AuthorizeSecurityGroupEgress)."""
    if deployment.catalog.network.egress != "any":
        return
    egress: Path = ("network", "egress")
    for name in deployment.catalog.external:
        for key in ("cidrs", "security_group"):
            here: Path = ("external", name, key)
            if written.is_set(*here) and deployment.callers_of(name):
                message = f'tasks reach everything, by egress = "any" ({written.location(*egress)}); remove it, or that'
                yield Finding(place=here, message=message, level="notice")


def domain_of_nobody(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Without a zone no record is made for it, and services that say another host are reached under that."""
    for name, ingress in deployment.catalog.ingress.items():
        public = deployment.public_services(name)
        if ingress.domain is None or ingress.zone_id is not None or not public:
            continue
        if all(service.public is not None and service.public.host for service in public):
            place: Path = ("ingress", name, "domain")
            message = "no record is made without zone_id, and all services behind it say a host of their own"
            yield Finding(place=place, message=f"{message}; add zone_id, or remove it", level="notice")


def registry_of_no_image(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A host that is misspelt leaves its images where they were."""
    instead = deployment.catalog.images.registry
    pulled = [
        image
        for workload in deployment.workloads.values()
        for image in (workload.image, *addition_of(deployment, workload).images)
    ]
    pulled += [container.image for _, container in containers(deployment.services)]
    pulled += mesh_of(deployment).images(deployment)
    for host, registry in instead.items():
        if not any(image.startswith(f"{registry}/") for image in pulled):
            place: Path = ("images", "registry") if host == EVERY_PUBLIC else ("images", "registry", host)
            what = "a public registry" if host == EVERY_PUBLIC else host
            yield Finding(place=place, message=f"no image comes from {what}; correct it, or remove it", level="notice")
