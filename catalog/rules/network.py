"""The network: its range, zones and endpoints, and what its tasks reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.endpoints import endpoints_for, has_way_out, interface_endpoints
from catalog.frame import Place
from catalog.model import Deployment, External
from catalog.rules import rule

_LARGEST, _SMALLEST = 16, 24
_SMALLEST_WITH_BALANCER = 23
"""Sixteen equal subnets of a /23 are /27, the smallest that a load balancer takes (ALB guide, "Subnets")."""
_UNUSABLE = tuple(ipaddress.IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
"""No addresses of hosts (RFC 6890)."""
_ENDPOINTS = 50
"""Interface endpoints of a VPC, unless AWS has raised it (PrivateLink guide, "Quotas")."""
_ADDRESSES = 5
"""Elastic IP addresses of a region, unless AWS has raised it (VPC guide, "Quotas")."""


@rule(Deployment)
def vpc_size(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC is a /16 at most (VPC guide, "VPC CIDR blocks"), and below a /24 its subnets are smaller than a /28."""
    network = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    if deployment.uses_existing_network:
        return
    if not _LARGEST <= network.prefixlen <= _SMALLEST:
        nearest = ipaddress.IPv4Interface(f"{network.network_address}/{_clamped(network.prefixlen)}").network
        word = "large" if network.prefixlen < _LARGEST else "small"
        yield at("network", "cidr").error(f'"{network}" is too {word} for a VPC; write /16 to /24, as in "{nearest}"')
    elif deployment.catalog.ingress and network.prefixlen > _SMALLEST_WITH_BALANCER:
        larger = network.supernet(new_prefix=_SMALLEST_WITH_BALANCER)
        yield at("network", "cidr").error(
            f'"{network}" leaves load balancers subnets of /28, and they need /27; write "{larger}" or larger'
        )


def _clamped(prefix: int) -> int:
    return max(_LARGEST, min(_SMALLEST, prefix))


