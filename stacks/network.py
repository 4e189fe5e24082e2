"""The network in which everything runs."""

from __future__ import annotations

from collections.abc import Iterable

from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from catalog import names
from catalog.endpoints import gateway_endpoints, interface_endpoints, service_name
from catalog.model import Deployment
from stacks.flow_logs import FlowLogs
from stacks.part import Part, Ref
from stacks.subnets import Subnets


class Network(Part):
    """A VPC of our own, with public subnets for load balancers and private ones for tasks; or one that exists."""

    vpc_id: str
    private_subnets: dict[str, str]
    """The ids of the private subnets, each under a word for addresses."""
    private_subnet_ids: list[str]
    public_subnet_ids: list[str]
    task_cidrs: dict[str, str]
    """The address ranges in which tasks run, each under a word for addresses."""
    private_routes: list[Ref]
    """What tasks must wait for, because before it stands they reach nothing."""
    public_routes: list[Ref]
    """What load balancers that face the internet must wait for."""
    gateways: dict[str, Ref]
    """Gateway endpoints, by service."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(scope, "network", deployment=deployment)
        if deployment.uses_existing_network:
            self._use()
        else:
            self._make()

    def private_subnets_in(self, zones: Iterable[str] | None) -> list[str]:
        """The private subnets of some zones, by their letters or names; all where none are named."""
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
        # Of the subnets and not of the VPC, whose data source names the first of its ranges only. Asked for only where
        # it is needed, because a data source ends planning without AWS.
        subnets = network.private_subnet_ids if interface_endpoints(self.deployment) else ()
        self.task_cidrs = {
            subnet: self.add(DataAwsSubnet, f"private_{subnet}", id=subnet).cidr_block for subnet in sorted(subnets)
        }

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
        # Adopted without a rule, it is closed to whoever lands in it by accident.
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
        self.private_subnet_ids = subnets.private_ids
        self.private_subnets = subnets.private_by_letter
        self.public_subnet_ids = subnets.public_ids
        self.task_cidrs = {"main_network": network.cidr}
        self.private_routes = [*subnets.private_routes, *self.gateways.values()]
        self.public_routes = subnets.public_routes
