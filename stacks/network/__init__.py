"""The network of a deployment: a created VPC with subnets, gateways and routes, or an existing VPC."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from catalog import names
from catalog.endpoints import gateway_endpoints, interface_endpoints, service_name
from catalog.model import Deployment
from catalog.model.network import Zone, zones_of
from stacks.network.flow_logs import FlowLogs
from stacks.part import Part, Ref

ANYWHERE = "0.0.0.0/0"
UNFIT_ZONES = ["apne1-az3", "cnn1-az3", "use1-az3", "usw1-az2"]
"""Availability zones that AWS may list as available but that don't support Fargate (ECS developer guide, "Supported
Regions for Amazon ECS on AWS Fargate"). use1-az3 also lacks the endpoints of many services."""


class Subnets(Part):
    """A public subnet and a private one in each zone. Private subnets have internet access only with a NAT gateway."""

    private_by_letter: dict[str, str]
    """The ids of the private subnets, by the letter of their zone."""
    private: list[Ref]
    public_ids: list[str]
    private_route_table_ids: list[str]
    private_routes: list[Ref]
    public_routes: list[Ref]

    def __init__(self, scope: Construct, *, deployment: Deployment, vpc: Ref, internet_gateway: Ref) -> None:
        super().__init__(scope, "subnets", deployment=deployment)
        self._vpc = vpc
        zones = zones_of(deployment.catalog.network)
        placements = self._placements(zones)
        public = {zone: self._subnet("public", zone, placements[zone]) for zone in zones}
        private = {zone: self._subnet("private", zone, placements[zone]) for zone in zones}

        open_ = self._route_table("public_subnets", "public")
        self.public_routes = [self._egress_route("public_subnets", open_, gateway_id=internet_gateway.id)]
        for zone, subnet in public.items():
            self.public_routes.append(self._association(f"public_{zone.letter}", subnet, open_))

        # One table for each zone even with a single NAT gateway, so that changing `nat` doesn't replace the tables.
        tables = {zone: self._route_table(f"private_{zone.letter}", "private", zone.letter) for zone in zones}
        self.private_routes = [
            self._association(f"private_{zone.letter}", private[zone], tables[zone]) for zone in zones
        ]
        for zone, gateway in self._nat_gateways(public).items():
            self.private_routes.append(
                self._egress_route(f"private_{zone.letter}", tables[zone], nat_gateway_id=gateway.id)
            )

        self.public_ids = [subnet.id for subnet in public.values()]
        self.private = list(private.values())
        self.private_by_letter = {zone.letter: subnet.id for zone, subnet in private.items()}
        self.private_route_table_ids = [table.id for table in tables.values()]

    def _placements(self, zones: tuple[Zone, ...]) -> dict[Zone, dict[str, Any]]:
        """The placement arguments of each zone's subnets."""
        named = {zone: {"availability_zone": zone.name} for zone in zones}
        if all(zone.name for zone in zones):
            return named
        offered = self.add(
            DataAwsAvailabilityZones,
            "available_zones",
            state="available",
            # Excludes Local Zones that the account has opted into, because they don't support NAT gateways.
            filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
            exclude_zone_ids=UNFIT_ZONES,
        )
        # The list of zones can change. Existing subnets must not move then.
        return {
            zone: {
                "availability_zone": f"${{sort({offered.expression('names')})[{index}]}}",
                "lifecycle": {"ignore_changes": ["availability_zone"]},
            }
            for index, zone in enumerate(zones)
        }

    def _subnet(self, kind: str, zone: Zone, placement: dict[str, Any]) -> Ref:
        return self.add(
            Subnet,
            f"{kind}_{zone.letter}",
            vpc_id=self._vpc.id,
            cidr_block=zone.private_cidr if kind == "private" else zone.public_cidr,
            # Load balancers and NAT gateways have their own public addresses.
            map_public_ip_on_launch=False,
            tags={"Name": names.owned(self.deployment.id, kind, zone.letter)},
            **placement,
        )

    def _nat_gateways(self, public: dict[Zone, Ref]) -> dict[Zone, Ref]:
        """The NAT gateway of each zone's private subnet."""
        nat, zones = self.deployment.catalog.network.nat, list(public)
        if nat == "none":
            return {}
        # The zone of a single gateway must not depend on the order of the zones in the catalog.
        first = min(zones, key=lambda zone: zone.letter)
        homes = zones if nat == "per-zone" else [first]
        gateways = {zone: self._nat_gateway(zone.letter, public[zone]) for zone in homes}
        return {zone: gateways.get(zone, gateways[first]) for zone in zones}

    def _nat_gateway(self, letter: str, subnet: Ref) -> Ref:
        tags = {"Name": names.owned(self.deployment.id, "nat", letter)}
        ready = self.public_routes
        address = self.add(Eip, f"nat_{letter}", domain="vpc", tags=tags, depends_on=ready)
        return self.add(
            NatGateway,
            f"nat_{letter}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=tags,
            depends_on=ready,
        )

    def _route_table(self, name: str, *words: str) -> Ref:
        tags = {"Name": names.owned(self.deployment.id, *words)}
        return self.add(RouteTable, name, vpc_id=self._vpc.id, tags=tags)

    def _association(self, name: str, subnet: Ref, table: Ref) -> Ref:
        return self.add(RouteTableAssociation, name, subnet_id=subnet.id, route_table_id=table.id)

    def _egress_route(self, name: str, table: Ref, **target: str) -> Ref:
        return self.add(Route, name, route_table_id=table.id, destination_cidr_block=ANYWHERE, **target)


