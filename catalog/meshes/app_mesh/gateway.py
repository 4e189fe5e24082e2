"""Ingresses that are virtual gateways behind a Network Load Balancer."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.load_balancers import IDLE_OF_TLS
from catalog.diagnostics import Finding
from catalog.frame import Place, Rules
from catalog.model import Deployment, Ingress, Service
from catalog.model.service import Public

rule = Rules()


GATEWAY_PORT = 8080
"""The port of a gateway's proxy: above 1024, because its user isn't root (App Mesh User Guide, "Virtual gateways")."""
_NOT_ON_NETWORK_LOAD_BALANCERS = {
    "waf": "firewall",
    "login": "login",
    "logs": "request log",
}


def gateways(deployment: Deployment) -> Iterator[tuple[str, Ingress, tuple[Service, ...]]]:
    """The ingresses that are gateways, with the services behind them."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.gateway:
            yield name, ingress, deployment.public_services(name)


def gateway_protocol(deployment: Deployment, ingress: str) -> str:
    """The protocol of a gateway's listener: that of the services behind it."""
    return deployment.public_services(ingress)[0].protocol


def route_priority(public: Public) -> int:
    """The priority of a gateway route, 0 to 999, lowest first: routes with a host, then longer paths. Two different
    paths of the same length never match the same request (App Mesh API reference, GatewayRouteSpec.priority)."""
    return (0 if public.host else 500) + max(0, 499 - len(public.path))


@rule(Deployment)
def unsupported_by_network_load_balancer(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A Network Load Balancer doesn't read requests (NLB guide, "What is a Network Load Balancer?")."""
    for name, ingress, services in gateways(deployment):
        for key, what in _NOT_ON_NETWORK_LOAD_BALANCERS.items():
            if getattr(ingress, key) is not None:
                yield at("ingress", name, key).error(
                    f"isn't supported with a gateway: its Network Load Balancer has no {what}. Remove it, or gateway."
                )
        for service in services:
            place = at("services", service.name, "public")
            for key in ("sticky", "priority"):
                if service.public and getattr(service.public, key) is not None:
                    message = f"isn't supported by the gateway of [ingress.{name}]. Remove it, or gateway there."
                    yield place(key).error(message)


@rule(Deployment)
def mixed_gateway_protocols(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A virtual gateway has one listener, and its routes use the listener's protocol (App Mesh API reference,
    VirtualGatewaySpec)."""
    for name, _, services in gateways(deployment):
        for service in services:
            place = at("services", service.name, "protocol")
            if service.protocol == "grpc":
                yield place.error(
                    "isn't supported by a gateway, which routes gRPC by its service name, not by path and host. "
                    "Set public to another ingress."
                )
            elif service.protocol != services[0].protocol and services[0].protocol in ("http", "http2"):
                other = at("services", services[0].name, "protocol")
                yield place.error(
                    f'conflicts with the gateway of [ingress.{name}], which uses "{services[0].protocol}" like '
                    f"{services[0].name} ({other.location}). Use the same protocol, or set public to another ingress."
                )


@rule(Deployment)
def idle_timeout_beyond_network_load_balancer(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A Network Load Balancer drops TLS connections that are idle for 350 seconds (NLB guide, "Connection idle
    timeout")."""
    for name, ingress, services in gateways(deployment):
        slow = [service for service in services if service.idle_timeout > IDLE_OF_TLS]
        if ingress.certificate and slow:
            yield at("ingress", name, "gateway").warning(
                f"a Network Load Balancer drops TLS connections that are idle for {IDLE_OF_TLS} s, but "
                f"{slow[0].name} allows longer idle times. Stream its responses, or remove gateway."
            )
