"""Subnets of our own network, and the ways out of them."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from constructs import Construct

from catalog import names
from catalog.model import Deployment
from catalog.subnets import Zone, zones_of
from stacks.part import Part, Ref

ANYWHERE = "0.0.0.0/0"
UNFIT_ZONES = ["apne1-az3", "cnn1-az3", "use1-az3", "usw1-az2"]
"""Zones that some accounts are offered although they lack what tasks need: Fargate (ECS developer guide, "Supported
Regions for Amazon ECS on AWS Fargate"), and in use1-az3 the endpoints of many services."""


class Subnets(Part):
    """In every zone a public subnet, open to the internet, and a private one, which gets out by NAT or not at all."""

    private: dict[str, str]
    """The private subnets, by the letter of their zone."""
    private_ids: list[str]
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
        self.public_routes = [self._way_out("public_subnets", open_, gateway_id=internet_gateway.id)]
        for zone, subnet in public.items():
            self.public_routes.append(self._association(f"public_{zone.letter}", subnet, open_))

        # One table for each zone even where all leave by the same gateway: that choice can change, the tables stay.
        tables = {zone: self._route_table(f"private_{zone.letter}", "private", zone.letter) for zone in zones}
        self.private_routes = [
            self._association(f"private_{zone.letter}", private[zone], tables[zone]) for zone in zones
        ]
        for zone, gateway in self._nat_gateways(public).items():
            self.private_routes.append(self._way_out(f"private_{zone.letter}", tables[zone], nat_gateway_id=gateway.id))

        self.public_ids = [subnet.id for subnet in public.values()]
        self.private_ids = [subnet.id for subnet in private.values()]
        self.private_by_letter = {zone.letter: subnet.id for zone, subnet in private.items()}
        self.private_route_table_ids = [table.id for table in tables.values()]

    def _placements(self, zones: tuple[Zone, ...]) -> dict[Zone, dict[str, Any]]:
        """The arguments that put a subnet into each zone."""
        named = {zone: {"availability_zone": zone.name} for zone in zones}
        if all(zone.name for zone in zones):
            return named
        offered = self.add(
            DataAwsAvailabilityZones,
            "available_zones",
            state="available",
            # Without it Local Zones that the account has opted into are among them, and NAT gateways are not.
            filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
            exclude_zone_ids=UNFIT_ZONES,
        )
        # AWS may offer other zones tomorrow: a subnet stays where it was first put.
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
            # Load balancers and NAT gateways bring their own public addresses.
            map_public_ip_on_launch=False,
            tags={"Name": names.owned(self.deployment.id, kind, zone.letter)},
            **placement,
        )

    def _nat_gateways(self, public: dict[Zone, Ref]) -> dict[Zone, Ref]:
        """The gateway through which each zone leaves."""
        nat, zones = self.deployment.catalog.network.nat, list(public)
        if nat == "none":
            return {}
        # Of one gateway alone the home must not depend on the order in which zones are written.
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

    def _way_out(self, name: str, table: Ref, **target: str) -> Ref:
        return self.add(Route, name, route_table_id=table.id, destination_cidr_block=ANYWHERE, **target)
