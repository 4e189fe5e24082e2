"""Interface endpoints: each service has them in some zones only, which `terraform plan` doesn't check.

Sources: the EC2 API reference (CreateVpcEndpoint, DescribeVpcEndpointServices); for the message, issues 462, 634 and
785 of terraform-aws-modules/terraform-aws-vpc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

MISSING = {"bedrock-runtime": {"b"}}
"""The letters of zones without endpoints of a service, in every region: a stand-in, as AWS doesn't publish a list."""

_create_vpc_endpoint = EC2Backend.create_vpc_endpoint
_modify_vpc_endpoint = EC2Backend.modify_vpc_endpoint
_describe_vpc_endpoint_services = EC2Backend.describe_vpc_endpoint_services


def withdraw_service(endpoint: str, *, letters: Iterable[str], region: str, account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let a service, such as "ecr.api", have no endpoints in the zones with these letters."""
    _missing(ec2_backends[account][region])[endpoint] = set(letters)


def _missing(backend: EC2Backend) -> dict[str, set[str]]:
    # On the backend, so that a reset clears it.
    return backend.__dict__.setdefault("zones_without_service", dict(MISSING))


def _zones(backend: EC2Backend, service_name: str) -> list[str]:
    """The zones in which a service has endpoints, by its full name."""
    endpoint = service_name.partition(f"com.amazonaws.{backend.region_name}.")[2]
    missing = _missing(backend).get(endpoint, set())
    zones = [zone.name for zone in RegionsAndZonesBackend.zones.get(backend.region_name, [])]
    return [zone for zone in zones if zone[-1] not in missing]


def _check(backend: EC2Backend, service_name: str, subnet_ids: Iterable[str], taken: Iterable[str] = ()) -> None:
    zones, used = _zones(backend, service_name), {backend.get_subnet(each).availability_zone for each in taken}
    for subnet_id in subnet_ids:
        zone = backend.get_subnet(subnet_id).availability_zone
        if zone not in zones:
            raise EC2ClientError(
                "InvalidParameter",
                f"The VPC endpoint service {service_name} does not support the availability zone of the subnet: "
                f"{subnet_id}.",
            )
        if zone in used:
            raise EC2ClientError(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {subnet_id}. VPC endpoint subnets "
                "should be in different availability zones supported by the VPC endpoint service.",
            )
        used.add(zone)


def create_vpc_endpoint(
    self: EC2Backend, vpc_id: str, service_name: str, endpoint_type: str | None, **rest: Any
) -> Any:
    """Refuse subnets in zones without the service, and a second subnet in a zone."""
    if endpoint_type == "Interface":
        _check(self, service_name, rest.get("subnet_ids") or ())
    return _create_vpc_endpoint(self, vpc_id=vpc_id, service_name=service_name, endpoint_type=endpoint_type, **rest)


def modify_vpc_endpoint(self: EC2Backend, vpc_id: str, **changes: Any) -> None:
    """Refuse to add what CreateVpcEndpoint refuses."""
    [endpoint] = self.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])
    removed = changes.get("remove_subnets") or ()
    kept = [each for each in endpoint.subnet_ids or () if each not in removed]
    _check(self, endpoint.service_name, changes.get("add_subnets") or (), kept)
    _modify_vpc_endpoint(self, vpc_id=vpc_id, **changes)


def describe_vpc_endpoint_services(self: EC2Backend, *, service_names: list[str], filters: Any, **rest: Any) -> Any:
    """Details of the named services. moto builds a list of all services first, for which it imports all of them."""
    if not service_names:
        return _describe_vpc_endpoint_services(self, service_names=service_names, filters=filters, **rest)
    known = re.compile(rf"(cn\.)?com\.amazonaws\.{re.escape(self.region_name)}\.[a-z0-9.-]+")
    for name in service_names:
        if not known.fullmatch(name):
            raise EC2ClientError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    wanted = [value for each in filters or () if each["Name"] == "service-type" for value in each["Values"]]
    details = [
        _details(self, name, type_)
        for name in service_names
        for type_ in (("Gateway", "Interface") if name.endswith((".s3", ".dynamodb")) else ("Interface",))
        if not wanted or type_ in wanted
    ]
    return {"servicesDetails": details, "serviceNames": service_names, "nextToken": None}


def _details(backend: EC2Backend, name: str, type_: str) -> dict[str, Any]:
    endpoint = name.partition(f"com.amazonaws.{backend.region_name}.")[2]
    return {
        "AcceptanceRequired": False,
        "AvailabilityZones": _zones(backend, name),
        "BaseEndpointDnsNames": [f"{endpoint}.{backend.region_name}.vpce.amazonaws.com"],
        "ManagesVpcEndpoints": False,
        "Owner": "amazon",
        "PrivateDnsName": f"{endpoint}.{backend.region_name}.amazonaws.com",
        "ServiceId": f"vpce-svc-{sha256(name.encode()).hexdigest()[:17]}",
        "ServiceName": name,
        "ServiceType": [{"ServiceType": type_}],
        "Tags": [],
        "VpcEndpointPolicySupported": True,
    }


def install() -> None:
    """Replace moto's functions with those above."""
    for function in (create_vpc_endpoint, modify_vpc_endpoint, describe_vpc_endpoint_services):
        setattr(EC2Backend, function.__name__, function)
