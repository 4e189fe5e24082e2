"""The network: region, CIDR range and zones of a created VPC, subnets of an existing one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, did_you_mean
from catalog.endpoints import GATEWAYS
from catalog.frame import Place
from catalog.model import Deployment
from catalog.names import known_regions
from catalog.rules import rule

_LARGEST, _SMALLEST = 16, 24
_SMALLEST_WITH_BALANCER = 23
"""Sixteen equal subnets of a /23 are /27, the smallest that a load balancer allows (ALB guide, "Subnets")."""
_UNUSABLE = tuple(ipaddress.IPv4Network(cidr) for cidr in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
"""Ranges that hosts can't have (RFC 6890)."""
_ADDRESSES = 5
"""Default quota of Elastic IP addresses of a region (VPC guide, "Quotas")."""
_SUBNET = re.compile(r"subnet-[0-9a-f]+")
_SUBNETS_PER_SERVICE = 16
"""ECS API reference, AwsVpcConfiguration.subnets."""
_LISTS = ("private_subnet_ids", "public_subnet_ids")


@rule(Deployment)
def unknown_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Regions that are newer than the list work too (botocore, partitions.json)."""
    known = known_regions()
    if deployment.region not in known:
        close = did_you_mean(deployment.region, known)
        fix = f'; did you mean "{close}"?' if close else ". Check the spelling, unless AWS has added the region since."
        yield at("catalog", "region").warning(f'unknown region "{deployment.region}"{fix}')


@rule(Deployment)
def vpc_size(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC's largest range is a /16 (VPC guide, "VPC CIDR blocks"). In a range smaller than /24, subnets would be
    smaller than /28."""
    network = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    if deployment.uses_existing_network:
        return
    if not _LARGEST <= network.prefixlen <= _SMALLEST:
        nearest = ipaddress.IPv4Interface(f"{network.network_address}/{_clamped(network.prefixlen)}").network
        word = "large" if network.prefixlen < _LARGEST else "small"
        yield at("network", "cidr").error(
            f'"{network}" is too {word} for a VPC, which must be a /16 to /24. Write "{nearest}".'
        )
    elif deployment.catalog.ingress and network.prefixlen > _SMALLEST_WITH_BALANCER:
        larger = network.supernet(new_prefix=_SMALLEST_WITH_BALANCER)
        yield at("network", "cidr").error(
            f'"{network}" makes /28 subnets, and load balancers require /27. Write "{larger}" or a larger range.'
        )


def _clamped(prefix: int) -> int:
    return max(_LARGEST, min(_SMALLEST, prefix))


