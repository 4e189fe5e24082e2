"""The network: range and zones of a VPC that is made, subnets of one that exists."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.endpoints import GATEWAYS
from catalog.frame import Place
from catalog.model import Deployment
from catalog.rules import rule

_LARGEST, _SMALLEST = 16, 24
_SMALLEST_WITH_BALANCER = 23
"""Sixteen equal subnets of a /23 are /27, the smallest that a load balancer takes (ALB guide, "Subnets")."""
_UNUSABLE = tuple(ipaddress.IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
"""No addresses of hosts (RFC 6890)."""
_ADDRESSES = 5
"""Elastic IP addresses of a region, unless AWS has raised it (VPC guide, "Quotas")."""
_SUBNET = re.compile(r"subnet-[0-9a-f]+")
_SUBNETS_PER_SERVICE = 16
"""ECS API reference, AwsVpcConfiguration.subnets."""
_LISTS = ("private_subnet_ids", "public_subnet_ids")


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
        fix = "write zones = 2" if isinstance(zones, int) else "name a second one"
        message = f"a load balancer (ingress.{names[0]}, {where}) needs two zones; {fix}"
        yield at("network", "zones").error(message)


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
def vpc_without_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Tasks run in subnets (ECS API reference, AwsVpcConfiguration: subnets are required)."""
    network = deployment.catalog.network
    if network.vpc_id is not None and not network.private_subnet_ids:
        message = 'tasks need subnets of this VPC; add private_subnet_ids = ["subnet-…"]'
        yield at("network", "vpc_id").error(message)


@rule(Deployment)
def subnets_without_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Subnets that exist lie in a VPC that exists."""
    network = deployment.catalog.network
    for key in _LISTS:
        if network.vpc_id is None and getattr(network, key):
            message = 'subnets that exist need their VPC; add vpc_id = "vpc-…", or remove them'
            yield at("network", key).error(message)


@rule(Deployment)
def created_settings_of_existing_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform creates no part of an existing network."""
    for key in ("cidr", "zones", "nat", "flow_logs"):
        place = at("network", key)
        if deployment.uses_existing_network and place.is_set:
            where = at("network", "vpc_id").location
            message = f"has no effect on a VPC that exists (vpc_id, {where}); leave out one of the two"
            yield place.error(message)


@rule(Deployment)
def load_balancer_without_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A load balancer lies in two subnets, public ones if it faces the internet (ELBv2, CreateLoadBalancer)."""
    if not deployment.uses_existing_network:
        return
    for name, ingress in sorted(deployment.catalog.ingress.items()):
        key = "private_subnet_ids" if ingress.internal else "public_subnet_ids"
        subnets = getattr(deployment.catalog.network, key)
        if ingress.listener_arn or len(set(subnets)) >= 2 or (ingress.internal and not subnets):
            continue
        wants = "two private subnets" if ingress.internal else "two public subnets"
        otherwise = "" if ingress.internal else ", or write internal = true"
        yield at("ingress", name).error(
            f"its load balancer needs {wants} in different zones; add them to network.{key}{otherwise}"
        )


@rule(Deployment)
def invalid_subnet_id(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Ids of subnets have one form (EC2: InvalidSubnetID.Malformed)."""
    for key in _LISTS:
        ids = getattr(deployment.catalog.network, key)
        for index, id_ in enumerate(ids):
            place = at("network", key, index)
            if not _SUBNET.fullmatch(id_):
                yield place.error(f'"{id_}" is not a subnet id; write one like "subnet-0a1b2c3d"')
            elif id_ in ids[:index]:
                yield place.error(f'"{id_}" is listed twice; remove one')


@rule(Deployment)
def too_many_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A service runs in at most 16 subnets (ECS API reference, AwsVpcConfiguration.subnets)."""
    count = len(deployment.catalog.network.private_subnet_ids)
    if count > _SUBNETS_PER_SERVICE:
        message = f"{count} subnets are more than ECS takes; leave {_SUBNETS_PER_SERVICE}"
        yield at("network", "private_subnet_ids").error(message)


@rule(Deployment)
def private_and_public_subnet(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A subnet has one route table, which leads to an internet gateway or does not (VPC guide, "Subnet types")."""
    private, public = (getattr(deployment.catalog.network, key) for key in _LISTS)
    for index, id_ in enumerate(public):
        if id_ in private:
            place = at("network", "private_subnet_ids", private.index(id_))
            yield at("network", "public_subnet_ids", index).error(
                f'"{id_}" is also private ({place.location}); remove it from one of the lists'
            )


@rule(Deployment)
def gateway_endpoint_of_existing_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A gateway endpoint is a route in route tables (VPC guide, "Gateway endpoints"). Interface endpoints of these
    services either have no name of the service's own or want the gateway beside them (S3 user guide, "AWS PrivateLink
    for Amazon S3")."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        if deployment.uses_existing_network and endpoint in GATEWAYS:
            yield at("network", "endpoints", index).error(
                f'"{endpoint}" is a gateway in the route tables of the VPC, which exists '
                f"({at('network', 'vpc_id').location}); make it where these are made, and remove it here"
            )
