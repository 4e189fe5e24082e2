"""The network: a range that holds everything, zones of its region, a VPC that exists or one that does not."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.endpoints import endpoints_for, has_way_out, interface_endpoints
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.written import Written

_LARGEST, _SMALLEST = 16, 24
_SMALLEST_WITH_BALANCER = 23
"""Sixteen equal subnets of a /23 are /27, the smallest that a load balancer takes (ALB guide, "Subnets")."""
_UNUSABLE = tuple(ipaddress.IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
"""No addresses of hosts (RFC 6890)."""
_CIDR: Path = ("network", "cidr")
_NAT: Path = ("network", "nat")
_ENDPOINTS = 50
"""Interface endpoints of a VPC, unless AWS has raised it (PrivateLink guide, "Quotas")."""
_ADDRESSES = 5
"""Elastic IP addresses of a region, unless AWS has raised it (VPC guide, "Quotas")."""


def size(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A VPC is a /16 at most (VPC guide, "VPC CIDR blocks"), and below a /24 its subnets are smaller than a /28."""
    network = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    if deployment.uses_existing_network:
        return
    if not _LARGEST <= network.prefixlen <= _SMALLEST:
        nearest = ipaddress.IPv4Interface(f"{network.network_address}/{_clamped(network.prefixlen)}").network
        word = "large" if network.prefixlen < _LARGEST else "small"
        yield Finding(place=_CIDR, message=f'"{network}" is too {word} for a VPC; write /16 to /24, as in "{nearest}"')
    elif deployment.catalog.ingress and network.prefixlen > _SMALLEST_WITH_BALANCER:
        larger = network.supernet(new_prefix=_SMALLEST_WITH_BALANCER)
        yield Finding(
            place=_CIDR,
            message=f'"{network}" leaves load balancers subnets of /28, and they need /27; write "{larger}" or larger',
            about=(("ingress",),),
        )


def _clamped(prefix: int) -> int:
    return max(_LARGEST, min(_SMALLEST, prefix))


def unusable_range(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Loopback, link-local and multicast addresses belong to no VPC (RFC 6890; EC2: InvalidVpc.Range)."""
    network = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    sized = _LARGEST <= network.prefixlen <= _SMALLEST
    if sized and not deployment.uses_existing_network and any(network.subnet_of(other) for other in _UNUSABLE):
        yield Finding(place=_CIDR, message=f'no VPC can have "{network}"; write a private range, as in "10.0.0.0/16"')


def zone_of_another_region(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A VPC lies in one region."""
    zones = deployment.catalog.network.zones
    for index, zone in enumerate(zones if isinstance(zones, tuple) else ()):
        if zone[:-1] != deployment.region:
            yield Finding(
                place=("network", "zones", index),
                message=f'"{zone}" is not in {deployment.region}; write one like "{deployment.region}{zone[-1]}"',
                about=(("catalog", "region"),),
            )


def zone_twice(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A zone has one subnet of each kind."""
    zones = deployment.catalog.network.zones
    listed_zones = zones if isinstance(zones, tuple) else ()
    for index, zone in enumerate(listed_zones):
        if zone in listed_zones[:index]:
            yield Finding(place=("network", "zones", index), message=f'"{zone}" is listed twice; remove one')


def one_zone_for_a_balancer(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """An Application Load Balancer takes subnets in at least two zones (ELBv2 API reference, CreateLoadBalancer)."""
    zones = deployment.catalog.network.zones
    names = sorted(deployment.catalog.ingress)
    if names and not deployment.uses_existing_network and (zones if isinstance(zones, int) else len(set(zones))) < 2:
        where = written.where("ingress", names[0])
        cure = "write zones = 2" if isinstance(zones, int) else "name a second one"
        message = f"a load balancer (ingress.{names[0]}, {where}) needs two zones; {cure}"
        yield Finding(place=("network", "zones"), message=message, about=(("ingress", names[0]),))


def endpoint_twice(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A VPC has one private name for an endpoint's service (EC2: "conflicting DNS domain")."""
    endpoints = deployment.catalog.network.endpoints
    for index, endpoint in enumerate(endpoints):
        if endpoint in endpoints[:index]:
            yield Finding(place=("network", "endpoints", index), message=f'"{endpoint}" is listed twice; remove one')


def endpoint_in_full(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """The region's prefix is added to what is listed: written in full it would stand there twice."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        _, region, short = endpoint.partition(f".{deployment.region}.")
        if region and short:
            message = f'"{endpoint}" is the name in full; write "{short}"'
            yield Finding(place=("network", "endpoints", index), message=message)


_TLS_PORT = 443


def external_without_tls(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Without a port an external is on that of TLS, which these protocols do not speak: every call would fail there."""
    for name, external in deployment.catalog.external.items():
        plain = external.protocol in ("http", "http2", "grpc")
        if plain and external.port == _TLS_PORT and not written.written("external", name, "port"):
            yield Finding(
                place=("external", name),
                message=f'without a port it is on {_TLS_PORT}, where "{external.protocol}" without TLS is not '
                'understood; add port, or write protocol = "https" if the service itself does TLS',
                about=(("external", name, "protocol"), ("external", name, "port")),
            )


def many_addresses(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A NAT gateway takes an Elastic IP address, and a region has five unless AWS has raised its quota (VPC guide,
    "Quotas")."""
    network = deployment.catalog.network
    zones = network.zones if isinstance(network.zones, int) else len(network.zones)
    if network.nat == "per-zone" and zones > _ADDRESSES and not deployment.uses_existing_network:
        message = f"{zones} NAT gateways take {zones} Elastic IP addresses, a region has {_ADDRESSES}; "
        yield Finding(
            place=("network", "nat"),
            message=message + 'write nat = "single", or have AWS raise the quota',
            level="notice",
        )


def many_endpoints(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A VPC has fifty interface endpoints unless AWS has raised its quota (PrivateLink guide, "Quotas")."""
    count = len(interface_endpoints(deployment))
    if count > _ENDPOINTS:
        message = f"{count} interface endpoints are more than the {_ENDPOINTS} of a VPC; leave some out, "
        place: Path = ("network", "endpoints")
        yield Finding(place=place, message=message + "or have AWS raise the quota", level="notice")


def external_out_of_reach(deployment: Deployment, written: Written) -> Iterator[Finding]:
    """Without a NAT gateway a private subnet has no route out of its VPC (VPC guide, "NAT gateways")."""
    if has_way_out(deployment):
        return
    for name, external in deployment.catalog.external.items():
        if deployment.callers_of(name) and not external.security_group and not external.cidrs:
            yield Finding(
                place=("external", name),
                message=f'with nat = "none" ({written.where(*_NAT)}) no route leads to "{external.host}"; write nat = '
                '"single", or, where it lies in the VPC, its security_group or cidrs',
                about=(_NAT, *(("external", name, key) for key in ("host", "security_group", "cidrs"))),
            )


def action_out_of_reach(deployment: Deployment, written: Written) -> Iterator[Finding]:
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
                yield Finding(
                    place=("services", service.name, "access", "statements", number, "actions", index),
                    message=f'with nat = "none" ({written.where(*_NAT)}) no endpoint is known to lead to "{action}"; '
                    f'add it to network.endpoints, as in "{prefix}"',
                    level="notice",
                    about=(_NAT, ("network", "endpoints")),
                )