@rule(Deployment)
def unusable_range(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC can't have loopback, link-local or multicast addresses (RFC 6890; EC2: InvalidVpc.Range)."""
    network = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    sized = _LARGEST <= network.prefixlen <= _SMALLEST
    if sized and not deployment.uses_existing_network and any(network.subnet_of(other) for other in _UNUSABLE):
        yield at("network", "cidr").error(f'"{network}" isn\'t allowed in a VPC. Write a private range: "10.0.0.0/16".')


@rule(Deployment)
def zone_of_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC is in one region, and so are its zones (VPC guide, "VPC basics")."""
    zones = deployment.catalog.network.zones
    for index, zone in enumerate(zones if isinstance(zones, tuple) else ()):
        if zone[:-1] != deployment.region and deployment.is_region_known:
            yield at("network", "zones", index).error(
                f'"{zone}" isn\'t in {deployment.region}. Write "{deployment.region}{zone[-1]}".'
            )


@rule(Deployment)
def duplicate_zone(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Each zone has one private and one public subnet."""
    zones = deployment.catalog.network.zones
    listed_zones = zones if isinstance(zones, tuple) else ()
    for index, zone in enumerate(listed_zones):
        if zone in listed_zones[:index]:
            yield at("network", "zones", index).error(f'"{zone}" is listed twice. Remove one.')


@rule(Deployment)
def one_zone_for_load_balancer(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An Application Load Balancer requires subnets in at least two zones (ELBv2 API reference, CreateLoadBalancer)."""
    zones = deployment.catalog.network.zones
    names = sorted(deployment.catalog.ingress)
    if names and not deployment.uses_existing_network and (zones if isinstance(zones, int) else len(set(zones))) < 2:
        where = at("ingress", names[0]).location
        fix = "Write zones = 2" if isinstance(zones, int) else "Add a second one"
        message = f"a load balancer (ingress.{names[0]}, {where}) requires two zones. {fix}."
        yield at("network", "zones").error(message)


@rule(Deployment)
def many_elastic_ips(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A NAT gateway uses an Elastic IP address, and the default quota of a region is five (VPC guide, "Quotas")."""
    network = deployment.catalog.network
    zones = network.zones if isinstance(network.zones, int) else len(network.zones)
    if network.nat == "per-zone" and zones > _ADDRESSES and not deployment.uses_existing_network:
        message = f"{zones} NAT gateways require {zones} Elastic IP addresses, and the default quota is {_ADDRESSES}. "
        yield at("network", "nat").notice(message + 'Write nat = "single", or ask AWS for a higher quota.')


@rule(Deployment)
def empty_list_of_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An empty list has the effect of no list, so that its author meant something else."""
    for key in _LISTS:
        if at("network", key).is_set and not getattr(deployment.catalog.network, key):
            what = ", subnets of the VPC" if deployment.uses_existing_network else ", with vpc_id, the id of their VPC"
            what += "" if deployment.uses_existing_network and key == "private_subnet_ids" else ", or remove it"
            yield at("network", key).error(f'is empty. Write {key} = ["subnet-0a1b2c3d"]{what}.')


@rule(Deployment)
def vpc_without_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Tasks run in subnets (ECS API reference, AwsVpcConfiguration: subnets are required)."""
    network = deployment.catalog.network
    if network.vpc_id is not None and not network.private_subnet_ids and not at("network", _LISTS[0]).is_set:
        message = 'requires subnets for the tasks. Add private_subnet_ids = ["subnet-0a1b2c3d"], subnets of this VPC.'
        yield at("network", "vpc_id").error(message)


@rule(Deployment)
def subnets_without_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Existing subnets are in an existing VPC."""
    network = deployment.catalog.network
    for key in _LISTS:
        if network.vpc_id is None and getattr(network, key):
            message = 'requires vpc_id. Add vpc_id = "vpc-0a1b2c3d", the VPC of these subnets, or remove them.'
            yield at("network", key).error(message)


@rule(Deployment)
def created_settings_of_existing_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform doesn't create or change parts of an existing network."""
    for key in ("cidr", "zones", "nat", "flow_logs"):
        place = at("network", key)
        if deployment.uses_existing_network and place.is_set:
            where = at("network", "vpc_id").location
            message = f"has no effect on an existing VPC (vpc_id, {where}). Remove one of the two."
            yield place.error(message)


@rule(Deployment)
def load_balancer_without_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A load balancer requires two subnets, public ones if it faces the internet (ELBv2, CreateLoadBalancer)."""
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
            f"its load balancer requires {wants} in different zones. Add them to network.{key}{otherwise}."
        )


@rule(Deployment)
def invalid_subnet_id(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """EC2 refuses other forms of a subnet id (EC2: InvalidSubnetID.Malformed)."""
    for key in _LISTS:
        ids = getattr(deployment.catalog.network, key)
        for index, id_ in enumerate(ids):
            place = at("network", key, index)
            if not _SUBNET.fullmatch(id_):
                yield place.error(f'"{id_}" isn\'t a subnet id. Write one like "subnet-0a1b2c3d".')
            elif id_ in ids[:index]:
                yield place.error(f'"{id_}" is listed twice. Remove one.')


@rule(Deployment)
def too_many_subnets(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A service runs in at most 16 subnets (ECS API reference, AwsVpcConfiguration.subnets)."""
    count = len(deployment.catalog.network.private_subnet_ids)
    if count > _SUBNETS_PER_SERVICE:
        message = f"has {count} subnets, and ECS allows at most {_SUBNETS_PER_SERVICE}. Remove some."
        yield at("network", "private_subnet_ids").error(message)


@rule(Deployment)
def private_and_public_subnet(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A subnet's route table makes it public or private (VPC guide, "Subnet types")."""
    private, public = (getattr(deployment.catalog.network, key) for key in _LISTS)
    for index, id_ in enumerate(public):
        if id_ in private:
            place = at("network", "private_subnet_ids", private.index(id_))
            yield at("network", "public_subnet_ids", index).error(
                f'"{id_}" is also in private_subnet_ids ({place.location}). Remove it from one of the lists.'
            )


@rule(Deployment)
def gateway_endpoint_of_existing_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A gateway endpoint is a route in the VPC's route tables (VPC guide, "Gateway endpoints"). Interface endpoints of
    these services don't have the service's usual name, or require a gateway endpoint too (S3 user guide, "AWS
    PrivateLink for Amazon S3")."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        if deployment.uses_existing_network and endpoint in GATEWAYS:
            yield at("network", "endpoints", index).error(
                f'"{endpoint}" is a gateway endpoint, which requires changes to the route tables of the existing VPC '
                f"({at('network', 'vpc_id').location}). Create it with that VPC, and remove it here."
            )
