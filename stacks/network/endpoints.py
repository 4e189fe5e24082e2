"""VPC endpoints."""

from __future__ import annotations

from cdktf import Precondition
from cdktf_cdktf_provider_aws.data_aws_vpc_endpoint_service import DataAwsVpcEndpointService
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import names
from catalog.endpoints import interface_endpoints, service_name
from catalog.model import Deployment
from stacks.network import Network
from stacks.part import OUTLIVES_TASKS, Part, Ref


class Endpoints(Part):
    """Interface endpoints in the private subnets with private DNS names, and their security group."""

    refs: tuple[Ref, ...]
    """Dependencies of the tasks."""
    security_group: Ref | None
    """None if there are no endpoints."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network) -> None:
        super().__init__(scope, "endpoints", deployment=deployment)
        wanted = interface_endpoints(deployment)
        self._rules: list[Ref] = []
        self.security_group = self._security_group(network) if wanted else None
        endpoints = [self._endpoint(service, network=network) for service in wanted]
        # The rules too: otherwise a destroy deletes them first, and agents couldn't report that tasks have stopped.
        self.refs = (*endpoints, *self._rules)

    def _endpoint(self, service: str, *, network: Network) -> Ref:
        assert self.security_group is not None
        name = names.shared("interface", service.replace(".", "_"))
        full_name = service_name(service, region=self.deployment.region)
        # Some services also have a gateway endpoint of the same name.
        offered = self.add(DataAwsVpcEndpointService, name, service_name=full_name, service_type="Interface")
        endpoint = self.add(
            VpcEndpoint,
            name,
            vpc_id=network.vpc_id,
            vpc_endpoint_type="Interface",
            service_name=full_name,
            private_dns_enabled=True,
            security_group_ids=[self.security_group.id],
            tags={"Name": names.owned(self.deployment.id, service)},
            lifecycle={**OUTLIVES_TASKS, "precondition": [_in_a_zone(offered, network.private_places, service)]},
        )
        endpoint.element.add_override("subnet_ids", f"${{{_subnets(offered, network.private_places)}}}")
        return endpoint

    def _security_group(self, network: Network) -> Ref:
        # Service keys have no underscore, so this name can't collide with those of the services' groups.
        name = names.owned(self.deployment.id, "vpc_endpoints")
        group = self.add(
            SecurityGroup,
            names.shared("vpc_endpoints"),
            name=name,
            description="VPC endpoints",
            vpc_id=network.vpc_id,
            tags={"Name": name},
        )
        # By CIDR, not by caller: a group allows 60 rules (VPC guide, "Amazon VPC quotas"), a catalog more services.
        for word, cidr in network.task_cidrs.items():
            rule = self.add(
                VpcSecurityGroupIngressRule,
                names.shared("vpc_endpoints", "from", word),
                security_group_id=group.id,
                description="HTTPS from tasks",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=cidr,
            )
            self._rules.append(rule)
        return group


def _subnets(service: Ref, places: list[Ref]) -> str:
    """The expression for the subnets of an endpoint: one in each zone that has the service. AWS refuses others
    (EC2 API reference, CreateVpcEndpoint). Tasks in the other zones use it too, because its name resolves to all its
    addresses. In GovCloud AWS doesn't tell the zones (terraform-provider-aws, vpc_endpoint_service_data_source.go), so
    that every zone counts."""
    by_zone = f"{{for each in [{', '.join(place.address for place in places)}] : each.availability_zone => each.id...}}"
    offered = service.expression("availability_zones")
    is_offered = f"try(contains({offered}, zone) || length({offered}) == 0, true)"
    return f"[for zone, ids in {by_zone} : element(ids, 0) if {is_offered}]"


def _in_a_zone(service: Ref, places: list[Ref], name: str) -> Precondition:
    """An error of the plan: AWS makes an endpoint without subnets, which no task reaches."""
    return Precondition(
        condition=f"${{length({_subnets(service, places)}) > 0}}",
        error_message=f"AWS doesn't offer the endpoint {name} in any zone of the private subnets. Use other zones in "
        "network.zones, or other network.private_subnet_ids.",
    )
