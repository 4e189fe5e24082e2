"""A network that exists: what must be said of it, and what no longer has a meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.endpoints import GATEWAYS
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_SUBNET = re.compile(r"subnet-[0-9a-f]+")
_SUBNETS_PER_SERVICE = 16
"""ECS API reference, AwsVpcConfiguration.subnets."""
_VPC: Path = ("network", "vpc_id")
_LISTS = ("private_subnet_ids", "public_subnet_ids")


def vpc_without_subnets(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Tasks run in subnets (ECS API reference, AwsVpcConfiguration: subnets are required)."""
    network = deployment.catalog.network
    if network.vpc_id is not None and not network.private_subnet_ids:
        message = 'tasks need subnets of this VPC; add private_subnet_ids = ["subnet-…"]'
        yield Finding(place=_VPC, message=message)


def subnets_without_vpc(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Subnets that exist lie in a VPC that exists."""
    network = deployment.catalog.network
    for key in _LISTS:
        if network.vpc_id is None and getattr(network, key):
            message = 'subnets that exist need their VPC; add vpc_id = "vpc-…", or remove them'
            yield Finding(place=("network", key), message=message)


def made_and_existing(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Nothing is made of a network that exists."""
    for key in ("cidr", "zones", "nat", "flow_logs"):
        place: Path = ("network", key)
        if deployment.uses_existing_network and written.is_set(*place):
            where = written.location(*_VPC)
            message = f"has no effect on a VPC that exists (vpc_id, {where}); leave out one of the two"
            yield Finding(place=place, message=message)


def balancer_without_subnets(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
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
        yield Finding(
            place=("ingress", name),
            message=f"its load balancer needs {wants} in different zones; add them to network.{key}{otherwise}",
        )


def not_a_subnet(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Ids of subnets have one form (EC2: InvalidSubnetID.Malformed)."""
    for key in _LISTS:
        ids = getattr(deployment.catalog.network, key)
        for index, id_ in enumerate(ids):
            place: Path = ("network", key, index)
            if not _SUBNET.fullmatch(id_):
                yield Finding(place=place, message=f'"{id_}" is not a subnet id; write one like "subnet-0a1b2c3d"')
            elif id_ in ids[:index]:
                yield Finding(place=place, message=f'"{id_}" is listed twice; remove one')


def too_many_subnets(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A service runs in at most 16 subnets (ECS API reference, AwsVpcConfiguration.subnets)."""
    count = len(deployment.catalog.network.private_subnet_ids)
    if count > _SUBNETS_PER_SERVICE:
        message = f"{count} subnets are more than ECS takes; leave {_SUBNETS_PER_SERVICE}"
        yield Finding(place=("network", "private_subnet_ids"), message=message)


def private_and_public(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A subnet has one route table, which leads to an internet gateway or does not (VPC guide, "Subnet types")."""
    private, public = (getattr(deployment.catalog.network, key) for key in _LISTS)
    for index, id_ in enumerate(public):
        if id_ in private:
            place: Path = ("network", "private_subnet_ids", private.index(id_))
            yield Finding(
                place=("network", "public_subnet_ids", index),
                message=f'"{id_}" is also private ({written.location(*place)}); remove it from one of the lists',
            )


def gateway_without_route_tables(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A gateway endpoint is a route in route tables (VPC guide, "Gateway endpoints"). Interface endpoints of these
    services either have no name of the service's own or want the gateway beside them (S3 user guide, "AWS PrivateLink
    for Amazon S3")."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        if deployment.uses_existing_network and endpoint in GATEWAYS:
            yield Finding(
                place=("network", "endpoints", index),
                message=f'"{endpoint}" is a gateway in the route tables of the VPC, which exists '
                f"({written.location(*_VPC)}); make it where these are made, and remove it here",
            )