@rule(Deployment)
def unusable_range(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Loopback, link-local and multicast addresses belong to no VPC (RFC 6890; EC2: InvalidVpc.Range)."""
    network = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    sized = _LARGEST <= network.prefixlen <= _SMALLEST
    if sized and not deployment.uses_existing_network and any(network.subnet_of(other) for other in _UNUSABLE):
        yield at("network", "cidr").error(f'no VPC can have "{network}"; write a private range, as in "10.0.0.0/16"')


@rule(Deployment)
def zone_of_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC lies in one region."""
    zones = deployment.catalog.network.zones
    for index, zone in enumerate(zones if isinstance(zones, tuple) else ()):
        if zone[:-1] != deployment.region:
            yield at("network", "zones", index).error(
                f'"{zone}" is not in {deployment.region}; write one like "{deployment.region}{zone[-1]}"'
            )


@rule(Deployment)
def duplicate_zone(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A zone has one subnet of each kind."""
    zones = deployment.catalog.network.zones
    listed_zones = zones if isinstance(zones, tuple) else ()
    for index, zone in enumerate(listed_zones):
        if zone in listed_zones[:index]:
            yield at("network", "zones", index).error(f'"{zone}" is listed twice; remove one')


@rule(Deployment)
def one_zone_for_load_balancer(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An Application Load Balancer takes subnets in at least two zones (ELBv2 API reference, CreateLoadBalancer)."""
    zones = deployment.catalog.network.zones
    names = sorted(deployment.catalog.ingress)
    if names and not deployment.uses_existing_network and (zones if isinstance(zones, int) else len(set(zones))) < 2:
        where = at("ingress", names[0]).location
        cure = "write zones = 2" if isinstance(zones, int) else "name a second one"
        message = f"a load balancer (ingress.{names[0]}, {where}) needs two zones; {cure}"
        yield at("network", "zones").error(message)


@rule(Deployment)
def duplicate_endpoint(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC has one private name for an endpoint's service (EC2: "conflicting DNS domain")."""
    endpoints = deployment.catalog.network.endpoints
    for index, endpoint in enumerate(endpoints):
        if endpoint in endpoints[:index]:
            yield at("network", "endpoints", index).error(f'"{endpoint}" is listed twice; remove one')


@rule(Deployment)
def endpoint_with_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The region's prefix is added to what is listed: written in full it would stand there twice."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        _, region, short = endpoint.partition(f".{deployment.region}.")
        if region and short:
            message = f'"{endpoint}" is the name in full; write "{short}"'
            yield at("network", "endpoints", index).error(message)


_TLS_PORT = 443


@rule(External)
def external_without_tls(external: External, at: Place) -> Iterator[Finding]:
    """Without a port an external is on that of TLS, which these protocols do not speak: every call would fail there."""
    plain = external.protocol in ("http", "http2", "grpc")
    if plain and external.port == _TLS_PORT and not at("port").is_set:
        yield at.error(
            f'without a port it is on {_TLS_PORT}, where "{external.protocol}" without TLS is not '
            'understood; add port, or write protocol = "https" if the service itself does TLS'
        )


@rule(Deployment)
def many_elastic_ips(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A NAT gateway takes an Elastic IP address, and a region has five unless AWS has raised its quota (VPC guide,
    "Quotas")."""
    network = deployment.catalog.network
    zones = network.zones if isinstance(network.zones, int) else len(network.zones)
    if network.nat == "per-zone" and zones > _ADDRESSES and not deployment.uses_existing_network:
        message = f"{zones} NAT gateways take {zones} Elastic IP addresses, a region has {_ADDRESSES}; "
        yield at("network", "nat").notice(message + 'write nat = "single", or have AWS raise the quota')


@rule(Deployment)
def many_endpoints(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC has fifty interface endpoints unless AWS has raised its quota (PrivateLink guide, "Quotas")."""
    count = len(interface_endpoints(deployment))
    if count > _ENDPOINTS:
        message = f"{count} interface endpoints are more than the {_ENDPOINTS} of a VPC; leave some out, "
        place = at("network", "endpoints")
        yield place.notice(message + "or have AWS raise the quota")


@rule(External)
def external_unreachable(external: External, at: Place) -> Iterator[Finding]:
    """Without a NAT gateway a private subnet has no route out of its VPC (VPC guide, "NAT gateways")."""
    if has_way_out(at.deployment):
        return
    if at.deployment.callers_of(at.name) and not external.security_group and not external.cidrs:
        nat = at.catalog("network", "nat")
        yield at.error(
            f'with nat = "none" ({nat.location}) no route leads to "{external.host}"; write nat = '
            '"single", or, where it lies in the VPC, its security_group or cidrs'
        )


@rule(Deployment)
def action_unreachable(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Without a NAT gateway only endpoints lead to AWS (PrivateLink guide, "AWS services that integrate"), and which of
    them an action needs is known for some."""
    if has_way_out(deployment):
        return
    made = interface_endpoints(deployment)
    for service in deployment.services.values():
        for number, statement in enumerate(service.access.statements):
            for index, action in enumerate(statement.actions if statement.effect == "Allow" else ()):
                prefix = action.partition(":")[0].lower()
                if action == "*" or endpoints_for(action) or any(endpoint.startswith(prefix) for endpoint in made):
                    continue
                yield at("services", service.name, "access", "statements", number, "actions", index).notice(
                    f'with nat = "none" ({at("network", "nat").location}) no endpoint is known to lead to "{action}"; '
                    f'add it to network.endpoints, as in "{prefix}"'
                )


@rule(External)
def ignored_egress_rules(external: External, at: Place) -> Iterator[Finding]:
    """Egress rules have no effect if all egress is allowed (EC2 API reference, AuthorizeSecurityGroupEgress)."""
    if at.deployment.catalog.network.egress != "any" or not at.deployment.callers_of(at.name):
        return
    egress = at.catalog("network", "egress")
    for key in ("cidrs", "security_group"):
        if at(key).is_set:
            message = f'tasks reach everything, by egress = "any" ({egress.location}); remove it, or that'
            yield at(key).notice(message)
