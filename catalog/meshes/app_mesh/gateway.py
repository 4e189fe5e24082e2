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
"""Where a gateway's proxy listens: above 1024, as its user is not root (App Mesh User Guide, "Virtual gateways")."""
_NOT_OF_THE_BALANCER = {
    "waf": "firewall",
    "login": "login",
    "logs": "log of requests",
}


def gateways(deployment: Deployment) -> Iterator[tuple[str, Ingress, tuple[Service, ...]]]:
    """The ingresses that are gateways, with the services behind them."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.gateway:
            yield name, ingress, deployment.public_services(name)


def gateway_protocol(deployment: Deployment, ingress: str) -> str:
    """What a gateway's listener speaks: what the services behind it do."""
    return deployment.public_services(ingress)[0].protocol


def route_priority(public: Public) -> int:
    """0 to 999, the least first: routes with a host, then longer paths. Two of one length never take one request (App
    Mesh API reference, GatewayRouteSpec.priority)."""
    return (0 if public.host else 500) + max(0, 499 - len(public.path))


@rule(Deployment)
def unsupported_by_network_load_balancer(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A Network Load Balancer reads no requests (its guide, "What is a Network Load Balancer?")."""
    for name, ingress, services in gateways(deployment):
        for key, what in _NOT_OF_THE_BALANCER.items():
            if getattr(ingress, key) is not None:
                yield at("ingress", name, key).error(
                    f"before a gateway stands a Network Load Balancer, which has no {what}; remove it, or gateway"
                )
        for service in services:
            place = at("services", service.name, "public")
            for key in ("sticky", "priority"):
                if service.public and getattr(service.public, key) is not None:
                    message = f"the gateway of [ingress.{name}] has none; remove it, or gateway there"
                    yield place(key).error(message)


@rule(Deployment)
def mixed_gateway_protocols(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A virtual gateway has one listener, and its routes the listener's protocol (App Mesh API reference,
    VirtualGatewaySpec)."""
    for name, _, services in gateways(deployment):
        for service in services:
            place = at("services", service.name, "protocol")
            if service.protocol == "grpc":
                message = "a gateway's routes of grpc tell services apart by their name in gRPC, not by path and host; "
                yield place.error(message + "write another ingress in public")
            elif service.protocol != services[0].protocol and services[0].protocol in ("http", "http2"):
                other = at("services", services[0].name, "protocol")
                yield place.error(
                    f'the gateway of [ingress.{name}] speaks "{services[0].protocol}", as {services[0].name} '
                    f"does ({other.location}); write the same, or another ingress in public"
                )


@rule(Deployment)
def idle_timeout_beyond_network_load_balancer(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A Network Load Balancer forgets TLS connections on which nothing was sent for 350 seconds."""
    for name, ingress, services in gateways(deployment):
        slow = [service for service in services if service.idle_timeout > IDLE_OF_TLS]
        if ingress.certificate and slow:
            yield at("ingress", name, "gateway").warning(
                f"a Network Load Balancer forgets TLS connections after {IDLE_OF_TLS} s of silence, "
                f"{slow[0].name} may be silent for longer; let it stream its answers, or remove gateway"
            )