class Network(Part):
    """A created or existing VPC, with public subnets for load balancers and private subnets for tasks."""

    vpc_id: str
    private_subnets: dict[str, str]
    """The ids of the private subnets. Keys are words for Terraform addresses."""
    private_subnet_ids: list[str]
    private_places: list[Ref]
    """The private subnets, or their data sources, whose zones Terraform knows. Empty if no endpoint requires them."""
    public_subnet_ids: list[str]
    task_cidrs: dict[str, str]
    """The CIDR ranges of the tasks. Keys are words for Terraform addresses."""
    private_routes: list[Ref]
    """Dependencies of the tasks: without these routes they can't reach AWS."""
    public_routes: list[Ref]
    """Dependencies of internet-facing load balancers."""
    gateways: dict[str, Ref]
    """Gateway endpoints, by service."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(scope, "network", deployment=deployment)
        if deployment.uses_existing_network:
            self._use()
        else:
            self._make()

    def private_subnets_in(self, zones: Iterable[str] | None) -> list[str]:
        """The ids of the private subnets in `zones`, which are letters or names. None means all zones."""
        if zones is None:
            return self.private_subnet_ids
        return [self.private_subnets[names.zone_letter(zone)] for zone in zones]

    def _use(self) -> None:
        network = self.deployment.catalog.network
        assert network.vpc_id is not None
        self.vpc_id = network.vpc_id
        self.private_subnet_ids = list(network.private_subnet_ids)
        self.private_subnets = {subnet: subnet for subnet in sorted(network.private_subnet_ids)}
        self.public_subnet_ids = list(network.public_subnet_ids)
        self.private_routes, self.public_routes, self.gateways = [], [], {}
        # From the subnets, because the VPC's data source returns only the first of its ranges. Only if there are
        # interface endpoints, because plans with a data source require AWS.
        subnets = network.private_subnet_ids if interface_endpoints(self.deployment) else ()
        found = {subnet: self.add(DataAwsSubnet, f"private_{subnet}", id=subnet) for subnet in sorted(subnets)}
        self.task_cidrs = {subnet: place.cidr_block for subnet, place in found.items()}
        self.private_places = list(found.values())

    def _make(self) -> None:
        id_, network = self.deployment.id, self.deployment.catalog.network
        vpc = self.add(
            Vpc,
            names.shared("network"),
            cidr_block=network.cidr,
            # Private DNS of endpoints and of Cloud Map needs both (VPC guide, "DNS attributes for your VPC").
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": id_},
        )
        # Terraform adopts the default security group and removes its rules: resources without a group stay closed.
        self.add(
            DefaultSecurityGroup, names.shared("network"), vpc_id=vpc.id, tags={"Name": names.owned(id_, "closed")}
        )
        gateway = self.add(InternetGateway, names.shared("network"), vpc_id=vpc.id, tags={"Name": id_})
        if network.flow_logs:
            FlowLogs(self, deployment=self.deployment, vpc=vpc)

        subnets = Subnets(self, deployment=self.deployment, vpc=vpc, internet_gateway=gateway)
        self.gateways = {
            service: self.add(
                VpcEndpoint,
                names.shared("gateway", service),
                vpc_id=vpc.id,
                vpc_endpoint_type="Gateway",
                service_name=service_name(service, region=self.deployment.region),
                route_table_ids=subnets.private_route_table_ids,
                tags={"Name": names.owned(id_, service)},
            )
            for service in gateway_endpoints(self.deployment)
        }
        self.vpc_id = vpc.id
        self.private_subnet_ids = [subnet.id for subnet in subnets.private]
        self.private_places = subnets.private
        self.private_subnets = subnets.private_by_letter
        self.public_subnet_ids = subnets.public_ids
        self.task_cidrs = {"main_network": network.cidr}
        self.private_routes = [*subnets.private_routes, *self.gateways.values()]
        self.public_routes = subnets.public_routes
