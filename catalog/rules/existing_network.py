"""An existing network: which of its parts must be named, and what no longer applies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.endpoints import GATEWAYS
from catalog.frame import Place
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.rules import rule

_SUBNET = re.compile(r"subnet-[0-9a-f]+")
_SUBNETS_PER_SERVICE = 16
"""ECS API reference, AwsVpcConfiguration.subnets."""
_LISTS = ("private_subnet_ids", "public_subnet_ids")


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
