"""The Envoy proxy in every task: its image, share, ports and timers, and the traffic that bypasses it."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import names
from catalog.analysis.images import ecr_repository, mirrored
from catalog.analysis.load_balancers import target_idle
from catalog.analysis.packing import Share
from catalog.analysis.timeouts import Hop, Timer
from catalog.model import Deployment, External, Service
from catalog.task.storage import NFS, shared_folders

CONTAINER = "envoy"
USER = "1337"
"""The proxy's user, whose traffic isn't redirected (App Mesh User Guide, "Getting started with App Mesh and Amazon
ECS", `IgnoredUID`)."""
ADMIN_PORT, AGENT_PORT, INGRESS_PORT, EGRESS_PORT = 9901, 9902, 15000, 15001
"""The ports of Envoy and its agent (App Mesh User Guide, "Envoy configuration variables" and "Getting started with
App Mesh and Amazon ECS")."""
ENVOY_VERSION = "v1.34.13.3-prod"
"""The release of 2026-07-14 (aws/aws-app-mesh-roadmap issue 512)."""

_COMMON_ACCOUNT = "840364872350"
_ACCOUNTS = {
    "af-south-1": "924023996002",
    "ap-east-1": "856666278305",
    "ap-southeast-3": "909464085924",
    "cn-north-1": "919366029133",
    "cn-northwest-1": "919830735681",
    "eu-central-2": "704106688930",
    "eu-south-1": "422531588944",
    "eu-south-2": "992897592190",
    "il-central-1": "564877687649",
    "me-south-1": "772975370895",
}
"""The AWS accounts with Envoy's image in regions that don't use the common account (AWS App Mesh User Guide, "Envoy
image", and aws/aws-app-mesh-roadmap issues 505 and 506)."""
SERVER_SPEAKS_FIRST = frozenset({21, 22, 25, 110, 143, 465, 587, 1433, 2525, 3306, 4222})
"""FTP, SSH, SMTP, POP3, IMAP, SQL Server, MySQL, NATS. On a TCP connection, the proxy waits for the
client's first bytes, to detect TLS; a client that waits for the server's greeting then waits forever.
Source: AWS App Mesh User Guide, "App Mesh connectivity troubleshooting" (MySQL, SMTP, SQL Server); in the other
protocols, the server greets first."""
AWS_APIS = 443
"""The proxy distinguishes TCP destinations only by port, so one on 443 would receive every call to AWS
(aws/aws-app-mesh-roadmap issues 195 and 82)."""
ALWAYS_IGNORED = frozenset({22})
"""ECS requires at least one ignored port. Its examples use SSH's port, which is never redirected anyway."""


def envoy_image(deployment: Deployment) -> str:
    """The image of Envoy, with the agent that fetches its configuration: the catalog's, or a pinned one from AWS.

    VPC endpoints lead to the region's own registry but not to public.ecr.aws, so a network without internet access uses
    the regional image.
    """
    images = deployment.catalog.images
    if images.envoy is not None:
        return mirrored(images.envoy, registry=images.registry)
    public = mirrored(f"public.ecr.aws/appmesh/aws-appmesh-envoy:{ENVOY_VERSION}", registry=images.registry)
    if deployment.catalog.network.nat != "none" or deployment.uses_existing_network or ecr_repository(public):
        return public
    region = deployment.region
    registry = f"{_ACCOUNTS.get(region, _COMMON_ACCOUNT)}.dkr.ecr.{region}.{names.dns_suffix(region)}"
    return f"{registry}/aws-appmesh-envoy:{ENVOY_VERSION}"


def envoy_share(cpu: int, memory: int) -> Share:
    """The proxy's share of a task: a quarter of the CPU and an eighth of the memory, within bounds.

    AWS recommends 512 CPU units and at least 64 MiB (App Mesh User Guide, "Envoy image"). Envoy hardly uses more CPU
    than that; twice the memory leaves room for a larger mesh.
    """
    return Share(min(512, cpu // 4), max(128, min(512, memory // 8)))


def bypasses_proxy(external: External) -> bool:
    """Whether calls to an external bypass the caller's proxy.

    With https, the service itself uses TLS, and the proxy can treat that only as TCP: one destination for a whole port
    (aws/aws-app-mesh-roadmap issues 79, 138 and 195). Security groups restrict these calls in both cases.
    """
    if external.protocol == "https":
        return True
    return external.protocol == "tcp" and (external.port in SERVER_SPEAKS_FIRST or external.port == AWS_APIS)


def proxied_externals(deployment: Deployment) -> dict[str, External]:
    """The externals that a service calls through its proxy, by name."""
    return {
        name: external
        for name, external in sorted(deployment.catalog.external.items())
        if deployment.callers_of(name) and not bypasses_proxy(external)
    }


def ignored_ports(deployment: Deployment, service: Service) -> tuple[int, ...]:
    """The ports on which all traffic of a service bypasses its proxy, to any destination."""
    bypassing = {e.port for e in deployment.externals_of(service).values() if bypasses_proxy(e)}
    if shared_folders(service):
        # Mounted before the proxy runs (App Mesh User Guide, "App Mesh connectivity troubleshooting").
        bypassing.add(NFS)
    return tuple(sorted(ALWAYS_IGNORED | bypassing))


def response_at_listener(deployment: Deployment, service: Service) -> float:
    """The response timeout at a service's proxy, in seconds.

    App Mesh requires the longest request timeout of a call on the source node, the destination node and the route (App
    Mesh API reference, HttpTimeout), so a caller's listener must allow its callees' too.
    """
    return max([service.timeout, *(c.timeout for c in deployment.callees_of(service) if not c.is_tcp)])


def idle_at_listener(deployment: Deployment, service: Service) -> float:
    """The idle timeout at a service's proxy, in seconds: longer than that of a load balancer in front of it."""
    return target_idle(deployment, service)


def one_try(*, per_try: float | None, attempts: int, timeout: float) -> float:
    """Seconds on the route for one try, until its response starts."""
    return per_try or timeout / max(attempts, 1)


def timers(deployment: Deployment, hop: Hop) -> Iterator[Timer]:
    """The timers of a call through proxies. Calls from a load balancer pass only the callee's proxy."""
    caller, service = hop.caller, hop.callee
    if caller is not None:
        if caller.port is not None and not caller.is_tcp and not service.is_tcp:
            yield _response_timer(deployment, caller, requested=service.timeout)
        yield from _route_timers(service)
    if hop.ingress is not None and deployment.catalog.ingress[hop.ingress].gateway:
        # The gateway's proxy forwards requests like a caller's proxy.
        yield from _route_timers(service)
    if caller is not None or hop.ingress is not None:
        if not service.is_tcp:
            yield _response_timer(deployment, service, requested=service.timeout)
        yield Timer(
            at=f"proxy of {service.name}",
            limits="idle timeout",
            seconds=idle_at_listener(deployment, service),
            requested=service.idle_timeout,
            key="idle_timeout",
        )


def _response_timer(deployment: Deployment, service: Service, *, requested: float) -> Timer:
    seconds = response_at_listener(deployment, service)
    return Timer(at=f"proxy of {service.name}", limits="response", seconds=seconds, requested=requested, key="timeout")


def _route_timers(service: Service) -> Iterator[Timer]:
    at = f"route to {service.name}"
    if not service.is_tcp:
        retries = service.retries
        yield Timer(at=at, limits="response", seconds=service.timeout, requested=service.timeout, key="timeout")
        yield Timer(
            at=at,
            limits="one try",
            seconds=one_try(per_try=retries.per_try, attempts=retries.attempts, timeout=service.timeout),
            requested=service.timeout,
            key="retries.per_try",
            reason="the timeout divided by retries.attempts"
            if retries.per_try is None
            else "set by its retries.per_try",
        )
    yield Timer(
        at=at, limits="idle timeout", seconds=service.idle_timeout, requested=service.idle_timeout, key="idle_timeout"
    )
