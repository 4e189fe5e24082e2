"""ECS Service Connect: a proxy in every task, which ECS adds, configures and updates."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import aws_names
from catalog.meshes import private_ca
from catalog.meshes.base import MeshTraits, no, yes
from catalog.meshes.service_connect.rights import MANAGED, RIGHTS
from catalog.meshes.service_connect.serving import discovery_name, serves
from catalog.meshes.service_connect.timers import beyond_ecs, timers
from catalog.model import Deployment, Service
from catalog.order import early_callers
from catalog.problems import Finding, listed
from catalog.sizes import Share
from catalog.states import stack_of
from catalog.written import Written

_ALIAS_LENGTH = 127
"""Characters of the name that clients use (ECS API reference, ServiceConnectClientAlias.dnsName)."""
_MANY_SERVICES = 100
_ROOM_FOR_MANY = 192
"""MiB for a proxy that knows more services than that (ECS developer guide, "Service Connect": 128 beyond the 64)."""


def proxy_share(cpu: int, memory: int) -> Share:
    """What the proxy gets of a task: a quarter of the CPU and an eighth of the memory, within bounds.

    AWS recommends 256 CPU units and at least 64 MiB (ECS developer guide, "Service Connect"). Nothing declares it: the
    proxy has what the containers leave.
    """
    return Share(min(256, cpu // 4), max(64, min(256, memory // 8)))


def authority_that_ecs_may_not_use(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """The policy in which ECS issues certificates holds for CAs with its tag only (AWS managed policy reference,
    AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity)."""
    tls = deployment.catalog.mesh.tls
    if tls is not None and tls.authority is not None:
        yield Finding(
            place=("mesh", "tls"),
            message="ECS may use a CA that bears the tag AmazonECSManaged = true, and no other; see that this one does",
            level="notice",
        )


def called_behind_a_balancer(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """The proxy in front of a port speaks TLS to everybody, or to nobody (ECS developer guide, "Encrypt Amazon ECS
    Service Connect traffic": between clients and servers of the namespace)."""
    for service in deployment.services.values():
        callers = deployment.callers_of(service.name)
        if callers and service.port is not None and not serves(deployment, service):
            who = listed([caller.name for caller in callers])
            yield Finding(
                place=("services", service.name, "public"),
                message=f"{who} would call it encrypted ({written.where('mesh', 'tls')}), and a load balancer cannot "
                "be shown to get through to such a port; put a service in front that is public alone, or leave out "
                "mesh.tls",
                about=(("mesh", "tls"), *(("services", caller.name, "calls") for caller in callers)),
            )


def starts_before_its_callee(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A client knows the endpoints that were there when its task started (ECS developer guide, "Service Connect
    concepts"), and somebody starts first in a circle of calls, or where a callee's state is applied later."""
    for name, early in early_callers(deployment):
        service = deployment.services[name]
        together = all(stack_of(deployment.services[callee]) == stack_of(service) for callee in early)
        reason = "call each other in a circle" if together else "live in states of which some are applied later"
        owned = aws_names.owned(deployment, service)
        yield Finding(
            place=("services", name, "calls", service.calls.index(early[0])),
            message=f"{name} and {listed(early)} {reason}, {name} starts first, and its proxy knows only what was "
            "there before it; once all run, deploy it again: aws ecs update-service --cluster "
            f"{deployment.cluster_name} --service {owned} --region {deployment.region} --force-new-deployment",
            level="warning",
        )


def name_too_long(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A name that clients use has at most 127 characters (ECS API reference, ServiceConnectClientAlias.dnsName)."""
    for service in deployment.services.values():
        host = deployment.host_of(service.name)
        if service.port is not None and len(host) > _ALIAS_LENGTH:
            yield Finding(
                place=aws_names.place(deployment, service),
                message=f'"{host}" has {len(host)} characters, Service Connect takes {_ALIAS_LENGTH}; shorten the '
                "service's name, or discovery.namespace",
                about=(("discovery", "namespace"),),
            )


def same_name(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """ECS lists one service of a name in a namespace (ECS API reference, ServiceConnectService.discoveryName)."""
    seen: dict[str, Service] = {}
    for service in deployment.services.values():
        name = discovery_name(deployment, service)
        other = seen.setdefault(name, service)
        if serves(deployment, service) and other.aws_name != service.aws_name:
            place = aws_names.place(deployment, other)
            yield Finding(
                place=aws_names.place(deployment, service),
                message=f'Service Connect would list it as "{name}", like services.{other.name} '
                f"({written.where(*place)}); write another aws_name",
                about=(place, ("discovery", "namespace_id")),
            )


def no_room_for_many(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A proxy that knows many services needs more memory (ECS developer guide, "Service Connect")."""
    tight = [
        service.name
        for service in deployment.services.values()
        if proxy_share(service.cpu, service.memory).memory < _ROOM_FOR_MANY
    ]
    if len(deployment.services) > _MANY_SERVICES and tight:
        yield Finding(
            place=("services", tight[0], "memory"),
            message=f"with {len(deployment.services)} services a proxy needs {_ROOM_FOR_MANY} MiB, an eighth of its "
            f"task; give {listed(tight)} at least {8 * _ROOM_FOR_MANY}",
            level="warning",
        )


SERVICE_CONNECT = MeshTraits(
    title="Service Connect",
    protocols=frozenset({"http", "http2", "grpc", "tcp"}),
    needs_dns=lambda service: False,
    makes_names=True,
    proxy_share=proxy_share,
    rights=RIGHTS,
    managed_policies=MANAGED,
    rules=(
        private_ca.without_authority,
        private_ca.authority_elsewhere,
        authority_that_ecs_may_not_use,
        called_behind_a_balancer,
        starts_before_its_callee,
        name_too_long,
        same_name,
        no_room_for_many,
        beyond_ecs,
    ),
    timers=timers,
    # By which the proxy gets its configuration (ECS developer guide, "Amazon ECS interface VPC endpoints").
    endpoints=("ecs-agent",),
    parity={
        "tls": yes("certificates of a private CA, which ECS renews"),
        "auth": no("whoever is in the namespace may call, as far as security groups let them"),
        "signed": no("proxies do not read signatures"),
        "timeout": yes("at the callee"),
        "idle_timeout": yes("at the callee"),
        "idle_timeout_of_tcp": no("a tcp connection is closed after an hour of silence, which the provider cannot set"),
        "retries": no("its proxies retry in a way of their own, which cannot be set"),
        "no_retries": no("its proxies retry in a way of their own, which cannot be turned off"),
        "versions": no("its proxies know one service of a name; only a load balancer tells versions apart"),
        "pool": no("its proxies have no limits to set"),
        "outlier": no("its proxies leave out failing tasks in a way of their own, which cannot be set"),
        "probes": no("ECS only knows the container's own check"),
        "probes_of_grpc": no("ECS only knows the container's own check"),
        "access_logs": no("the provider has no access logs for it yet, only the proxies' own messages"),
        "traced_proxies": no("its proxies send no traces, services alone do"),
        "tcp": yes("as connections"),
        "envoy": no("ECS brings its own proxy"),
        "gateway": no("requests from outside come through an Application Load Balancer"),
    },
)
