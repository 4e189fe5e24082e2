"""Names under which services find each other, and networks and namespaces that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.endpoints import GATEWAYS
from catalog.frame import Place
from catalog.meshes import mesh_of
from catalog.meshes.hops import resolved_calls
from catalog.model import Deployment
from catalog.rules import rule

_HOST_LENGTH = 253
"""Characters of a whole host name (RFC 1035, without the final dot)."""
_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "aws", "ec2.internal", "compute.internal")
"""Endpoints of services and registries (AWS General Reference, "Service endpoints"), and hosts inside a VPC (VPC guide,
"DNS attributes for your VPC")."""


@rule(Deployment)
def unresolvable_names(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An HTTP namespace has no DNS records, so that a callee's name leads nowhere (Cloud Map API reference,
    CreateHttpNamespace)."""
    if deployment.catalog.discovery.kind != "http":
        return
    for service, index in resolved_calls(deployment):
        place = at("services", service.name, "calls", index)
        called = f"{service.name} calls {service.calls[index]} ({place.location})"
        message = f'with "http" no name resolves, and {called}; write "dns"'
        yield at("discovery", "kind").error(message)
        return


@rule(Deployment)
def host_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Host names have at most 253 characters (RFC 1035)."""
    service = max(deployment.services.values(), key=lambda each: len(each.aws_name))
    longest = service.aws_name
    length = len(longest) + 1 + len(deployment.namespace)
    if length > _HOST_LENGTH:
        message = (
            f"{longest} would have a host name of {length} characters, {_HOST_LENGTH} are possible; "
            f"shorten the namespace to {_HOST_LENGTH - len(longest) - 1}"
        )
        yield at("discovery", "namespace").error(message)


@rule(Deployment)
def namespace_hides_aws(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A private zone hides what has names at or below its own (Route 53 developer guide, "Considerations when working
    with a private hosted zone"), and in a domain of AWS's, its name belongs to AWS."""
    if not _has_names(deployment):
        return
    for domain in _AWS_DOMAINS:
        if not (_lies_in(deployment.namespace, domain) or _lies_in(domain, deployment.namespace)):
            continue
        message = f"would hide AWS's own names under {domain} from the VPC; write another"
        if deployment.catalog.discovery.namespace is not None:
            yield at("discovery", "namespace").error(f"{message}, or leave it out")
        else:
            place = at("catalog", "name")
            message = f'makes the namespace "{deployment.namespace}", which {message}, or a [discovery] namespace'
            yield place.error(message)
        return


def _has_names(deployment: Deployment) -> bool:
    return deployment.catalog.discovery.kind == "dns" or mesh_of(deployment).makes_names


def _lies_in(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


@rule(Deployment)
def namespace_hides_external(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A private zone hides the public one of its name (Route 53 developer guide, "Considerations when working with a
    private hosted zone")."""
    if not _has_names(deployment):
        return
    hosts = {deployment.host_of(name) for name in deployment.services}
    for name, external in deployment.catalog.external.items():
        host = external.host.lower()
        if deployment.catalog.discovery.namespace_id is not None and host not in hosts:
            continue  # In a namespace that exists, others have names too.
        if _lies_in(host, deployment.namespace):
            yield at("external", name, "host").error(
                f'"{external.host}" lies in the namespace "{deployment.namespace}" '
                f"({at('discovery', 'namespace').location}), where only services have names; write another namespace"
            )


@rule(Deployment)
def namespace_without_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Callers know services by names in it, which stand in environments before anybody asks AWS."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is not None and discovery.namespace is None:
        message = 'callers go by its name; add namespace = "…", the name of this namespace'
        yield at("discovery", "namespace_id").error(message)


@rule(Deployment)
def namespace_of_another_network(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Its names resolve in VPCs that its hosted zone is associated with (Cloud Map API reference,
    CreatePrivateDnsNamespace.Vpc), and one that is made here is none of them."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is None or discovery.kind != "dns" or deployment.uses_existing_network:
        return
    for service, index in resolved_calls(deployment):
        place = at("services", service.name, "calls", index)
        yield at("discovery", "namespace_id").error(
            f"its names resolve only in VPCs that it is associated with, and {service.name} calls "
            f"{service.calls[index]} ({place.location}); add the vpc_id of one of these to [network], or leave "
            "out namespace_id"
        )
        return


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
